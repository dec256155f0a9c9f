"""Profiles of programs that run other commands or code: wrappers, shells, interpreters."""

import re
from dataclasses import replace
from pathlib import PurePath

from aura.safety.danger import find_commands, find_danger, names_keys
from aura.safety.expansion import Arg
from aura.safety.files import Reader, look_up
from aura.safety.inquiry import Command, Inquiry, Level, Profile
from aura.safety.options import Options, parse_options
from aura.safety.programs import build
from aura.safety.words import ASSIGNED, decode_ansi

RISKY_CODE = re.compile(
    r"\bsystem\b|subprocess|popen|\bspawn|child_process|\bexec\w*\b|\beval\b|execfile|__import__|importlib|ctypes|\bfork\b|"
    r"socket|urllib|requests|http|ftplib|smtplib|\bfetch\s*\(|net\.|Net::|LWP|shutil|rmtree|unlink|\bremove\b|rmdir|\brm\w*\b|"
    r"\bdelete\b|FileUtils|writeFile|appendFile|createWriteStream|open\([^)]*,\s*['\"][wax+]|write_text|write_bytes|"
    r"expanduser|Path\.home|Dir\.home|homedir|['\"]~|/home/|/root|/etc/|/Users/|\.ssh|environ|getenv|\bENV\b|process\.env|"
    r"b64decode|fromhex|base64|decode\(|chr\(|marshal|pickle|\.env\b|\.aura|\.git/|`|%x|\bos\.(chmod|chown|kill|rename|replace)|"
    r"signal|shell_exec|passthru|proc_open|Runtime"
)
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


def run_rest(skip: str = "", count: int = 0) -> Profile:
    """A wrapper such as `nice` or `timeout`: after its options and `count` words comes a command."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, skip, stop_early=True)
        rest = options.rest[count:]
        if rest:
            inquiry.run(command.inner(rest))

    return profile


def ask_and_run(reason: str, skip: str = "", count: int = 0) -> Profile:
    """A wrapper that needs a person itself, whatever it runs."""
    inner = run_rest(skip, count)

    def profile(inquiry: Inquiry, command: Command) -> None:
        inquiry.note(Level.CONSENT, reason)
        inner(inquiry, command)

    return profile


def run_environment(inquiry: Inquiry, command: Command) -> None:
    """`env`: assignments, then a command; alone it prints everything."""
    options = parse_options(command.args, "-u --unset -C --chdir -S --split-string", stop_early=True)
    for text in options.values("-S", "--split-string"):
        inquiry.read_text(" ".join([text.text, *(arg.text for arg in options.rest)]))
        return
    rest = list(options.rest)
    assignments = []
    while rest and ASSIGNED.match(rest[0].text):
        assignments.append(rest.pop(0).raw)
    for assignment in assignments:
        inquiry.read_text(assignment + " true")
    if options.has("-C", "--chdir"):
        inquiry.cwd = ""
    if rest:
        inquiry.run(command.inner(rest))
    else:
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")


def run_each(inquiry: Inquiry, command: Command) -> None:
    """`xargs`, `parallel`: a command with arguments from elsewhere."""
    options = parse_options(
        command.args, "-n -P -I -L -d -s -E -a --max-args --max-procs --delimiter -j", stop_early=True
    )
    inner = options.rest
    if command.name == "parallel":
        inquiry.note(Level.CONSENT, "what parallel runs cannot be told beforehand")
    if not inner:
        return
    profile = inquiry.profiles.get(PurePath(inner[0].text).name)
    if command.document is not None:
        words = tuple(Arg((word,), word) for word in command.document.split())
    elif isinstance(profile, Reader) or profile in (build, look_up):
        words = ()  # readers and tools get the names that another part of the text has found
        if names_keys(inquiry.text):
            inquiry.note(Level.FLOOR, "it touches credentials")
    else:
        words = (Arg((), "what it is given"),)
    inquiry.run(replace(command.inner((*inner, *words)), piped=False, document=None))


def run_shell(inquiry: Inquiry, command: Command) -> None:
    """`sh`, `bash`: a text after `-c`, a script, or whatever comes in."""
    options = parse_options(command.args, "-c -O -o --rcfile --init-file", stop_early=True)
    texts = options.values("-c")
    if options.has("--rcfile", "--init-file", "-i", "-l", "--login"):
        inquiry.note(Level.CHANGES, "it runs a shell with its start-up files")
    if options.has("--rcfile", "--init-file"):
        inquiry.note(Level.CONSENT, "it runs a start-up file")
    if texts:
        _run_text(inquiry, texts[0], options.rest)
    elif options.has("-s") or not options.rest or options.rest[0].text in ("-", "/dev/stdin", "/dev/fd/63"):
        _run_input(inquiry, command)
    else:
        run_script(inquiry, replace(command, args=options.rest))


def _run_text(inquiry: Inquiry, text: Arg, rest: tuple[Arg, ...]) -> None:
    if len(text.values) != 1:
        _run_unknown(inquiry, f"it runs what cannot be told beforehand ({text.raw})")
        return
    inquiry.note(Level.CHANGES, "it runs a shell")
    inquiry.read_text(text.text, apart=True)
    if rest and re.search(r"\$[@*0-9]", text.text):
        inquiry.note(Level.CONSENT, "what its shell is given cannot be told beforehand")


def _run_input(inquiry: Inquiry, command: Command) -> None:
    """A shell that runs its standard input: a fixed text is looked at, everything else needs a person or is refused."""
    if command.document is not None:
        inquiry.note(Level.CHANGES, "it runs a shell")
        if inquiry.disguised:
            inquiry.note(Level.FLOOR, "it runs a text that was made unreadable")
        inquiry.read_text(command.document, apart=True)
        inquiry.read_text(decode_ansi(command.document), apart=True)
    else:
        _run_unknown(inquiry, "it runs what another command prints")


def _run_unknown(inquiry: Inquiry, reason: str) -> None:
    """A text that is run and cannot be told: never when it is downloaded, or made unreadable before."""
    if inquiry.fetches:
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    elif inquiry.decodes:
        inquiry.note(Level.FLOOR, "it runs a text that was made unreadable")
    else:
        inquiry.note(Level.CONSENT, reason)


def run_script(inquiry: Inquiry, command: Command) -> None:
    """A script file of the project, for a shell or an interpreter."""
    script = command.args[0] if command.args else Arg((), "")
    for value in script.values:
        inquiry.refuse_downloaded(inquiry.places.resolve(value, inquiry.cwd))
    if script.text in ("-", "/dev/stdin", "/dev/fd/0", "/dev/fd/63"):
        _run_input(inquiry, command)
        return
    inquiry.note(Level.CHANGES, f"it runs {script.raw}")
    inquiry.read(script)
    for value in script.values:
        path = inquiry.places.resolve(value, inquiry.cwd)
        if inquiry.places.is_temporary(path) and not path.startswith(f"{inquiry.places.workspace}/"):
            inquiry.note(Level.CONSENT, f"it runs a script outside the workspace ({script.raw})")


def source(inquiry: Inquiry, command: Command) -> None:
    """`source FILE`: runs it in this shell."""
    run_script(inquiry, command)


def evaluate(inquiry: Inquiry, command: Command) -> None:
    """`eval`: the words are a shell text."""
    if any(len(arg.values) != 1 for arg in command.args):
        _run_unknown(inquiry, "it runs what cannot be told beforehand")
    else:
        inquiry.note(Level.CHANGES, "it evaluates a text")
        inquiry.read_text(" ".join(command.texts))


def run_string(*flags: str) -> Profile:
    """A program that runs a shell text: after a flag (`script -c`), or its words (`watch`)."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, f"-n --interval {' '.join(flags)}", stop_early=not flags)
        texts = options.values(*flags) if flags else ()
        inquiry.note(Level.CHANGES, f"{command.name} runs a command")
        if texts:
            _run_text(inquiry, texts[0], ())
        elif flags and options.rest[1:]:
            inquiry.run_all([arg.text for arg in options.rest[1:]], command)
        elif not flags and options.rest:
            inquiry.read_text(" ".join(arg.text for arg in options.rest))

    return profile


def run_as_other(inquiry: Inquiry, command: Command) -> None:
    """`sudo`: a person decides about each command; a shell with all rights, or a password from here, is never given."""
    inquiry.note(Level.CONSENT, "it runs with the rights of another user")
    options = parse_options(command.args, "-u -g -U -h -p -C -D -R -T", stop_early=True)
    rest = list(options.rest)
    while rest and ASSIGNED.match(rest[0].text):
        inquiry.read_text(f"{rest.pop(0).raw} true")
    name = PurePath(rest[0].text).name if rest else ""
    is_shell = name in ("su", "bash", "sh", "zsh", "dash", "fish") and len(rest) == 1
    if (
        options.has("-S", "--stdin", "-A", "--askpass")
        or (options.has("-i", "-s", "--login", "--shell") and not rest)
        or is_shell
    ):
        inquiry.note(Level.FLOOR, "it takes all rights of the machine")
    if options.has("-e", "--edit"):
        inquiry.write(*rest)
    elif rest:
        inquiry.run(command.inner(rest))


def run_elsewhere(inquiry: Inquiry, command: Command) -> None:
    """`systemd-run`: leaves this shell; with a time it is work for later."""
    if any(re.match(r"--(on-|timer|path-p|socket-p)", text) for text in command.texts):
        inquiry.note(Level.FLOOR, "it leaves work for later, outside of aura")
    ask_and_run("it leaves this shell", "-p -u -E -H -M --unit --property --setenv")(inquiry, command)


def name_command(inquiry: Inquiry, command: Command) -> None:
    """`alias`: a name for a text that runs later; alone it lists them."""
    for arg in command.args:
        name, equals, text = arg.text.partition("=")
        if equals:
            inquiry.note(Level.CONSENT, f"it gives another meaning to {name}")
            inquiry.read_quietly(text if arg.values else "eval $unknown")


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
    elif verb == "run" and not any(
        arg.text.startswith(("-A", "--allow", "http", "npm:", "jsr:")) for arg in command.args
    ):
        inquiry.note(Level.CHANGES, "it runs deno")
    else:
        inquiry.note(Level.CONSENT, f"deno {verb} reaches beyond the workspace")


def interpret(inquiry: Inquiry, command: Command) -> None:
    """`python`, `node`, `ruby`, `perl`: code on the command line is looked at, scripts are ordinary work."""
    family = next((name for name in INLINE if command.name.startswith(name)), "python")
    if family == "python":
        command = replace(command, args=_end_at_module(command.args))
    options = parse_options(
        command.args, f"{INLINE[family]} -m -W -X -I -r --require --import -M", stop_early=True
    )
    codes = options.values(*INLINE[family].split()) if INLINE[family] else ()
    modules = options.values("-m") if family == "python" else ()
    if options.has("--version", "-V", "--help", "-h", "-v") and not codes and not options.rest:
        return
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    if (
        family != "python"
        and options.has("-r", "--require", "--import", "-M")
        and not (family == "php" and codes)
    ):
        inquiry.note(Level.CONSENT, f"{command.name} loads other code first")
    if codes:
        _look_at_code(inquiry, codes[0])
        if options.has("-i") and family in ("perl", "ruby"):
            inquiry.write(*options.rest)
    elif modules:
        run_module(
            inquiry, Command(modules[0].text, options.rest, command.piped, command.document, command.raw)
        )
    elif not options.rest or options.rest[0].text in ("-", "/dev/stdin"):
        _interpret_input(inquiry, command, options)
    else:
        run_script(inquiry, replace(command, args=options.rest))


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
        inquiry.note(Level.CONSENT, "it runs code that cannot be told beforehand")
    elif RISKY_CODE.search(code.text):
        if danger := find_danger(code.text):
            inquiry.note(Level.FLOOR, danger)
        for hidden in find_commands(code.text):
            inquiry.read_quietly(hidden)
        inquiry.note(
            Level.CONSENT,
            "its code reaches beyond a calculation (processes, network, files, or what hides them)",
        )


def _interpret_input(inquiry: Inquiry, command: Command, options: Options) -> None:
    if command.document is not None:
        _look_at_code(inquiry, Arg((command.document,), command.document))
        if (
            command.piped
        ):  # only shell texts are understood well enough to be run as another command made them
            inquiry.note(Level.CONSENT, "it runs what another command prints")
    elif inquiry.fetches:
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    elif options.has("--test"):
        inquiry.note(Level.CHANGES, f"{command.name} runs the project's tests")
    else:
        inquiry.note(Level.CONSENT, "it runs what another command prints")


def run_module(inquiry: Inquiry, command: Command) -> None:
    """`python -m NAME`: known tools by their own profile."""
    if command.name == "http.server":
        hosts = parse_options(command.args, "--bind -b -d --directory -p").values("--bind", "-b")
        if not any(host.text in ("127.0.0.1", "localhost", "::1") for host in hosts):
            inquiry.note(Level.CONSENT, "it serves files to the network; add --bind 127.0.0.1")
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


def process_text(inquiry: Inquiry, command: Command) -> None:
    """`awk`: a reader, unless its program runs commands or writes files."""
    options = parse_options(command.args, "-F -v -f --file")
    programs = [] if options.has("-f", "--file") else [arg.text for arg in options.rest[:1]]
    inquiry.read(*options.values("-f", "--file"), *options.rest[len(programs) :])
    if options.has("-f", "--file"):
        inquiry.note(Level.CHANGES, "it runs a program of awk")
    for program in programs:
        if re.search(
            r"\bsystem\b|\bgetline\b|\|&?\s*\"|\"\s*\||\bprintf?\b[^;}]*>{1,2}\s*[\"$\w(]|@load|@include|ENVIRON|ARGV|\|&",
            program.replace(">=", ""),
        ):
            inquiry.note(Level.CONSENT, "the program of awk may run commands or write files")


def ask(reason: str) -> Profile:
    """A program that always needs a person."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        inquiry.note(Level.CONSENT, reason)

    return profile


def refuse(reason: str) -> Profile:
    """A program that is never run."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        if not any(text in ("--version", "--help") for text in command.texts):
            inquiry.note(Level.FLOOR, reason)

    return profile


def run_command(inquiry: Inquiry, command: Command) -> None:
    """`command`: `-v` asks where a program is, otherwise it is run."""
    options = parse_options(command.args, "", stop_early=True)
    if options.rest and not options.has("-v", "-V"):
        inquiry.run(command.inner(options.rest))
