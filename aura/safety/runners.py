"""Profiles of programs that run other commands or code: wrappers, shells, interpreters."""

import re
from dataclasses import replace
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.danger import find_commands, names_keys
from aura.safety.expansion import Arg
from aura.safety.files import Reader, look_up
from aura.safety.guesses import prints_little
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.loading import look_at_leading_options
from aura.safety.options import Options, parse_options
from aura.safety.programs import GOES_OUT, build
from aura.safety.words import ASSIGNED, decode_ansi

SHELLS = ("sh", "bash", "zsh", "dash", "ksh", "ash")


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
    if any(name.text.startswith("AURA_") for name in options.values("-u", "--unset")):
        inquiry.note(Level.FLOOR, "it changes aura's own settings")
    assignments = []
    while rest and ASSIGNED.match(rest[0].text):
        assignments.append(rest.pop(0).raw)
    for assignment in assignments:
        inquiry.read_text(assignment + " true")
    outer = inquiry.cwd
    for folder in options.values("-C", "--chdir"):
        inquiry.read(folder)
        inquiry.cwd = inquiry.places.resolve(folder.text, outer) if len(folder.values) == 1 else ""
    if rest:
        inquiry.run(command.inner(rest))
        inquiry.cwd = outer
    elif not (inquiry.following and prints_little([word.literal or "$" for word in inquiry.following.words])):
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")


def run_measured(inquiry: Inquiry, command: Command) -> None:
    """`valgrind`: runs a program under one of its own tools."""
    options = parse_options(command.args, "", stop_early=True)
    if any(not re.fullmatch(r"\w+", tool.text) for tool in options.values("--tool")):
        inquiry.note(Level.CONSENT, "it runs a tool that is not valgrind's own")
    run_rest()(inquiry, command)


def run_shell_behind(inquiry: Inquiry, command: Command) -> None:
    """`capsh`: what stands behind `--` or `==` is given to a shell."""
    inquiry.note(Level.CONSENT, "it changes what a program may do")
    for index, text in enumerate(command.texts):
        if text in ("--", "==", "-+", "=+"):
            is_other = any(one.startswith(("--u", "--g")) for one in command.texts[:index])
            if is_other or (index + 1 == len(command.args) and not command.piped):
                inquiry.note(Level.FLOOR, "it opens a shell with other rights")
            run_shell(inquiry, replace(command, name="bash", args=command.args[index + 1 :]))
            return


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
    if command.name == "xargs" and _run_on_found(inquiry, command, inner, options):
        return
    profile = inquiry.profiles.get(PurePath(inner[0].text).name)
    tokens = [one.text for one in options.values("-I")] if command.name == "xargs" else ["{}"]
    if command.document is None and tokens and PurePath(inner[0].text).name in SHELLS:
        inner = _hide_given(inquiry, inner, tokens[0])
    if command.document is not None and tokens and any(tokens[0] in arg.text for arg in inner):
        for line in command.document.splitlines()[:4]:
            inquiry.run_all([arg.text.replace(tokens[0], line.strip()) for arg in inner], command)
        return
    if command.document is not None:
        words = tuple(Arg((word,), word) for word in command.document.split())
    elif isinstance(profile, Reader) or profile in (build, look_up):
        words = ()  # readers and tools get the names that another part of the text has found
        if names_keys(inquiry.text):
            inquiry.note(Level.FLOOR, "it touches credentials")
    elif PurePath(inner[0].text).name in ("sed", "perl", "cp") and _are_found_here(inquiry):
        words = (Arg(("./found",), "what it is given"),)
    else:
        words = (Arg((), "what it is given"),)
    if words and tokens and any(arg.text == tokens[0] for arg in inner):
        inner = tuple(words[0] if arg.text == tokens[0] else arg for arg in inner)
        words = ()
    if PurePath(inner[0].text).name == "kill" and _ends_all(inquiry):
        inquiry.note(Level.FLOOR, "it ends every process that it finds")
    inquiry.run(replace(command.inner((*inner, *words)), piped=False, document=None))


def _run_on_found(inquiry: Inquiry, command: Command, inner: tuple[Arg, ...], options: Options) -> bool:
    """`find … | xargs rm` is the same as `find … -exec rm {} +`; whether it was one of these."""
    stages = inquiry.signs.stages
    deletes = PurePath(inner[0].text).name in ("rm", "rmdir", "unlink")
    if (
        len(stages) != 1
        or stages[0][0] not in ("find", "fd", "fdfind")
        or not deletes
        or options.has("-I", "-a", "--arg-file", "-i", "--replace")
    ):
        return False
    words = [one for one in stages[0][1:] if one not in ("-print", "-print0")]
    action = "-exec" if stages[0][0] == "find" else "-X"
    args = (*words, action, *(arg.text for arg in inner), "{}", "+")
    inquiry.run_all([stages[0][0], *args], command)
    return True


def _ends_all(inquiry: Inquiry) -> bool:
    """Whether the commands before list the processes of a user or of the machine, and none chooses some by name."""
    stages = inquiry.signs.stages
    first = " ".join(stages[0]) if stages else ""
    lists = re.match(r"ps\b(?!.*\s-[pCt])|pgrep\b.*\s(-\w*[uU]|\.\*?$|''$)|ls /proc|find /proc", first)
    chosen = any(
        stage[0] in ("grep", "rg", "egrep") and "-v" not in stage and len(stage) > 1 and len(stage[-1]) > 2
        for stage in stages[1:]
    )
    return lists is not None and not chosen


def _hide_given(inquiry: Inquiry, inner: tuple[Arg, ...], token: str) -> tuple[Arg, ...]:
    """The words of a shell that gets what was found in the middle of its text: there it may be anything."""
    if inquiry.signs.fetches and any(arg.text.strip("\"'") == token for arg in inner[1:]):
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    texts = [arg.text.replace(token, "$given_by_xargs") for arg in inner]
    return tuple(
        arg if arg.text == text else Arg((text,), text) for arg, text in zip(inner, texts, strict=True)
    )


def _are_found_here(inquiry: Inquiry) -> bool:
    """Whether the commands before this one in a pipe find some files of the workspace: by name, or what is in them."""
    stages = inquiry.signs.stages
    if not stages or any(inquiry.places.judge_read(path).outside for path in inquiry.reads):
        return False
    name, args = stages[0][0], stages[0][1:]
    matches = name in ("rg", "grep", "ag") and any(
        re.match(r"-\w*[lL]\w*$|--files-with", arg) for arg in args
    )
    matches = matches or stages[0][:2] in (("git", "diff"), ("git", "grep"))
    lists = name in ("find", "fd", "fdfind", "ls", "rg") or stages[0][:2] == ("git", "ls-files")
    chooses = any(re.search(r"\*?\.\w+|^-(e|name|iname|path|g|t)$|^--(ext|glob|type)", arg) for arg in args)
    chooses = chooses or any(stage[0] in ("grep", "rg", "head") and "-v" not in stage for stage in stages[1:])
    return (matches or (lists and chooses)) and all(
        stage[0] in ("sort", "uniq", "head", "tail", "grep", "rg") for stage in stages[1:]
    )


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
        for value in text.values[:8]:
            inquiry.read_quietly(value)
        run_unknown(inquiry, f"it runs what cannot be told beforehand ({text.raw})")
        return
    inquiry.note(Level.CHANGES, "it runs a shell")
    inquiry.read_text(text.text, apart=True)
    if rest and re.search(r"\$[@*0-9]", text.text):
        inquiry.note(Level.CONSENT, "what its shell is given cannot be told beforehand")


def _run_input(inquiry: Inquiry, command: Command) -> None:
    """A shell that runs its standard input: a fixed text is looked at, everything else needs a person or is refused."""
    if command.document is not None:
        inquiry.note(Level.CHANGES, "it runs a shell")
        if inquiry.signs.disguised:
            inquiry.note(Level.FLOOR, "it runs a text that was made unreadable")
        inquiry.read_text(command.document, apart=True)
        inquiry.read_text(decode_ansi(command.document), apart=True)
    else:
        run_unknown(inquiry, "it runs what another command prints")


def run_unknown(inquiry: Inquiry, reason: str) -> None:
    """A text that is run and cannot be told: never when it is downloaded, or made unreadable before."""
    if inquiry.signs.fetches:
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    elif inquiry.signs.decodes:
        inquiry.note(Level.FLOOR, "it runs a text that was made unreadable")
    else:
        inquiry.note(Level.CONSENT, reason)


def run_script(inquiry: Inquiry, command: Command) -> None:
    """A script file of the project, for a shell or an interpreter."""
    script = command.args[0] if command.args else Arg((), "")
    for value in script.values:
        path = inquiry.places.resolve(value, inquiry.cwd)
        inquiry.refuse_downloaded(path)
        inquiry.look_at_written(path, PurePath(command.name).name)
    if script.text in ("-", "/dev/stdin", "/dev/fd/0", "/dev/fd/63"):
        _run_input(inquiry, command)
        return
    inquiry.note(Level.CHANGES, f"it runs {script.raw}")
    inquiry.read(script)
    for value in script.values:
        path = inquiry.places.resolve(value, inquiry.cwd)
        if inquiry.places.is_temporary(path) and not path.startswith(f"{inquiry.places.workspace}/"):
            inquiry.note(Level.CONSENT, f"it runs a script outside the workspace ({script.raw})")
        if GOES_OUT.fullmatch(PurePath(path).stem):
            inquiry.note(Level.CONSENT, f"{script.raw} goes beyond the workspace by its name")


def source(inquiry: Inquiry, command: Command) -> None:
    """`source FILE`: runs it in this shell."""
    run_script(inquiry, command)


def evaluate(inquiry: Inquiry, command: Command) -> None:
    """`eval`: the words are a shell text."""
    if any(len(arg.values) != 1 for arg in command.args):
        for value in command.args[0].values[:8] if len(command.args) == 1 else ():
            inquiry.read_quietly(value)
        run_unknown(inquiry, "it runs what cannot be told beforehand")
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


def measure(inquiry: Inquiry, command: Command) -> None:
    """`hyperfine`: runs shell texts many times; its own options may run more and write results."""
    inquiry.note(Level.CHANGES, "it runs commands many times")
    runs = "-p --prepare -s --setup -c --cleanup -C --conclude --reference"
    writes = "--export-json --export-csv --export-markdown --export-asciidoc --export-orgmode --output"
    options = parse_options(
        command.args,
        f"{runs} {writes} -w --warmup -r --runs -m --min-runs -M --max-runs -n --command-name -S --shell -L -P --style"
        " --sort -D --input -u -t",
    )
    inquiry.write(
        *(one for one in options.values(*writes.split()) if one.text not in ("null", "pipe", "inherit"))
    )
    inquiry.read(*(one for one in options.values("--input") if one.text != "null"))
    if any(
        one.text not in ("none", "default", "sh", "bash", "zsh") for one in options.values("-S", "--shell")
    ):
        inquiry.note(Level.CONSENT, "it runs another shell")
    for text in (*options.values(*runs.split()), *options.rest):
        _run_text(inquiry, text, ())


def run_as_other(inquiry: Inquiry, command: Command) -> None:
    """`sudo`: a person decides about each command; a shell with all rights, or a password from here, is never given."""
    inquiry.note(Level.CONSENT, "it runs with the rights of another user")
    options = parse_options(command.args, "-u -g -U -h -p -C -D -R -T", stop_early=True)
    rest = list(options.rest)
    while rest and ASSIGNED.match(rest[0].text):
        inquiry.read_text(f"{rest.pop(0).raw} true")
    name = PurePath(rest[0].text).name if rest else ""
    is_shell = name in ("su", "fish", *SHELLS) and (len(rest) == 1 or rest[1].text.startswith("-"))
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


def process_text(inquiry: Inquiry, command: Command) -> None:
    """`awk`: a reader, unless its program runs commands or writes files."""
    options = parse_options(command.args, "-F -v -f --file -i --include -l --load")
    programs = [] if options.has("-f", "--file") else [arg.text for arg in options.rest[:1]]
    look_at_leading_options(inquiry, command, options.rest)
    inquiry.read(*options.values("-f", "--file"), *options.rest[len(programs) :])
    if any(
        value.text in ("-", "/dev/stdin") or "<(" in value.raw for value in options.values("-f", "--file")
    ):
        programs = [f"{command.document or ''}; system()"]
    if options.has("-f", "--file"):
        inquiry.note(Level.CHANGES, "it runs a program of awk")
    for program in programs:
        if re.search(
            r"\bsystem\b|\bgetline\b|\|&?\s*\"|\"\s*\||\bprintf?\b[^;}]*>{1,2}\s*[\"$\w(]|@load|@include|ENVIRON|ARGV|\|&",
            re.sub(r">\s*\"/dev/std(err|out)\"|>=", "", program),
        ):
            inquiry.note(Level.CONSENT, "the program of awk may run commands or write files")
            for hidden in find_commands(program):
                inquiry.read_quietly(hidden)


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
