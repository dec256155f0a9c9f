"""aura's own questions to git: the only place that runs it, so that no repository can make it run anything else.

The program is found outside of the folder, its environment is built anew, settings of the repository that name
programs (monitors, hooks, filters, converters, pagers) are outranked, nothing is fetched or written, and where there
is a sandbox it runs inside: reading only, without a network.
"""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aura.config.paths import read_regular
from aura.core.errors import AuraError
from aura.core.sandbox import Launch, Level, SandboxSpec
from aura.safety.sandbox import find_sandbox

PATIENCE = 3.0  # seconds until git is given up
PIECE = 65_536  # bytes
LONGEST_HEAD = 4_096  # bytes

SAFE = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "core.pager": "cat",
    "core.sshCommand": "false",
    "credential.helper": "",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "true",
    "GIT_ASKPASS": "true",
    "LC_ALL": "C.UTF-8",
}
KEPT = ("HOME", "XDG_CONFIG_HOME", "TMPDIR")
SHOW_CHANGES = frozenset({"diff", "log", "show"})  # only these know the options that switch converters off
NO_PROGRAMS = ("--no-ext-diff", "--no-textconv")
FILTERS = (
    "config",
    "--null",
    "--name-only",
    "--get-regexp",
    r"^filter\..*\.(clean|smudge|process|required)$",
)
RUN_FILTERS = frozenset({"status", "diff"})


def find_git(folder: Path, search: str | None = None) -> str:
    """The absolute path of git, never one that lies in the folder; empty when there is none."""
    root = os.path.realpath(folder)
    for place in (os.environ.get("PATH", os.defpath) if search is None else search).split(os.pathsep):
        path = os.path.join(place, "git")  # noqa: PTH118 - an empty place would become the folder that is worked in
        real = os.path.realpath(path)
        is_inside = not place.startswith("/") or os.path.commonpath((real, root)) == root
        if not is_inside and os.access(real, os.X_OK) and not Path(real).is_dir():
            return path
    return ""


def prepare_git(arguments: Sequence[str], folder: Path) -> Launch | None:
    """How git is started with these arguments; None when there is no git.

    For `status` and `diff` the filters that the repository names are switched off by name, which asks git for them.
    """
    program = find_git(folder)
    if not program:
        return None
    settings = dict(SAFE)
    if arguments and arguments[0] in RUN_FILTERS:
        settings |= _switch_off_filters(folder, program)
    return _box(_spell(program, arguments), folder, _make_environment(settings, program))


def read_git(arguments: Sequence[str], folder: Path, patience: float = PATIENCE) -> Iterator[bytes]:
    """What git prints, in pieces; nothing more once it takes too long, nothing at all when there is no git."""
    launch = prepare_git(arguments, folder)
    return iter(()) if launch is None else _read(launch, folder, patience)


def read_head(folder: Path) -> str:
    """The branch of the repository that the folder lies in, or the commit; read from its files, no program is run."""
    for place in (folder, *folder.parents):
        git = place / ".git"
        if not os.path.lexists(git):
            continue
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if not git.is_dir():
                pointer = read_regular(git, LONGEST_HEAD).decode().strip()
                git = place / pointer.removeprefix("gitdir:").strip()
            head = read_regular(git / "HEAD", LONGEST_HEAD).decode().strip()
            return head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else head[:8]
        return ""
    return ""


def _find_repository(folder: Path) -> tuple[Path, ...]:
    """The top of the repository that the folder lies in (else the folder), then where its `.git` really is."""
    for top in (folder, *folder.parents):
        git = top / ".git"
        if not os.path.lexists(git):
            continue
        with contextlib.suppress(OSError, UnicodeDecodeError, ValueError):
            if not git.is_dir():
                pointer = read_regular(git, LONGEST_HEAD).decode().strip()
                git = Path(os.path.realpath(top / pointer.removeprefix("gitdir:").strip()))
                common = read_regular(git / "commondir", LONGEST_HEAD).decode().strip()
                return (top, git, *((Path(os.path.realpath(git / common)),) if common else ()))
        return (top, Path(os.path.realpath(git)))
    return (folder,)


def _spell(program: str, arguments: Sequence[str]) -> list[str]:
    name, *rest = arguments
    return [program, "--no-pager", name, *(NO_PROGRAMS if name in SHOW_CHANGES else ()), *rest]


def _switch_off_filters(folder: Path, program: str) -> dict[str, str]:
    launch = _box(_spell(program, FILTERS), folder, _make_environment(SAFE, program))
    keys = b"".join(_read(launch, folder, PATIENCE)).decode(errors="replace").split("\0")
    return {key: "false" if key.endswith(".required") else "" for key in keys if key}


def _make_environment(settings: Mapping[str, str], program: str) -> dict[str, str]:
    """A new environment, with settings that outrank those of the repository; no variable of git comes through."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    pairs = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    search = os.pathsep.join(dict.fromkeys((str(Path(program).parent), "/usr/bin", "/bin")))
    return {**kept, "PATH": search, **QUIET, **pairs}


def _box(argv: list[str], folder: Path, environment: dict[str, str]) -> Launch:
    """The launch inside the sandbox, or as it is where there is none: then nothing but git itself runs either."""
    sandbox = find_sandbox()
    with contextlib.suppress(AuraError, OSError):
        if sandbox.probe().level is not Level.NONE:
            real = Path(os.path.realpath(folder))
            home = Path(environment.get("HOME", "/"))
            top, *others = _find_repository(real)
            read = (*others, home / ".gitconfig", home / ".config" / "git")
            spec = SandboxSpec(top, read=tuple(path for path in read if path.exists()), protect=(top,))
            return sandbox.launch(spec, argv, cwd=real, environment=environment)
    return Launch(argv, environment)


def begin(launch: Launch, folder: Path) -> "subprocess.Popen[bytes]":
    """A process of aura's own whose output is read; it is asked nothing and what it says on stderr is dropped.

    `launch.cleanup` is for who waits for its end. Raises `OSError`.
    """
    try:
        return subprocess.Popen(
            launch.argv,
            cwd=folder,
            env=launch.environment,
            pass_fds=launch.pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        launch.on_started()


def _read(launch: Launch, folder: Path, patience: float) -> Iterator[bytes]:
    try:
        git = begin(launch, folder)
    except OSError:
        return
    timer = threading.Timer(patience, git.kill)
    timer.daemon = True
    timer.start()
    assert git.stdout is not None
    try:
        while piece := git.stdout.read(PIECE):
            yield piece
    finally:
        timer.cancel()
        git.kill()
        git.stdout.close()
        git.wait()
        launch.cleanup()
