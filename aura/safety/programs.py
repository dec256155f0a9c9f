"""Profiles of tools that build, test and install, that reach other machines, and that touch the system."""

import re
from dataclasses import replace
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.expansion import Arg
from aura.safety.guesses import look_at_document
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.loading import PATTERN, look_at_running_options, only_writes
from aura.safety.options import parse_options
from aura.safety.places import is_below

OUTWARD = re.compile(
    r"(.*[:_-])?(pre|post)?(release|publish|deploy|upload|ship|push|install|uninstall|login|prod|production)(Only)?([:_-].*)?|"
    r"prepare"
)
CONFIGURES = re.compile(
    r"\b(set|edit|debug|add)\b.*(registry|mirror|source|repositor|https?://|script-shell|shell|index|trusted|proxy|cafile|strict-ssl|token|auth|editor|viewer|"
    r"onload-script|node-options|prefix|globalconfig|userconfig|git\b|unsafe|ignore-scripts)",
    re.IGNORECASE,
)
EXECUTING = tuple(
    "coverage pytest py.test mocha jest vitest ava rspec phpunit bats tox nox ctest zig nim crystal meson prove".split()  # noqa: SIM905
)
COMPILERS = ("gcc", "g++", "cc", "c++", "clang", "clang++", "rustc", "ghc", "nim", "swiftc", "go", "javac")
ELSEWHERE = re.compile(
    r"--(registry|index|publish-url|repository-url|host|source)\b|https?://(?!localhost|127\.)"
)
SWITCH = re.compile(
    r"/(p|property|t|target|v|verbosity|c|r|bl|m|nologo|nr|clp|flp\d?)(:[\w.;=-]*)?|" + PATTERN.pattern
)
OF_PACKAGES = [(name, verb) for name in ("npm", "pnpm", "yarn") for verb in ("version", "pack", "init")]
ASKS_KEYS = re.compile(r"(?<!set )(?<!\w)\S*(auth|token|passw|secret|_key)(?!\S*=)", re.IGNORECASE)
GOES_OUT = re.compile(r"(.*[_-])?(release|publish|deploy|upload|ship)([_-].*)?")


def build(inquiry: Inquiry, command: Command) -> None:
    """A tool that tests, checks, formats or builds: ordinary work, as long as it stays in the workspace."""
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    look_at_running_options(inquiry, command)
    options = parse_options(command.args, "-o --output --output-file --out --outdir --outfile")
    inquiry.write(*options.values("-o", "--output", "--output-file", "--out", "--outdir", "--outfile"))
    inquiry.read(
        *[
            arg
            for arg in options.rest
            if arg.text.startswith(("/", "~", "..")) and not SWITCH.fullmatch(arg.text)
        ]
    )
    if command.name in COMPILERS and not inquiry.signs.fetches:
        inquiry.signs.built += [inquiry.locate(one.text) for one in options.values("-o", "--output")]
    for path in (inquiry.places.resolve(value, inquiry.cwd) for arg in options.rest for value in arg.values):
        if inquiry.places.is_start(path):
            inquiry.note(
                Level.FLOOR, f"{command.name} may change what is run at the start of programs ({path})"
            )
    if command.name == "prove" and any(re.match(r"-\w*[ePI]|-M", text) for text in command.texts):
        inquiry.note(Level.CONSENT, "an option of prove runs other code")
    if command.name in EXECUTING:
        for before, arg in zip(("", *command.texts), command.args, strict=False):
            if arg not in options.rest or (before.startswith("--") and only_writes(command.name, before)):
                continue
            paths = [inquiry.places.resolve(value, inquiry.cwd) for value in arg.values]
            if any(_is_foreign(inquiry, path) for path in paths):
                inquiry.note(Level.CONSENT, f"it runs a file outside the workspace ({arg.raw})")


def _is_foreign(inquiry: Inquiry, path: str) -> bool:
    """Whether a path lies among the temporary files, but not in the workspace."""
    return not is_below(path, inquiry.places.workspace) and inquiry.places.is_temporary(path)


def run_own_script(inquiry: Inquiry, command: Command) -> None:
    """A script of the project that is named by its path: what it takes from elsewhere, and what its name says."""
    look_at_running_options(inquiry, command)
    name = PurePath(command.name)
    if GOES_OUT.fullmatch(name.stem):
        inquiry.note(Level.CONSENT, f"{command.name} goes beyond the workspace by its name")
    for text in command.texts if name.name in ("gradlew", "mvnw") else ():
        if OUTWARD.fullmatch(text):
            inquiry.note(Level.CONSENT, f"`{name.name} {text}` goes beyond the workspace by its name")


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
        inquiry.refuse_downloaded(inquiry.places.resolve(folder.text, inquiry.cwd))
    for file in options.values("-f", "--file", "--makefile"):
        if file.text in ("-", "/dev/stdin") or "<(" in file.raw:
            level = Level.FLOOR if inquiry.signs.fetches and command.document is None else Level.CONSENT
            inquiry.note(level, "it runs a makefile that cannot be told beforehand")
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
        if OUTWARD.fullmatch(target.text) and not options.has("-n", "--dry-run", "--just-print"):
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
            if target.startswith(("/", "~", "..")):
                _look_at_script(inquiry, Arg((target,), target))
        elif verb in working:
            inquiry.note(Level.CHANGES, f"it runs {command.name} {verb}")
            for before, arg in zip(("", *(one.text for one in rest)), rest, strict=False):
                if only_writes(command.name, before) and arg.text.startswith("/"):
                    inquiry.write(arg)
                elif arg.text.startswith(("/", "~", "..")) and not SWITCH.fullmatch(arg.text):
                    _look_at_script(inquiry, arg)
                elif verb == "run" and re.match(r"[\w-]+\.\w+/|\S+@", arg.text):
                    inquiry.note(Level.CONSENT, f"it downloads and runs {arg.raw}")
        elif (command.name, verb) in OF_PACKAGES and all(
            arg.text.startswith("-") for arg in rest
        ):  # no name: local
            inquiry.note(Level.CHANGES, f"it runs {command.name} {verb}")
        elif verb in ("config", "c", "get", "token") and ASKS_KEYS.search(" ".join(arg.text for arg in rest)):
            inquiry.note(Level.FLOOR, f"it prints the credentials of {command.name}")
        elif verb in ("config", "c", "set") and CONFIGURES.search(
            " ".join((verb, *(arg.text for arg in rest)))
        ):
            inquiry.note(Level.FLOOR, f"it changes where {command.name} gets its packages, or what it runs")
        elif verb == "publish" and any(ELSEWHERE.match(arg.text) for arg in rest):
            inquiry.note(Level.FLOOR, "it sends the project to a place of its own choice")
        elif verb == "mod" and (
            "-diff" in command.texts or (rest and rest[0].text in ("verify", "graph", "why", "init", "edit"))
        ):
            inquiry.note(Level.CHANGES, f"it runs {command.name} mod")
        elif verb == "env" and any(re.match(r"--?[wu]$", arg.text) for arg in rest):
            is_running = re.search(
                r"exec|FLAGS|PROXY|CC|CXX|PRIVATE|SUMDB|PATH|ROOT", " ".join(arg.text for arg in rest)
            )
            level = Level.FLOOR if is_running else Level.CONSENT
            inquiry.note(level, f"it changes the settings of {command.name} for all projects")
        elif verb not in looking:
            inquiry.look_at_unknown(command)
            inquiry.note(Level.CONSENT, f"{command.name} {verb} reaches beyond the workspace")

    return profile


def run_inside(verbs: str, works: str = "", looks: str = "") -> Profile:
    """`uv run`, `poetry run`, `bundle exec`: after the verb comes a command."""
    running, other = set(verbs.split()), subcommands(works, looks)

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
                run_installed(inquiry, replace(command, name=name, args=rest))
        else:
            other(inquiry, command)

    return profile


def run_installed(inquiry: Inquiry, command: Command) -> None:
    """A program that is installed in the project: by its own profile, or like any other tool of a build."""
    if command.name in inquiry.profiles or "/" in command.name:
        inquiry.run(command)
        return
    build(inquiry, command)
    for word in (command.name, *(text for text in command.texts if not text.startswith("-"))):
        if OUTWARD.fullmatch(word) or re.search(r"release|publish|deploy|gh-pages|upload", word):
            inquiry.note(Level.CONSENT, f"`{command.name} {word}` goes beyond the workspace by its name")


def run_package(inquiry: Inquiry, command: Command) -> None:
    """`npx`: runs what is installed, or downloads it."""
    options = parse_options(command.args, "-p --package -c --call", stop_early=True)
    if options.has("--no-install", "--no") and not options.has("-c", "--call", "-p", "--package"):
        inquiry.note(Level.CHANGES, "it runs an installed package")
        if options.rest:
            run_installed(inquiry, command.inner(options.rest))
    else:
        inquiry.note(Level.CONSENT, "it downloads and runs a package; add --no-install if it is installed")


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
        look_at_document(inquiry, command)
        if compiled.search(" ".join((*command.texts, command.document or ""))):
            inquiry.note(Level.FLOOR, floor)

    return profile


def schedule(inquiry: Inquiry, command: Command) -> None:
    """`crontab`, `launchctl`: looking is free, leaving work for later is refused."""
    if command.texts not in (("-l",), ("list",)):
        inquiry.note(Level.FLOOR, "it leaves work for later, outside of aura")
