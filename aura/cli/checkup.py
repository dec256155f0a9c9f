"""What `aura doctor` looks at: each check says what was found and, where needed, how to mend it."""

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SPACE = 200 * 1024 * 1024  # bytes below which logs may soon not be written


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; a `problem` keeps aura from working, a `warning` makes it poorer."""

    name: str
    level: Literal["ok", "warning", "problem"]
    found: str
    fix: str = ""


def examine_all(workspace: Path) -> list[Finding]:
    """Every check in order; one that fails by itself is a problem and does not stop the others."""
    checks: tuple[Callable[[Path], Iterator[Finding]], ...] = (
        check_python,
        check_packages,
        check_programs,
        check_places,
        check_settings,
        check_trust,
        check_models,
        check_sandbox,
        check_terminal,
    )
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check(workspace)
        except Exception as error:  # noqa: BLE001 - a doctor does not faint
            name = check.__name__.removeprefix("check_")
            findings.append(
                Finding(name, "problem", f"could not be looked at ({type(error).__name__}: {error})")
            )
    return findings


def check_python(workspace: Path) -> Iterator[Finding]:
    """The interpreter's version."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 - who installed it by force reads this
        yield Finding("python", "problem", version, "aura needs Python 3.11 or newer.")
    else:
        yield Finding("python", "ok", version)


def check_packages(workspace: Path) -> Iterator[Finding]:
    """Packages that are loaded late: found, not imported."""
    for name in ("litellm", "mcp"):
        if importlib.util.find_spec(name) is None:
            yield Finding(name, "problem", "not installed", f"Install aura again, or `pip install {name}`.")
        else:
            yield Finding(name, "ok", importlib.metadata.version(name))


def check_programs(workspace: Path) -> Iterator[Finding]:
    """Other programs."""
    beside = Path(sys.executable).parent / "rg"
    search = str(beside) if beside.exists() else shutil.which("rg")
    if search:
        yield Finding("ripgrep", "ok", search)
    else:
        yield Finding("ripgrep", "warning", "not found", "Searching works but is slower; install `ripgrep`.")
    from aura.safety.own_git import read_git

    version = b"".join(read_git(("version",), workspace)).decode(errors="replace").strip()
    if version:
        yield Finding("git", "ok", version.removeprefix("git version "))
    else:
        yield Finding("git", "warning", "not found", "Install git to see and undo what was changed.")


def check_places(workspace: Path) -> Iterator[Finding]:
    """The folders of aura itself: writable, private, with room."""
    from aura.config import paths

    for name, place in (
        ("settings", paths.config_dir),
        ("sessions", paths.data_dir),
        ("state", paths.state_dir),
    ):
        folder = place()
        fix = f"Make {folder} writable for you, or point AURA_HOME to a folder that is."
        if not folder.is_dir():
            yield Finding(name, "problem", f"{folder} cannot be made", fix)
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield Finding(name, "problem", f"{folder} cannot be written", fix)
        elif folder.stat().st_mode & 0o022:
            yield Finding(name, "warning", f"{folder} can be written by others", f"chmod 700 {folder}")
        else:
            yield Finding(name, "ok", str(folder))
    room = shutil.disk_usage(_nearest(paths.data_dir())).free
    if room < SPACE:
        yield Finding(
            "disk", "warning", f"{room // 2**20} MiB free", "Free some space: sessions are kept on disk."
        )
    else:
        yield Finding("disk", "ok", f"{room / 2**30:.1f} GiB free")


def _nearest(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def check_settings(workspace: Path) -> Iterator[Finding]:
    """The settings, as they would be loaded, and variables that look like settings but are none."""
    from aura.config.load import VARIABLES, load
    from aura.core.errors import ConfigError
    from aura.safety.policy import Policy
    from aura.safety.trust import is_trusted

    try:
        settings = load(workspace, trusted=is_trusted(workspace))
    except ConfigError as error:
        yield Finding("config", "problem", error.sentence, "Mend that line; `aura config` shows what is set.")
        return
    notices = (*settings.notices, *Policy(settings, workspace).notices)
    for notice in notices:
        yield Finding("config", "warning", notice)
    if not notices:
        yield Finding("config", "ok", "no mistakes")
    known = {*VARIABLES, "AURA_HOME"}
    strange = sorted(name for name in os.environ if name.startswith("AURA_") and name not in known)
    if strange:
        yield Finding(
            "environment", "warning", f"{', '.join(strange)} means nothing to aura", "Look for a misspelling."
        )


def check_trust(workspace: Path) -> Iterator[Finding]:
    """Whether the folder is trusted, if it brings anything."""
    from aura.safety.trust import executable_parts, is_trusted, was_trusted

    if is_trusted(workspace):
        yield Finding("trust", "ok", "this folder is trusted")
    elif executable_parts(workspace):
        changed = "changed since it was trusted" if was_trusted(workspace) else "not trusted"
        yield Finding(
            "trust",
            "warning",
            f"this folder is {changed}",
            "See `aura trust --show`, then decide: `aura trust`.",
        )
    else:
        yield Finding("trust", "ok", "this folder brings no settings or plugins of its own")


def check_models(workspace: Path) -> Iterator[Finding]:
    """Keys and local servers; nobody is asked anything that costs money."""
    from aura.config.load import load
    from aura.core.errors import ConfigError
    from aura.models.catalog import find_ways
    from aura.models.naming import read_overrides
    from aura.safety.trust import is_trusted

    try:
        settings = load(workspace, trusted=is_trusted(workspace))
    except ConfigError:
        return
    ways = find_ways(read_overrides(settings.models))
    for way in ways:
        yield Finding("model", "ok", f"{way.model} ({way.source})")
    if settings.model:
        yield Finding("model", "ok", f"{settings.model} is set ({settings.origin('model')})")
    elif not ways:
        fix = "`aura auth set anthropic` keeps a key; or start a local server; `aura demo` needs none."
        yield Finding("model", "problem", "no key and no local server was found", fix)


def check_sandbox(workspace: Path) -> Iterator[Finding]:
    """What stands around commands: what the settings ask for, what is enforced, and what is not covered."""
    from aura.config.load import load
    from aura.core.errors import ConfigError
    from aura.core.sandbox import Level
    from aura.safety.sandbox import WAY_OUT, find_sandbox, name_level
    from aura.safety.trust import is_trusted

    try:
        wish = load(workspace, trusted=is_trusted(workspace)).sandbox.mode
    except ConfigError:
        wish = "auto"
    sandbox = find_sandbox(wish)
    capability = sandbox.probe()
    level: Literal["ok", "warning", "problem"] = "ok" if capability.level is Level.FULL else "warning"
    fix = capability.hint
    if capability.level is Level.NONE and wish not in ("off", "external"):
        level, fix = "problem", f"{capability.hint} Until then no command runs. {WAY_OUT.partition('. ')[2]}"
    missing = f"; not covered: {', '.join(capability.missing)}" if capability.missing else ""
    stopped = f"; does not work inside: {', '.join(capability.stopped)}" if capability.stopped else ""
    yield Finding("sandbox", level, f"{name_level(sandbox)}, asked for: {wish}{missing}{stopped}", fix)


def check_terminal(workspace: Path) -> Iterator[Finding]:
    """Where output goes, and whether it can show more than ASCII."""
    size = shutil.get_terminal_size()
    kind = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        yield Finding("terminal", "ok", "output is not a terminal")
    elif kind in ("", "dumb"):
        yield Finding(
            "terminal", "warning", f"TERM is {kind or 'not set'}", "Set TERM, for example to xterm-256color."
        )
    else:
        yield Finding("terminal", "ok", f"{kind}, {size.columns}x{size.lines}")
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        yield Finding(
            "encoding", "warning", encoding or "unknown", "Set LANG to a UTF-8 locale, or ui.ascii to true."
        )
