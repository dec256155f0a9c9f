"""What a terminal and its owner want, known before anything heavy is imported: which face, which signs, what moves."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import terminal_size
from typing import TYPE_CHECKING, Any, Literal, TextIO

from aura.config.paths import state_dir, user_config_file, write_private

if TYPE_CHECKING:
    from aura.ui.look import Look

Face = Literal["tui", "plain", "none"]
FEWEST_COLUMNS, FEWEST_ROWS = 40, 12  # below that the full screen has no room for what it must always show
DUMB = ("", "dumb", "unknown")
NO = ("", "0", "false", "no", "off")
COERCED = ("C.UTF-8", "C.utf8")  # what Python itself puts into LC_CTYPE when the locale is C
PLAIN_LOCALES = ("", "C", "POSIX")
KEPT = "ui.json"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is wanted of any face, from the environment and from the settings that were last known.

    `colour` is false under NO_COLOR or on a dumb terminal, `unicode` whether signs beyond ASCII may be used, `motion`
    whether anything may move by itself, `remote` whether the terminal is far away, `ui` the settings below `ui` as
    they were last known (empty: never).
    """

    colour: bool = True
    unicode: bool = True
    motion: bool = True
    mouse: bool = True
    remote: bool = False
    dumb: bool = False
    theme: str = "auto"
    notify: str = "unfocused"
    ui: Mapping[str, Any] = field(default_factory=dict)


def choose_face(
    environ: Mapping[str, str],
    stdin: TextIO | None,
    stdout: TextIO | None,
    size: terminal_size,
    *,
    plain: bool = False,
    screen_reader: bool = False,
) -> Face:
    """The face for this terminal: the full screen, plain lines where that cannot be or is not wanted, or none.

    There is none without a terminal at both ends.
    """
    if not (_is_terminal(stdin) and _is_terminal(stdout)):
        return "none"
    wanted = plain or screen_reader or is_on(environ, "AURA_PLAIN") or is_on(environ, "AURA_SCREEN_READER")
    if wanted or environ.get("TERM", "") in DUMB:
        return "plain"
    known = size.columns > 0 and size.lines > 0  # a terminal that knows no size says 0
    return "plain" if known and (size.columns < FEWEST_COLUMNS or size.lines < FEWEST_ROWS) else "tui"


def is_on(environ: Mapping[str, str], name: str) -> bool:
    """Whether a variable says yes: it is set, and to nothing that means no."""
    return environ.get(name, "").strip().lower() not in NO


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def preferences(environ: Mapping[str, str], ui: Mapping[str, Any] | None = None) -> Preferences:
    """What is wanted; `ui` are the settings when they are known (None: as they were last known)."""
    ui = recall() if ui is None else ui
    dumb = environ.get("TERM", "") in DUMB
    still = environ.get("TEXTUAL_ANIMATIONS", "").lower() == "none" or ui.get("motion") is False
    return Preferences(
        colour=wants_colour(environ),
        unicode=ui.get("ascii") is not True and has_unicode(environ),
        motion=not still and not dumb and not is_on(environ, "AURA_SCREEN_READER"),
        mouse=ui.get("mouse") is not False,
        remote=bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")),
        dumb=dumb,
        theme=str(ui.get("theme", "auto")),
        notify=str(ui.get("notify", "unfocused")),
        ui=ui,
    )


def wants_colour(environ: Mapping[str, str]) -> bool:
    """Whether colours may be used: not under NO_COLOR, whatever else is set; FORCE_COLOR wins over a dumb terminal."""
    if environ.get("NO_COLOR"):
        return False
    forced = environ.get("FORCE_COLOR")
    if forced:
        return forced.lower() not in NO
    return environ.get("TERM", "") not in DUMB


def has_unicode(environ: Mapping[str, str]) -> bool:
    """Whether the locale is UTF-8 and the terminal has a font for signs; the Linux console has not."""
    if environ.get("TERM") == "linux":
        return False
    name = environ.get("LC_ALL", "")
    if not name:
        name, language = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
        if not name or (name in COERCED and language in PLAIN_LOCALES):
            name = language
    return "utf-8" in name.lower() or "utf8" in name.lower()


def make_look(wanted: Preferences, background: Literal["dark", "light"], sign_cells: int = 0) -> "Look":
    """The look that is wanted on such a background; signs that are not one cell wide (0: unknown) give way to ASCII."""
    from aura.ui.look import ASCII, DARK, PALETTES, Look, Signs, use_pair

    palette = PALETTES.get(wanted.theme) or PALETTES.get(background, DARK)
    palette = use_pair(palette, "blue-orange" if wanted.ui.get("diff") == "blue-orange" else "red-green")
    signs = Signs() if wanted.unicode and sign_cells in (0, 1) else ASCII
    return Look(palette, signs, colour=wanted.colour, motion=wanted.motion)


def recall() -> Mapping[str, Any]:
    """The settings below `ui` as they were last known, with what the user's file says since; empty: nothing known."""
    return {**_read_kept(), **_read_newer()}


def _read_kept() -> Mapping[str, Any]:
    try:
        kept = json.loads((state_dir() / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _read_newer() -> Mapping[str, Any]:
    """What the user's own file says, if it is newer than what is kept; its faults are told by others."""
    kept, own = state_dir() / KEPT, user_config_file()
    try:
        if not own.exists() or (kept.exists() and kept.stat().st_mtime > own.stat().st_mtime):
            return {}
        import yaml

        data = yaml.safe_load(own.read_text(encoding="utf-8"))
    except Exception:  # noqa: BLE001 - the file is anybody's, and what is painted first is no place to say so
        return {}
    found = data.get("ui") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def remember(ui: Mapping[str, Any]) -> None:
    """Keep the settings below `ui` for the next first paint; a disk that refuses is no matter here."""
    if not ui or (ui == _read_kept() and not _read_newer()):
        return
    with contextlib.suppress(OSError, TypeError, ValueError):
        write_private(state_dir() / KEPT, json.dumps(dict(ui)), durable=False)
