"""Words that are dangerous wherever they are run: the last look at texts that cannot be read for certain."""

import itertools
import re
from collections.abc import Sequence

STARTING = (
    r"LUA_INIT\w*|ZDOTDIR|R_PROFILE\w*|R_ENVIRON\w*|PHPRC|PHP_INI_SCAN_DIR|ERL_\w*FLAGS|ELIXIR_ERL_OPTIONS|MAKEFILES|GCONV_PATH|"
    r"OPENSSL_(CONF|ENGINES|MODULES)|BASH_LOADABLES_PATH|FPATH|INPUTRC|GCC_EXEC_PREFIX|NODE_REPL_EXTERNAL_MODULE|"
    r"DOTNET_STARTUP_HOOKS|CORECLR_PROFILER\w*|COR_PROFILER\w*|HGRCPATH|SVN_SSH|RSYNC_RSH|CVS_RSH|VIMINIT|EXINIT|GVIMINIT|MYVIMRC|"
    r"EMACSLOADPATH|CONFIG_SITE|PSQLRC|TCLLIBPATH|GUILE_LOAD_PATH|PERLLIB|FZF_DEFAULT_COMMAND|CCACHE_PREFIX|"
    r"CARGO_\w*(WRAPPER|RUNNER|LINKER)|RIPGREP_CONFIG_PATH|JULIA_LOAD_PATH|JULIA_DEPOT_PATH"
)  # name a file or code that a program reads when it starts
CODE_LOADING = re.compile(
    STARTING
    + r"|LD_\w+|DYLD_\w+|PATH|BASH_ENV|ENV|PROMPT_COMMAND|PS[0-4]|IFS|SHELLOPTS|BASHOPTS|CDPATH|GLOBIGNORE|PAGER|"
    r"\w+PAGER|"
    r"GIT_(?!AUTHOR|COMMITTER|TERMINAL_PROMPT|OPTIONAL_LOCKS|PAGER)\w+|\w*EDITOR|VISUAL|BROWSER|LESS\w*|NODE_OPTIONS|"
    r"PYTHON(STARTUP|HOME|INSPECT|BREAKPOINT|USERBASE|EXECUTABLE)|PERL5\w+|PERL\w*OPT|RUBY(OPT|LIB)|JAVA_TOOL_OPTIONS|"
    r"_JAVA_OPTIONS|MAVEN_OPTS|GRADLE_OPTS|SSH_ASKPASS|SUDO_ASKPASS|RUSTC_WRAPPER|CARGO_\w+RUNNER|MAKEFLAGS|"
    r"npm_config_\w+|NPM_CONFIG_\w+|PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|\w+_PROXY|\w+_proxy|HOME|SHELL|TMPDIR"
)

RUNS_CODE = re.compile(
    STARTING
    + r"|LD_\w+|DYLD_\w+|PATH|BASH_ENV|ENV|PROMPT_COMMAND|PS4|SHELLOPTS|BASHOPTS|PAGER|\w+PAGER|\w*EDITOR|VISUAL|"
    r"BROWSER|"
    r"GIT_(?!AUTHOR|COMMITTER|TERMINAL_PROMPT|OPTIONAL_LOCKS|DIR|WORK_TREE|INDEX_FILE|TRACE|PAGER_IN)\w+|"
    r"LESS(OPEN|CLOSE|EDIT|KEYIN)|NODE_OPTIONS|PYTHON(STARTUP|HOME|INSPECT|BREAKPOINT|EXECUTABLE)|PERL5\w+|PERL\w*OPT|"
    r"RUBY(OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|\w+_ASKPASS|RUSTC_WRAPPER|CARGO_\w+RUNNER"
)
HARMLESS_VALUES = {
    "cat",
    "less",
    "more",
    "true",
    "false",
    "",
    "0",
    "1",
    ":",
    "/bin/true",
    "/usr/bin/less",
    "/bin/cat",
}
HARMLESS_OPTIONS = {
    "NODE_OPTIONS": re.compile(
        r"(\s*--(max[-_]old[-_]space[-_]size=\d+|no-(warnings|deprecation)|trace-warnings|enable-source-maps))+"
    ),
    "MAKEFLAGS": re.compile(r"-?j ?\d*|-[ks]+"),
    "LESS": re.compile(r"-?[A-Za-z]+"),
    "MAVEN_OPTS": re.compile(r"(\s*-Xm[sx]\d+[kmg])+"),
    "GRADLE_OPTS": re.compile(r"(\s*-Xm[sx]\d+[kmg])+"),
    "JAVA_TOOL_OPTIONS": re.compile(r"(\s*-Xm[sx]\d+[kmg])+"),
}


def is_code_loading(name: str, values: Sequence[str], *, alone: bool) -> bool:
    """Whether a variable with these values can make programs run other code, or reach elsewhere."""
    if not CODE_LOADING.fullmatch(name) or (name == "IFS" and not alone):
        return False
    harmless = HARMLESS_OPTIONS.get(name)
    return not values or any(
        value not in HARMLESS_VALUES and not (harmless and harmless.fullmatch(value)) for value in values
    )


def loads_code(name: str) -> bool:
    """Whether a variable does nothing but name code or a program, so that it is never set."""
    return RUNS_CODE.fullmatch(name) is not None


HOME = r"(~|\$\{?HOME\b\}?|/home/[\w.-]+|/root|/Users/[\w.-]+)"
OTHER = r"(?:(?!\srm\s)[^|;&\n])"  # up to the next one, so that many of them take no longer than their length
DELETE = rf"\brm\b{OTHER}{{0,80}}?\s-\w{{0,20}}[rR]\w*\b{OTHER}*?\s[\"']?"
END = r"([\"'\s;)}\\]|$)"
KEYS = r"\.ssh/|\bid_(rsa|dsa|ecdsa|ed25519)\b|\.aws/credentials|\.gnupg\b|\.netrc\b|\.git-credentials"
FETCH = (
    r"(urlopen|file_get_contents\(\W*(https?|ftp)|requests\.get|\bhttps?\.get|LWP|\bfetch\(|\bget\(\W*http|"
    r"open-uri|Net::HTTP)"
)
DANGERS = (
    (
        rf"{DELETE}({HOME}/?\*?|/\*?|/(usr|etc|var|home|bin|lib|opt)\b\S*|\.\.?/?|\S*\.git/?){END}",
        "it deletes more than a project",
    ),
    (rf"{DELETE}{HOME}/", "it deletes below the home folder"),
    (r"rmtree|rm_rf|remove_dir_all|deltree", "it deletes whole folders"),
    (r"\bmkfs(\.\w+)?\b|\bwipefs\b|\bblkdiscard\b|\bdd\b[^|;&\n]*\bof=/dev/", "it overwrites a disk"),
    (r">\s*/dev/(sd|nvme|vd|hd|mmcblk|disk)", "it overwrites a disk"),
    (
        r"(?<![\w:.])([\w:.]{1,40})\s*\(\s*\)\s*\{[^}]{0,80}(?<![\w:.])\1\s*[|&]\s*&?\s*\1(?![\w.])",
        "it is a fork bomb",
    ),
    (
        r"\b(while\b\W{0,3}(true|True|1)\b|for\s*\(;;\)|loop\s*(\{|do)|count\(\))[\s\S]{0,80}?(\bfork\b|Popen\(|\bspawn\(|Process\()",
        "it is a fork bomb",
    ),
    (r"\$0\W{0,2}\s*[|&]\s*\W{0,3}\$0\b", "it is a fork bomb"),
    (r"\bfork\s+while\b|\bwhile\b[^;]{0,20}fork|\bfor\s*\(;;\)[^;]{0,20}fork", "it is a fork bomb"),
    (rf"{KEYS}|/etc/shadow|/proc/\S*/environ", "it touches credentials"),
    (r"\b(curl|wget|fetch)\b[^;&\n]*\|\s*(sudo\s+)?(\S*/)?(ba|z|da|k|fi)?sh\b", "it runs what it downloads"),
    (r"\bchmod\b[^|;&\n]*\b[0-7]?777\s+/(\s|$)", "it opens the whole system to everybody"),
    (
        r"\.aura/(config|trust)|\.local/(state|share)/aura\b|\.config/aura\b|--yolo\b|\bAURA_\w+=",
        "it changes aura's policy or logs",
    ),
    (
        r"\bb(ase)?64_?decode|\bfromhex|unhexlify|pack\([\"']H|atob\(|\bBuffer\.from\([^)]*base64",
        "its text was made unreadable",
    ),
    (
        rf"\A(?=[\s\S]*?{FETCH})[\s\S]*?\b(exec|eval|system)\b",
        "it runs what it downloads",
    ),
    (
        rf"(rmSync|rmdirSync|unlinkSync|removeSync|rimraf|Deno\.remove\w*)\W*{HOME}",
        "it deletes below the home folder",
    ),
    (
        r"(rm_?(Sync|rf|tree|dirSync)?|unlink(Sync)?|rmtree|remove\w*)\b[^;\n]{0,60}(homedir\(|Path\.home|Dir\.home|expanduser|(ENV|environ|env)\W{1,6}HOME)",
        "it deletes below the home folder",
    ),
    (rf"\b(unlink|rm|remove\w*|file_delete)\(\s*[\"']{HOME}", "it deletes below the home folder"),
    (
        r"(\bsocket\b|fsockopen|IO::Socket|TCPSocket|net\.(connect|Socket)|/inet/tcp)[\s\S]{0,600}?(/bin/(ba|z|da)?sh|\bdup2\b|\bsystem\b|\bexec\w*\b|\bspawn)",
        "it hands out a shell",
    ),
    (r"chr\(\d+\)\W{0,3}chr\([\s\S]*", "its text was made unreadable"),
    (r"(HTTP::|LWP|Net::HTTP|IO::Socket)[\s\S]{0,300}?%ENV", "it sends secrets to other machines"),
    (r"open\(\s*[\"'](/dev/(sd|nvme|vd|hd|mmcblk)\w*)", "it overwrites a disk"),
    (
        r"(urlopen|requests\.(post|put|get)|urllib|http\.client|fetch\()[\s\S]{0,200}?(os\.environ|process\.env|\bENV\b)",
        "it sends secrets to other machines",
    ),
    (r"\bkeyring\b[\s\S]{0,80}get_(password|credential)|\bsecretstorage\.", "it reads a store of passwords"),
    (r"/dev/(tcp|udp)/", "it opens a network connection from the shell"),
)
TURNING = re.compile(
    r"%c|\bchr\b|pack\(|fromCharCode|fromCodePoint|\\x[0-9a-fA-F]{2}|\\[0-7]{3}|\breverse|\[::-1\]|rot_?13|maketrans|\btr/|"
    r"b64|base64|fromhex|unhexlify|\bdecode|gsub\(|strrev"
)
WINDOW = 1600  # characters that are looked at together, so that time grows with the length only
ENDS = 32_000  # characters at either end of a text that are looked at
PATTERNS = tuple((re.compile(pattern), reason) for pattern, reason in DANGERS)


def names_keys(text: str) -> bool:
    """Whether a text names a place where keys are kept."""
    return re.search(KEYS, text) is not None


def turns_signs(code: str) -> bool:
    """Whether code puts a text together out of numbers or pieces, so that nobody can read it beforehand."""
    return TURNING.search(code) is not None


def find_danger(text: str) -> str:
    """What is dangerous about a text, whoever runs it; empty when nothing is recognised."""
    if len(text) > 2 * ENDS:
        text = f"{text[:ENDS]}\n{text[-ENDS:]}"
    pieces = (text[at : at + WINDOW] for at in range(0, max(1, len(text) - WINDOW // 2), WINDOW // 2))
    return next(filter(None, map(_find_danger, pieces)), "")


def _find_danger(text: str) -> str:
    plain = re.sub(r"\$\{?IFS\}?", " ", text.replace("\\\n", " "))
    plain = re.sub(r"\\[ntr](?=[\w@-])", " ", plain)
    bare = re.sub(r"[\"'\\]", "", plain)
    for pattern, reason in PATTERNS:
        if pattern.search(plain) or (bare != plain and pattern.search(bare)):
            return reason
    return ""


QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|`([^`]*)`", re.DOTALL)
CALLED = re.compile(
    r"\b(?:system|exec\w*|shell_exec|popen|passthru|spawn\w*|getoutput|run|call|Command|qx)\W{0,2}q?q?[({\[ ]\s*(.*)",
    re.DOTALL,
)
WORDS_CALLED = re.compile(
    r"\b(?:system|exec\w*|popen\w*|spawn\w*|run|call|check_\w+|Command|ProcessBuilder|start|proc_open)\W{0,3}[(\[]([^()]{3,400})",
    re.IGNORECASE,
)
MOST_CALLS = 8
PREFIX = re.compile(r"(-{0,2}[\w.-]+[=:])*[:!|@\s]*")


def find_commands(text: str) -> list[str]:
    """Texts inside a text that may be shell commands: behind a sign, and the strings of code, each and all together."""
    plain = text.strip()
    found = [plain, PREFIX.sub("", plain, count=1)]
    signs = ("!", "shell ", "exec ", "system ", "spawn ", "script ")
    found += [plain.partition(sign)[2] for sign in signs if sign in plain]
    strings = [_unescape(next((one for one in groups if one), "")) for groups in QUOTED.findall(plain)]
    found += [one for one in strings if " " in one]
    if 1 < len(strings) < 20:
        found.append(" ".join(one for one in strings if one and "\n" not in one))
    for one in itertools.islice(WORDS_CALLED.finditer(plain), MOST_CALLS):
        words = [_unescape(next((word for word in groups if word), "")) for groups in QUOTED.findall(one[1])]
        found += [" ".join(words), " ".join(words[1:])] if len(words) > 1 else []
    called = CALLED.search(plain)
    if called:
        inner = re.sub(r"^(q{1,2}[{(\[]|[(\[\"'])+|[)}\]\"'; ]+$", "", called.group(1))
        found += [inner, _unescape(inner)]
    return list(dict.fromkeys(one for one in found if one))


def _unescape(text: str) -> str:
    return re.sub(r"\\(n|.)", lambda found: "\n" if found[1] == "n" else found[1], text, flags=re.DOTALL)
