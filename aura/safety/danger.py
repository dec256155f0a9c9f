"""Words that are dangerous wherever they are run: the last look at texts that cannot be read for certain."""

import re

CODE_LOADING = re.compile(
    r"LD_\w+|DYLD_\w+|PATH|BASH_ENV|ENV|PROMPT_COMMAND|PS[0-4]|IFS|SHELLOPTS|BASHOPTS|CDPATH|GLOBIGNORE|PAGER|\w+PAGER|"
    r"GIT_(?!AUTHOR|COMMITTER|TERMINAL_PROMPT|OPTIONAL_LOCKS|PAGER)\w+|\w*EDITOR|VISUAL|BROWSER|LESS\w*|NODE_OPTIONS|"
    r"PYTHON(STARTUP|HOME|INSPECT|BREAKPOINT|USERBASE|EXECUTABLE)|PERL5\w+|PERL\w*OPT|RUBY(OPT|LIB)|JAVA_TOOL_OPTIONS|"
    r"_JAVA_OPTIONS|MAVEN_OPTS|GRADLE_OPTS|SSH_ASKPASS|SUDO_ASKPASS|RUSTC_WRAPPER|CARGO_\w+RUNNER|MAKEFLAGS|"
    r"npm_config_\w+|NPM_CONFIG_\w+|PIP_INDEX_URL|PIP_EXTRA_INDEX_URL|\w+_PROXY|\w+_proxy|HOME|SHELL|TMPDIR"
)

HOME = r"(~|\$\{?HOME\b\}?|/home/[\w.-]+|/root|/Users/[\w.-]+)"
DELETE = r"\brm\b[^|;&\n]*?\s-\w*[rR]\w*\b[^|;&\n]*?\s[\"']?"
END = r"([\"'\s;)}\\]|$)"
KEYS = r"\.ssh/|\bid_(rsa|dsa|ecdsa|ed25519)\b|\.aws/credentials|\.gnupg\b|\.netrc\b|\.git-credentials"
DANGERS = (
    (
        rf"{DELETE}({HOME}/?\*?|/\*?|/(usr|etc|var|home|bin|lib|opt)\b\S*|\.\.?/?|\S*\.git/?){END}",
        "it deletes more than a project",
    ),
    (rf"{DELETE}{HOME}/", "it deletes below the home folder"),
    (r"rmtree|rm_rf|remove_dir_all|deltree", "it deletes whole folders"),
    (r"\bmkfs(\.\w+)?\b|\bwipefs\b|\bblkdiscard\b|\bdd\b[^|;&\n]*\bof=/dev/", "it overwrites a disk"),
    (r">\s*/dev/(sd|nvme|vd|hd|mmcblk|disk)", "it overwrites a disk"),
    (r":\s*\(\s*\)\s*\{|\bfork\s+while\b|while\s+True:\s*os\.fork", "it is a fork bomb"),
    (rf"{KEYS}|/etc/shadow|/proc/\S*/environ", "it touches credentials"),
    (r"\b(curl|wget|fetch)\b[^;&\n]*\|\s*(sudo\s+)?(\S*/)?(ba|z|da|k|fi)?sh\b", "it runs what it downloads"),
    (r"\bchmod\b[^|;&\n]*\b[0-7]?777\s+/(\s|$)", "it opens the whole system to everybody"),
    (
        r"\.aura/(config|trust)|\.local/(state|share)/aura\b|\.config/aura\b|--yolo\b|\bAURA_\w+=",
        "it changes aura's policy or logs",
    ),
    (r"/dev/(tcp|udp)/", "it opens a network connection from the shell"),
)
PATTERNS = tuple((re.compile(pattern), reason) for pattern, reason in DANGERS)


def names_keys(text: str) -> bool:
    """Whether a text names a place where keys are kept."""
    return re.search(KEYS, text) is not None


def find_danger(text: str) -> str:
    """What is dangerous about a text, whoever runs it; empty when nothing is recognised."""
    plain = re.sub(r"\$\{?IFS\}?", " ", text.replace("\\\n", " "))
    bare = re.sub(r"[\"'\\]", "", plain)
    for pattern, reason in PATTERNS:
        if pattern.search(plain) or pattern.search(bare):
            return reason
    return ""
