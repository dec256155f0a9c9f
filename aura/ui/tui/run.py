"""Start the full-screen interface, and leave the terminal as it was found."""

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aura.app.options import SessionOptions
from aura.ui.lifeline import SCREEN, keep_terminal
from aura.ui.manners import Preferences, make_look, preferences
from aura.ui.probe import Probe, begin_probe, find_background, finish_probe
from aura.ui.tui import splash

if TYPE_CHECKING:
    from aura.app.opening import Attaching, Starting
    from aura.ui.tui.app import AuraApp

FRAMES = "240"  # a second, at most: Textual's 60 let a key wait 8 ms on average while something else is drawn


@dataclass(frozen=True, slots=True)
class TuiOptions:
    """What the interface is asked for: the session, a first prompt, whether it is the demo.

    `choose` begins with the list of sessions, `theme` is for this start only, `intro` is told before the prompt,
    `tell_crash` keeps a fault of aura's own and says so in a sentence.
    """

    session: SessionOptions
    prompt: str = ""
    demo: tuple[str, ...] = ()
    theme: str = ""
    choose: bool = False
    intro: str = ""
    tell_crash: Callable[[BaseException], str] = repr


def run_tui(options: TuiOptions) -> int:
    """Run the interface and return the exit code; the engine starts while the screen is drawn.

    Raises what went wrong inside the interface, when the terminal is as it was.
    """
    wanted = preferences(os.environ)
    if options.theme:
        wanted = replace(wanted, theme=options.theme)
    with keep_terminal(SCREEN):
        return _run(options, wanted)


def _run(options: TuiOptions, wanted: Preferences) -> int:
    probe = begin_probe(os.environ)
    splash.show(options.session.workspace, unicode=wanted.unicode)
    try:
        app = _make_app(options, wanted, probe)
    except BaseException:
        splash.hide()
        finish_probe(probe)  # else the terminal's answers would be typed into the shell
        raise
    code = app.run(mouse=wanted.mouse)
    say_farewell(app)
    if app.crash is not None:
        raise app.crash
    return code or 0


def _make_app(options: TuiOptions, wanted: Preferences, probe: Probe | None) -> "AuraApp":
    """The application, while its session is on its way."""
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    gc.disable()  # nothing that is imported becomes garbage: a tenth of the time is saved
    first = _begin(options)
    from aura.ui.joining import make_join
    from aura.ui.tui.app import AuraApp
    from aura.ui.tui.window import Begin

    gc.freeze()  # a full collection then takes 3 ms of a key's time, not 40
    gc.enable()
    findings = finish_probe(probe)
    background = find_background(findings, os.environ)
    look = make_look(wanted, background, findings.sign_cells)
    begin = Begin(
        look=look,
        wanted=wanted,
        typed=findings.typed,
        prompt=options.prompt,
        intro=options.intro,
        choose=options.choose,
        is_demo=bool(options.demo),
        is_dark=background == "dark",
        tell_crash=options.tell_crash,
    )
    return AuraApp(make_join(first), options.session, begin)


def _begin(options: TuiOptions) -> "Starting | Attaching":
    """The session on its way."""
    from aura.app.opening import Starting, open_remote

    return Starting(options.session, extra=options.demo) if options.demo else open_remote(options.session)


def say_farewell(app: "AuraApp") -> None:
    """Leave on the normal screen what came of it, and how to come back."""
    for line in app.shower.farewell():
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
