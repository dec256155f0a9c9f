"""Profiles of tools that build, test and install, that reach other machines, and that touch the system."""

import re
from dataclasses import replace

from aura.safety.acts import Command, Level
from aura.safety.danger import find_commands, find_danger
from aura.safety.expansion import Arg
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.options import parse_options
from aura.safety.places import is_below

OUTWARD = re.compile(
    r"(.*[:_-])?(release|publish|deploy|upload|ship|push|install|uninstall|login|prod|production)([:_-].*)?|(pre|post)install|prepare"
)
CONFIGURES = re.compile(
    r"\b(set|edit|debug)\b.*(registry|script-shell|shell|index|trusted|proxy|cafile|strict-ssl|token|auth|editor|viewer|"
    r"onload-script|node-options|prefix|globalconfig|userconfig|git\b|unsafe|ignore-scripts)",
    re.IGNORECASE,
)
LOADING = re.compile(
    r"--?[\w-]*(plugin|filter|agent|rules-?dir|setup|config|rootdir|executable|script|settings|build-file|compiler|"
    r"load|require|prefix|manifest-path)|-[cCSPfpI]$|-D\w*(COMPILER|LAUNCHER|TOOLCHAIN)",
    re.IGNORECASE,
)
RUNNING = re.compile(
    r"--?(toolexec|exec|script-shell|node-options|init-script|shell|rcfile|eval|to-command|command|cmd|loader|require|"
    r"wrapper|launcher|runner|onload-script|git|viewer|editor)(=|$)"
)


def build(inquiry: Inquiry, command: Command) -> None:
    """A tool that tests, checks, formats or builds: ordinary work, as long as it stays in the workspace."""
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    look_at_running_options(inquiry, command)
    options = parse_options(command.args, "-o --output --output-file --out --outdir --outfile")
    inquiry.write(*options.values("-o", "--output", "--output-file", "--out", "--outdir", "--outfile"))
    inquiry.read(*[arg for arg in options.rest if arg.text.startswith(("/", "~", ".."))])


def look_at_running_options(inquiry: Inquiry, command: Command) -> None:
    """Options by which a tool that is known runs what else it is told to."""
    for index, text in enumerate(command.texts):
        if re.search(r"\s", text) and (danger := find_danger(text)):
            inquiry.note(Level.FLOOR, danger)
        _look_at_loading(inquiry, command, index)
        found = RUNNING.match(text)
        if found:
            inquiry.note(Level.CONSENT, f"{command.name} {found.group().rstrip('=')} runs other code")
            value = text[found.end() :] or (command.texts[index + 1] if index + 1 < len(command.args) else "")
            inquiry.read_quietly(value)
        elif text.startswith("--config") and index + 1 < len(command.args):
            value = text.partition("=")[2] or command.texts[index + 1]
            if re.search(r"(runner|wrapper|linker|alias|command|shell)\S*\s*=", value):
                inquiry.note(Level.CONSENT, f"a setting of {command.name} runs other code")
                for hidden in find_commands(value):
                    inquiry.read_quietly(hidden)


def _look_at_loading(inquiry: Inquiry, command: Command, index: int) -> None:
    """A path outside the workspace behind an option: a tool that takes code or settings from there needs a person."""
    text, before = command.texts[index], command.texts[index - 1] if index else ""
    found = re.search(r"(?:^|[=:,])(~?/[^=:,]+|\.\./[^=:,]*)$", text)
    if found is None or (not before.startswith("-") and not text.startswith("-")):
        return
    path = inquiry.places.resolve(found[1], inquiry.cwd)
    if is_below(path, inquiry.places.workspace):
        return
    if LOADING.match(text if text.startswith("-") else before):
        inquiry.note(
            Level.CONSENT, f"{command.name} takes code or settings from outside the workspace ({found[1]})"
        )
    elif not inquiry.places.is_temporary(path):
        inquiry.read(Arg((path,), found[1]))


def _look_at_script(inquiry: Inquiry, file: Arg) -> None:
    """A file that is run: one for temporary files may come from anybody."""
    inquiry.read(file)
    paths = [inquiry.places.resolve(value, inquiry.cwd) for value in file.values]
    if any(not is_below(path, inquiry.places.workspace) for path in paths):
        inquiry.note(Level.CONSENT, f"it runs a file outside the workspace ({file.raw})")


def _look_at_recipes(inquiry: Inquiry, text: str) -> None:
    """The commands of a makefile whose text is known."""
    for line in text.splitlines()[:40]:
        inquiry.read_quietly(line.partition(";")[2] or line.strip().lstrip("@-"))


def make_build_system(inquiry: Inquiry, command: Command) -> None:
    """`cmake`: builds; `-E` runs a command of its own, which is like those of a shell."""
    texts = command.texts
    if texts[:1] != ("-E",):
        build(inquiry, command)
        return
    verb, rest = texts[1:2], command.args[2:]
    same = {"remove": "rm", "remove_directory": "rm", "copy": "cp", "rename": "mv", "make_directory": "mkdir"}
    inquiry.note(Level.CHANGES, "it runs a command of cmake")
    if verb and verb[0] in (*same, "rm", "touch", "env", "time", "cat", "echo", "tar", "sha256sum", "true"):
        name = same.get(verb[0], verb[0])
        args = (Arg(("-r",), "-r"), *rest) if name == "rm" else rest
        inquiry.run(replace(command, name=name, args=args))
    else:
        inquiry.note(Level.CONSENT, "what cmake -E does here is not known")


def build_targets(inquiry: Inquiry, command: Command) -> None:
    """`make`, `just`: targets that go outwards by their name need a person."""
    options = parse_options(command.args, "-f --file --makefile -C --directory -j -I -o -W --eval")
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    look_at_running_options(inquiry, command)
    for folder in options.values("-C", "--directory"):
        _look_at_script(inquiry, folder)
    for file in options.values("-f", "--file", "--makefile"):
        if file.text in ("-", "/dev/stdin") or "<(" in file.raw:
            inquiry.note(Level.CONSENT, "it runs a makefile that cannot be told beforehand")
            _look_at_recipes(inquiry, command.document or "")
        else:
            _look_at_script(inquiry, file)
    names = [one.text for one in options.values("-f", "--file", "--makefile")] or [
        "Makefile",
        "makefile",
        "justfile",
    ]
    for name in names:
        _look_at_recipes(inquiry, inquiry.signs.written.get(inquiry.places.resolve(name, inquiry.cwd), ""))
    if options.has("--eval") or any(
        re.match(r"(SHELL|MAKEFLAGS|MAKEFILES)\W?=", arg.text) for arg in options.rest
    ):
        inquiry.note(Level.CONSENT, "it runs a makefile given on the command line")
    for target in options.rest:
        if not target.values:
            inquiry.note(Level.CONSENT, f"what it makes cannot be told beforehand ({target.raw})")
        if OUTWARD.fullmatch(target.text):
            inquiry.note(
                Level.CONSENT, f"`{command.name} {target.text}` goes beyond the workspace by its name"
            )


def subcommands(works: str, looks: str = "", scripts: str = "", skip: str = "") -> Profile:
    """A tool with subcommands: those that look are free, those that work are work, all others need a person.

    `scripts` are subcommands that run a named script of the project.
    """
    working, looking, running = set(works.split()), set(looks.split()), set(scripts.split())

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, skip, stop_early=True)
        look_at_running_options(inquiry, command)
        if not options.rest:
            if not options.has("--version", "-V", "-v", "--help", "-h"):
                inquiry.note(Level.CONSENT, f"what {command.name} does here is not known")
            return
        verb, rest = options.rest[0].text, options.rest[1:]
        if verb in running:
            target = next((arg.text for arg in rest if not arg.text.startswith("-")), "")
            level = Level.CONSENT if OUTWARD.fullmatch(target) or not target else Level.CHANGES
            inquiry.note(level, f"it runs the project's script {target}")
        elif verb in working:
            inquiry.note(Level.CHANGES, f"it runs {command.name} {verb}")
            for arg in rest:
                if arg.text.startswith(("/", "~", "..")):
                    _look_at_script(inquiry, arg)
                elif verb == "run" and re.match(r"[\w-]+\.\w+/|\S+@", arg.text):
                    inquiry.note(Level.CONSENT, f"it downloads and runs {arg.raw}")
        elif verb in ("config", "c") and CONFIGURES.search(" ".join(arg.text for arg in rest)):
            inquiry.note(Level.FLOOR, f"it changes where {command.name} gets its packages, or what it runs")
        elif verb == "publish" and any(arg.text.startswith("--registry") for arg in rest):
            inquiry.note(Level.FLOOR, "it sends the project to a place of its own choice")
        elif verb not in looking:
            inquiry.note(Level.CONSENT, f"{command.name} {verb} reaches beyond the workspace")

    return profile


def run_inside(verbs: str, works: str = "") -> Profile:
    """`uv run`, `poetry run`, `bundle exec`: after the verb comes a command."""
    running, other = set(verbs.split()), subcommands(works)

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, "--directory --project", stop_early=True)
        if options.rest and options.rest[0].text in running:
            inner = parse_options(
                options.rest[1:], "--with --python -p --extra --group --env-file", stop_early=True
            )
            inquiry.note(Level.CHANGES, f"it runs {command.name}")
            if inner.has("--with", "--with-requirements", "--from"):
                inquiry.note(Level.CONSENT, "it downloads packages")
            if inner.rest:
                script = inner.rest[0].text
                name = "python" if script.endswith(".py") else script
                rest = inner.rest if name != script else inner.rest[1:]
                inquiry.run(replace(command, name=name, args=rest))
        else:
            other(inquiry, command)

    return profile


def run_package(inquiry: Inquiry, command: Command) -> None:
    """`npx`: runs what is installed, or downloads it."""
    options = parse_options(command.args, "-p --package -c --call", stop_early=True)
    if options.has("--no-install", "--no") and not options.has("-c", "--call", "-p", "--package"):
        inquiry.note(Level.CHANGES, "it runs an installed package")
        if options.rest:
            inquiry.run(command.inner(options.rest))
    else:
        inquiry.note(Level.CONSENT, "it downloads and runs a package; add --no-install if it is installed")


def signal(inquiry: Inquiry, command: Command) -> None:
    """`kill`: jobs of this very command may be ended."""
    targets = [arg.text for arg in command.args if not arg.text.startswith("-")]
    if any(re.search(r"\baura\b|PPID|\$\$", arg.raw) for arg in command.args):
        inquiry.note(Level.FLOOR, "it ends aura")
    if "-1" in command.texts[1:] or command.texts[:1] == ("-1",):
        inquiry.note(Level.FLOOR, "it ends every process")
    inquiry.note(Level.CHANGES, "it ends a process")
    if not targets or not all(re.fullmatch(r"%\w+|0", text) for text in targets):
        inquiry.note(Level.CONSENT, "it ends processes that may be somebody else's")


def signal_by_name(inquiry: Inquiry, command: Command) -> None:
    """`pkill`, `killall`: shells, aura itself and whole users are never ended."""
    inquiry.note(Level.CONSENT, f"{command.name} ends processes by name")
    text = " ".join(command.texts)
    if re.search(
        r"(^|\s)-(u|U|-euid|-uid)|\baura\b|\b(ba|z|fi|da)?sh\b|\bsystemd\b|\binit\b|(^|\s)\.[*]?(\s|$)", text
    ):
        inquiry.note(Level.FLOOR, "it ends aura, a shell, or everything")


def print_environment(inquiry: Inquiry, command: Command) -> None:
    """`printenv`: one variable at a time, and none that holds a credential."""
    from aura.safety.redact import is_secret_name

    if not command.args or any(is_secret_name(text) for text in command.texts):
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")


def set_shell(inquiry: Inquiry, command: Command) -> None:
    """`set`, `shopt`: flags of the shell are free, new positional arguments are not."""
    if "--" in command.texts or any(
        not text.startswith(("-", "+")) and text not in ("pipefail", "errexit", "nounset", "xtrace")
        for text in command.texts
    ):
        inquiry.note(Level.CONSENT, "it sets the arguments of the shell")
        start = command.texts.index("--") + 1 if "--" in command.texts else 0
        inquiry.set_list("@", command.args[start:])
    if not command.args and command.name == "set":
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")


def export(inquiry: Inquiry, command: Command) -> None:
    """`export`, `declare`: assignments in the form of arguments."""
    if not any("=" in text or text.isidentifier() for text in command.texts):
        inquiry.signs.spills = True
        inquiry.note(Level.CONSENT, "it prints the environment, which holds credentials")
    if any(re.match(r"-\w*n", text) and command.name != "export" for text in command.texts):
        inquiry.note(Level.CONSENT, "it lets one variable stand for another")
        for text in command.texts:
            inquiry.read_quietly(text.partition("[")[2].removesuffix("]"))
    for arg in command.args:
        if "=" in arg.text and not arg.text.startswith("-"):
            name, _, value = arg.text.partition("=")
            inquiry.read_text(
                f"{name}={value if value.isalnum() else chr(39) + value + chr(39)} true"
                if "'" not in value
                else "eval $unknown"
            )
            inquiry.set_variable(name, (value,) if arg.values else ())


def read_line(inquiry: Inquiry, command: Command) -> None:
    """`read`, `unset`: the variables cannot be told any more."""
    given = (command.document or "").strip()
    names = [text for text in command.texts if text.isidentifier()]
    for text in command.texts:
        inquiry.variables[text] = (given,) if given and len(names) == 1 and "\n" not in given else ()
        if re.search(r"[\[$`]", text):
            inquiry.note(Level.CONSENT, "it evaluates a text")


def set_trap(inquiry: Inquiry, command: Command) -> None:
    """`trap`: a text that runs later."""
    inquiry.note(Level.CHANGES, "it sets a trap")
    for arg in command.args[:1]:
        if len(arg.values) == 1:
            inquiry.read_text(arg.text)
        else:
            inquiry.note(Level.CONSENT, "it sets a trap that cannot be told beforehand")


def query_database(inquiry: Inquiry, command: Command) -> None:
    """`sqlite3`: files of the workspace; its dot commands run others, and some words lose data."""
    text = " ".join((*command.texts, command.document or ""))
    inquiry.note(Level.CHANGES, "it uses a database")
    names = [arg for arg in command.args if not arg.text.startswith("-")]
    inquiry.write(*[arg for arg in names[:1] if arg.text != ":memory:"])
    if re.search(
        r"(^|\s|;)\.(shell|system|import|output|once|load|read|open|backup|restore|save|log|excel|edit)\b|load_extension|writefile|readfile|edit\(",
        text,
    ):
        inquiry.note(Level.CONSENT, "it runs commands or touches files from inside the database")
    if (
        re.search(r"\b(drop|delete|truncate|update|alter|attach|vacuum)\b", text, re.IGNORECASE)
        or command.piped
    ):
        inquiry.note(Level.CONSENT, "it may lose data")


def run_aura(inquiry: Inquiry, command: Command) -> None:
    """`aura`: looking is free, another assistant is not started by a model, and its rules are not changed."""
    verb = command.texts[0] if command.texts else ""
    if (
        any(
            text in ("--yolo", "yolo") or text.startswith(("--mode=yolo", "--no-sandbox"))
            for text in command.texts
        )
        or verb in ("trust", "auth")
        or (verb == "config" and command.texts[1:2] in (("set",), ("unset",)))
    ):
        inquiry.note(Level.FLOOR, "it changes aura's own policy or starts it without guards")
    elif verb not in ("--version", "--help", "doctor"):
        inquiry.note(Level.CONSENT, "it starts another aura")


def guarded(pattern: str, floor: str, reason: str, *, decodes: bool = False, looks: str = "") -> Profile:
    """A program that needs a person, and is refused where its words match; what begins with `looks` is free."""
    free = re.compile(looks or "(?!)")
    compiled = re.compile(pattern, re.IGNORECASE)

    def profile(inquiry: Inquiry, command: Command) -> None:
        if command.texts in (("--version",), ("--help",), ("version",)):
            return
        if free.match(" ".join(command.texts)):
            return
        inquiry.note(Level.CONSENT, reason)
        inquiry.look_at_unknown(command)
        inquiry.signs.decodes = inquiry.signs.decodes or decodes
        if compiled.search(" ".join((*command.texts, command.document or ""))):
            inquiry.note(Level.FLOOR, floor)

    return profile


def schedule(inquiry: Inquiry, command: Command) -> None:
    """`crontab`, `launchctl`: looking is free, leaving work for later is refused."""
    if command.texts not in (("-l",), ("list",)):
        inquiry.note(Level.FLOOR, "it leaves work for later, outside of aura")
