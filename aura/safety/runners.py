"""Profiles of programs that run other commands or code: wrappers, shells, interpreters."""

import re
from dataclasses import replace
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.danger import find_commands, turns_signs
from aura.safety.expansion import Arg
from aura.safety.guesses import prints_little
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.loading import look_at_leading_options, look_at_words
from aura.safety.options import parse_options
from aura.safety.printed import FOUND
from aura.safety.programs import GOES_OUT
from aura.safety.words import ASSIGNED, decode_ansi

COMES_IN = re.compile(r"-|/dev/(stdin|fd/\d+)|/proc/self/fd/\d+")  # a script that is no file
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
    outer = inquiry.cwd
    for folder in options.values("-C", "--chdir"):
        inquiry.read(folder)
        inquiry.cwd = inquiry.locate(folder.text) if len(folder.values) == 1 else ""
    for text in options.values("-S", "--split-string"):
        inquiry.read_text(" ".join([text.text, *(arg.text for arg in options.rest)]))
        inquiry.cwd = outer
        return
    rest = list(options.rest)
    if any(name.text.startswith("AURA_") for name in options.values("-u", "--unset")):
        inquiry.note(Level.FLOOR, "it changes aura's own settings")
    assignments = []
    while rest and ASSIGNED.match(rest[0].text):
        assignments.append(rest.pop(0).raw)
    for assignment in assignments:
        inquiry.read_text(assignment + " true")
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
    elif options.has("-s") or not options.rest or COMES_IN.fullmatch(options.rest[0].text):
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
        before = inquiry.signs.stages[-1] if inquiry.signs.stages else ("",)
        if before[0] == "yes":
            inquiry.note(Level.FLOOR, "it runs a command without end")
            inquiry.read_text(" ".join(before[1:]), apart=True)
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
    if COMES_IN.fullmatch(script.text):
        _run_input(inquiry, command)
        return
    inquiry.note(Level.CHANGES, f"it runs {script.raw}")
    inquiry.read(script)
    look_at_words(inquiry, script.raw, command.texts[1:])
    if any(FOUND in value for value in script.values):
        inquiry.note(Level.CONSENT, f"it runs a script that it finds ({script.raw})")
    for value in script.values:
        path = inquiry.places.resolve(value, inquiry.cwd)
        is_known = path in inquiry.signs.written and PurePath(command.name).name in SHELLS
        is_far = inquiry.places.is_temporary(path) and not path.startswith(f"{inquiry.places.workspace}/")
        if is_far and (not is_known or inquiry.signs.fetches):
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


def remember_path(inquiry: Inquiry, command: Command) -> None:
    """`hash`: with `-p` another program gets the name of one that is known."""
    options = parse_options(command.args, "-p")
    for path in options.values("-p"):
        inquiry.note(
            Level.CONSENT, f"it gives another meaning to {' '.join(one.text for one in options.rest)}"
        )
        meant = inquiry.profiles.get(PurePath(path.text).name, ask("its name was given to another program"))
        inquiry.profiles = {**inquiry.profiles, **{one.text: meant for one in options.rest}}


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
        inquiry.signs.decodes = inquiry.signs.decodes or turns_signs(program)
        plain = re.sub(r"\"(?:\\.|[^\"\\\n])*\"", '""', program)
        plain = re.sub(
            r"((?:^|[(,~&|!;{\n])\s*)/(?:\\.|[^/\\\n])+/", r"\1//", plain
        )  # where an expression may begin
        if re.search(r"(?<!\|)\|(?!\|)", plain) or re.search(
            r"\bsystem\b|\bgetline\b|\bprintf?\b[^;}]*>{1,2}\s*[\"$\w(]|@load|@include|ENVIRON|ARGV|\|&",
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
