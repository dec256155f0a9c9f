"""Profiles of interpreters: code on the command line is looked at, scripts of the project are ordinary work."""

import itertools
import re
from dataclasses import replace

from aura.safety.acts import Command, Level
from aura.safety.danger import find_commands, find_danger, turns_signs
from aura.safety.expansion import Arg
from aura.safety.inquiry import Inquiry
from aura.safety.loading import look_at_leading_options
from aura.safety.options import Options, parse_options
from aura.safety.places import starts_assistants
from aura.safety.programs import build, subcommands
from aura.safety.runners import run_script, run_unknown

RISKY_CODE = re.compile(
    r"\bsystem\b|subprocess|popen|\bspawn|child_process|\bexec(?!ute(many|script)?\()\w*\b|\beval\b|"
    r"execfile|__import__|importlib|ctypes|\bfork\b|"
    r"socket|urllib|requests|http|ftplib|smtplib|\bfetch\s*\(|net\.|Net::|LWP|shutil|rmtree|unlink|\bremove\b|rmdir|\brm\w*\b|"
    r"\bdelete\b|\bdrop\b|\btruncate\b|load_extension|FileUtils|writeFile|appendFile|createWriteStream|"
    r"open\([^)]*,\s*['\"][wax+]|write_text|write_bytes|"
    r"expanduser|Path\.home|Dir\.home|homedir|['\"]~|/home/|/root|/etc/|/Users/|\.ssh|environ|getenv|\bENV\b|process\.env|"
    r"b64decode|fromhex|base64|(?<!json_)decode\((?!\)|[\"']utf-?8)|chr\(|marshal|pickle|\.env\b|\.aura|\.git/|`|%x|\bos\.(chmod|chown|kill|rename|replace)|"
    r"signal|keyring|secretstorage|shell_exec|passthru|proc_open|Runtime"
)
CHANGING = re.compile(
    r"open\([^)]*,\s*(mode=)?['\"][rb]*[wax+]|write|unlink|\bremove|rename|truncate|append|\bchmod|copy|symlink|\bout\b|"
    r"\brm(_\w+|Sync)?\b|rmtree|rmdir|\bdelete|\btouch|extractall|\bmove\b|link_to"
)
DELETING = re.compile(r"\bremove|unlink|rmtree|rmdir|delete|rmSync|\brm(_\w+)?\b")
AT_HOME = re.compile(r"Path\.home|expanduser|homedir|Dir\.home|\bHOME\b")
QUOTED_NAME = re.compile(r"[\"']([~.\w-][\w./~-]{2,80}|/[\w./~-]+)[\"']")
QUOTED_PATH = re.compile(r"[\"'](~?/[^\"'\s]+|\.(?:git|aura)/[^\"'\s]+)[\"']")
NAMING = re.compile(
    r"^[ \t]*(?:const |let |var )?(?P<variable>\w{1,40})[ \t]*=[ \t]*(?:(?:pathlib\.)?Path\()?"
    r"(?P<quote>[\"'])(?P<path>[\w-][\w./-]*)(?P=quote)\)?;?[ \t]*$",
    re.MULTILINE,
)
WRITES = re.compile(
    r"\b(?:(?:pathlib\.)?Path\((?P<q1>[\"'])(?P<name1>[\w-][\w./-]*)(?P=q1)\)\.write_(?:text|bytes)\(|"
    r"open\((?P<q2>[\"'])(?P<name2>[\w-][\w./-]*)(?P=q2),\s*[\"'][wax][bt]?[\"']|"
    r"(?:\bfs\.)?writeFileSync\((?P<q3>[\"'])(?P<name3>[\w-][\w./-]*)(?P=q3))"
)
OF_PERL = re.compile(
    r"(JSON::PP|List::Util|Scalar::Util|Data::Dumper|POSIX|File::Basename|File::Spec|Time::(HiRes|Local)|Encode|utf8|strict|"
    r"warnings|Text::(Wrap|Tabs)|Getopt::Long|Cwd|feature|open|Test::More)(=[\w,]+)?$"
)
OF_RUBY = re.compile(
    r"json|yaml|csv|set|date|time|erb|pp|prime|bigdecimal|matrix|digest|securerandom|tsort|ostruct|benchmark|stringio|"
    r"strscan|psych|rexml/document|English|optparse|pathname|forwardable|minitest/autorun"
)  # libraries that come with it and do nothing when they are loaded
INLINE = {
    "python": "-c",
    "node": "-e --eval -p --print",
    "bun": "-e --eval",
    "deno": "",
    "ruby": "-e",
    "perl": "-e -E",
    "php": "-r",
    "lua": "-e",
}


OF_BUN = {
    **dict.fromkeys(("test", "build", "pm"), subcommands("test build", "pm")),
    **dict.fromkeys(
        (
            "add",
            "i",
            "install",
            "a",
            "rm",
            "remove",
            "update",
            "x",
            "create",
            "init",
            "publish",
            "link",
            "upgrade",
        ),
        subcommands(""),
    ),
}


def run_deno(inquiry: Inquiry, command: Command) -> None:
    """`deno`: checks and tests are work, code on the command line is looked at, the rest needs a person."""
    verb = command.texts[0] if command.texts else ""
    if verb == "eval":
        inquiry.note(Level.CHANGES, "it runs deno")
        for arg in command.args[1:]:
            if not arg.text.startswith("-"):
                _look_at_code(inquiry, arg)
                if "Deno." in arg.text:
                    inquiry.note(Level.CONSENT, "its code reaches beyond a calculation")
    elif verb in ("test", "check", "lint", "fmt", "bench", "task") or command.texts in (
        ("--version",),
        ("-V",),
    ):
        inquiry.note(Level.CHANGES, f"it runs deno {verb}")
        look_at_leading_options(inquiry, command, ())
        for arg in command.args[1:]:
            if arg.text.startswith(("/", "~", "..")):
                run_script(inquiry, replace(command, args=(arg,)))
    elif verb == "run" and any(re.match(r"https?://", text) for text in command.texts):
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    elif verb == "run" and not any(
        arg.text.startswith(("-A", "--allow", "http", "npm:", "jsr:")) for arg in command.args
    ):
        inquiry.note(Level.CHANGES, "it runs deno")
        look_at_leading_options(inquiry, command, ())
    else:
        inquiry.note(Level.CONSENT, f"deno {verb} reaches beyond the workspace")


def interpret(inquiry: Inquiry, command: Command) -> None:
    """`python`, `node`, `ruby`, `perl`: code on the command line is looked at, scripts are ordinary work."""
    verb = command.texts[0] if command.texts else ""
    if command.name == "bun" and verb in OF_BUN:
        OF_BUN[verb](inquiry, command)
        return
    family = next((name for name in INLINE if command.name.startswith(name)), "python")
    if family == "python":
        command = replace(command, args=_end_at_module(command.args))
    if family in ("node", "bun"):
        command = replace(
            command,
            args=tuple(Arg(("-p",), "-p") if arg.text in ("-pe", "-ep") else arg for arg in command.args),
        )
    valued = "-m -W -X" if family == "python" else "-m -W -X -I -r --require --import -M"
    valued += " -C --conditions --loader --experimental-loader --env-file" if family == "node" else ""
    valued += " -S -t -d -c -z" if family == "php" else ""
    options = parse_options(command.args, f"{INLINE[family]} {valued}", stop_early=True)
    codes = options.values(*INLINE[family].split()) if INLINE[family] else ()
    modules = options.values("-m") if family == "python" else ()
    if options.has("--version", "-V", "--help", "-h", "-v") and not codes and not options.rest:
        return
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    look_at_leading_options(inquiry, command, options.rest)
    if family == "php" and not all(
        re.match(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\]):", one.text) for one in options.values("-S")
    ):
        inquiry.note(Level.CONSENT, "it serves files to the network")
    if family == "php" and options.has("-S"):
        inquiry.read(*options.values("-t"), *options.rest)
        return
    if _loads_first(family, options) and not (family == "php" and codes):
        inquiry.note(Level.CONSENT, f"{command.name} loads other code first")
    if codes:
        _look_at_code(inquiry, codes[0])
        if options.has("-i") and family in ("perl", "ruby"):
            inquiry.write(*options.rest)
    elif modules:
        run_module(
            inquiry, Command(modules[0].text, options.rest, command.piped, command.document, command.raw)
        )
    elif family == "php" and options.has("-i", "-m", "--ini", "-l") and not options.has("-d", "-z", "-c"):
        _describe(inquiry, options)
    elif not options.rest or options.rest[0].text in ("-", "/dev/stdin"):
        _interpret_input(inquiry, command, options)
    else:
        is_verb = (
            family == "bun" and options.rest[0].text == "run" and re.search(r"[/.]", options.rest[-1].text)
        )
        if not _interpret_written(inquiry, options.rest[0]):
            run_script(inquiry, replace(command, args=options.rest[1:] if is_verb else options.rest))


def _loads_first(family: str, options: Options) -> bool:
    """Whether an interpreter is told to load something before its script; what comes with Ruby does nothing then."""
    if family == "ruby" and all(OF_RUBY.fullmatch(one.text) for one in options.values("-r", "-I")):
        return False
    own = ("-d", "-D") if family == "perl" else ()
    if family == "perl" and not options.has(*own, "-I"):
        return not all(OF_PERL.match(one.text) for one in options.values("-M"))
    return family != "python" and options.has("-r", "--require", "--import", "-M", *own)


def _describe(inquiry: Inquiry, options: Options) -> None:
    """`php -i`, `php -l FILE`: tells of itself, or of a file; the former prints the environment."""
    if options.has("-i") and not _greps_a_setting(inquiry):
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")
    inquiry.read(*options.rest)


def _interpret_written(inquiry: Inquiry, script: Arg) -> bool:
    """A script among the temporary files that this text wrote itself is looked at like code on the command line."""
    path = inquiry.locate(script.text)
    text = inquiry.signs.written.get(path)
    if text is None or not inquiry.places.is_temporary(path) or inquiry.signs.fetches:
        return False
    _look_at_code(inquiry, Arg((text,), text))
    return True


def _greps_a_setting(inquiry: Inquiry) -> bool:
    """Whether all that is printed goes to a search for one name that is in small letters."""
    words = [word.literal or "$" for word in inquiry.following.words] if inquiry.following else []
    return words[:1] == ["grep"] and re.fullmatch(r"[a-z_.]{4,}", words[-1]) is not None and "-v" not in words


def interpret_some(inquiry: Inquiry, command: Command) -> None:
    """`elixir`, `ghci` and their kin: tools of a build that also take code on the command line."""
    for before, arg in zip(("", *command.texts), command.args, strict=False):
        if before in ("-e", "--eval", "-r", "--rpc-eval"):
            inquiry.note(Level.CONSENT, f"{command.name} runs code that is given here")
            _look_at_code(inquiry, arg)
    build(inquiry, command)


def _end_at_module(args: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """The arguments of Python with `--` behind the module: what follows belongs to the module."""
    for index, arg in enumerate(args):
        if arg.text == "-m" and index + 1 < len(args):
            return (*args[: index + 2], Arg(("--",), "--"), *args[index + 2 :])
        if not arg.text.startswith("-") or arg.text in ("-c", "-"):
            return args
    return args


def _look_at_code(inquiry: Inquiry, code: Arg) -> None:
    if len(code.values) != 1:
        run_unknown(inquiry, "it runs code that cannot be told beforehand")
        return
    _look_at_paths(inquiry, code.text)
    inquiry.signs.decodes = inquiry.signs.decodes or turns_signs(code.text)
    rest = _take_writes(inquiry, code.text)
    is_risky = RISKY_CODE.search(rest) is not None
    if is_risky or rest != code.text:
        if danger := find_danger(code.text):
            inquiry.note(Level.FLOOR, danger)
        for hidden in find_commands(code.text):
            inquiry.read_quietly(hidden)
    if is_risky:
        inquiry.note(
            Level.CONSENT,
            "its code reaches beyond a calculation (processes, network, files, or what hides them)",
        )


def _take_writes(inquiry: Inquiry, code: str) -> str:
    """The code without the files that it writes by a fixed name; they are judged like any other that is written."""

    def take(found: re.Match[str]) -> str:
        name = found["name1"] or found["name2"] or found["name3"]
        inquiry.write(Arg((name,), name))
        inquiry.signs.written[inquiry.places.resolve(name, inquiry.cwd)] = code
        return "written("

    return code if "%" in code or "/proc" in code else WRITES.sub(take, _spell_out(code))


def _spell_out(code: str) -> str:
    """The code with the names of files in the place of variables that hold nothing else, where it writes them."""
    for found in itertools.islice(NAMING.finditer(code), 8):
        variable, path = found["variable"], found["path"]
        if (
            len(
                re.findall(
                    rf"\b{variable}\b\s*(=(?!=)|\+=|:=|,[^\n=]{{0,80}}=(?!=))|\b(for|as|global)\s+{variable}\b",
                    code,
                )
            )
            == 1
        ):
            code = re.sub(rf"\b{variable}\.(write_text|write_bytes)\(", f"Path('{path}').\\1(", code)
            code = re.sub(rf"\b{variable}\.open\(", f"open('{path}', ", code)
            code = re.sub(rf"\b(open|writeFileSync)\(\s*{variable}\b", f"\\1('{path}'", code)
    return code


def _look_at_paths(inquiry: Inquiry, code: str) -> None:
    """Files that code names, when it also has a word for changing files: what must never be written is not."""
    for name in QUOTED_NAME.findall(code)[:20]:
        standing = inquiry.places.judge_read(name, inquiry.cwd)
        if standing.secret or standing.floor:
            inquiry.read(Arg((name,), name))
    _look_at_home(inquiry, code)
    if not CHANGING.search(code):
        return
    for name in QUOTED_NAME.findall(code)[:20]:
        if starts_assistants(inquiry.places.resolve(name, inquiry.cwd)):
            inquiry.note(
                Level.FLOOR, f"its code may change {name}, which starts programs beside an assistant"
            )
    if AT_HOME.search(code):
        for name in QUOTED_NAME.findall(code)[:20]:
            floor = inquiry.places.judge_write(f"{inquiry.places.spelled_home}/{name.lstrip('~/')}").floor
            if floor:
                inquiry.note(
                    Level.FLOOR, f"its code may change ~/{name}, which holds or runs something of yours"
                )
    for path in QUOTED_PATH.findall(code)[:20]:
        if DELETING.search(code) and inquiry.places.is_ancestor(inquiry.places.resolve(path, inquiry.cwd)):
            inquiry.note(Level.FLOOR, f"its code may delete {path}, which holds everything")
        floor = inquiry.places.judge_write(path).floor
        if floor:
            inquiry.note(Level.FLOOR, f"its code may change {path}, which {floor.removeprefix(path).strip()}")


def _look_at_home(inquiry: Inquiry, code: str) -> None:
    """Names that code puts behind the home folder, one by one and joined: what holds credentials is not read."""
    if not AT_HOME.search(code):
        return
    names = [name.strip("~/") for name in QUOTED_NAME.findall(code)[:20]]
    for name in (*names, *map("/".join, itertools.pairwise(names))):
        if name and inquiry.places.names_secret(f"{inquiry.places.spelled_home}/{name}"):
            inquiry.note(Level.FLOOR, f"its code may read ~/{name}, which holds credentials")


def _interpret_input(inquiry: Inquiry, command: Command, options: Options) -> None:
    if command.document is not None:
        _look_at_code(inquiry, Arg((command.document,), command.document))
        if (
            command.piped
        ):  # only shell texts are understood well enough to be run as another command made them
            inquiry.note(Level.CONSENT, "it runs what another command prints")
    elif inquiry.signs.fetches:
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    elif options.has("--test"):
        inquiry.note(Level.CHANGES, f"{command.name} runs the project's tests")
    else:
        inquiry.note(Level.CONSENT, "it runs what another command prints")


def _run_around_code(inquiry: Inquiry, command: Command) -> None:
    """Modules of Python that run a script, or code that is given as arguments."""
    if command.name in ("code", "antigravity"):
        inquiry.note(Level.CONSENT, f"what {command.name} does here cannot be told beforehand")
    for arg in command.args:
        if command.name == "timeit" or " " in arg.text:
            _look_at_code(inquiry, arg)
    scripts = tuple(arg for arg in command.args if re.search(r"\.pyw?$|/", arg.text))
    if scripts and command.name != "timeit":
        run_script(inquiry, replace(command, args=scripts[:1]))


def run_module(inquiry: Inquiry, command: Command) -> None:
    """`python -m NAME`: known tools by their own profile."""
    if command.name == "http.server":
        options = parse_options(command.args, "--bind -b -d --directory -p")
        hosts = options.values("--bind", "-b")
        inquiry.read(*options.values("-d", "--directory"))
        if not any(host.text in ("127.0.0.1", "localhost", "::1") for host in hosts):
            inquiry.note(Level.CONSENT, "it serves files to the network; add --bind 127.0.0.1")
    elif command.name in (
        "timeit",
        "pdb",
        "cProfile",
        "profile",
        "trace",
        "runpy",
        "doctest",
        "code",
        "antigravity",
    ):
        _run_around_code(inquiry, command)
    elif command.name in ("zipfile", "tarfile", "json.tool", "compileall", "venv"):
        inquiry.write(*[arg for arg in command.args if not arg.text.startswith("-")])
    elif command.name in inquiry.profiles:
        inquiry.run(command)
    elif command.name not in (
        "unittest",
        "venv",
        "build",
        "compileall",
        "json.tool",
        "timeit",
        "doctest",
        "py_compile",
        "cProfile",
        "pdb",
        "ensurepip",
        "zipfile",
        "tarfile",
        "this",
        "site",
    ):
        inquiry.note(Level.CHANGES, f"it runs the module {command.name}")
