"""Start the full-screen interface, and leave the terminal as it was found."""

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aura.app.opening import Attaching, Starting, open_remote
from aura.app.options import SessionOptions
from aura.ui.manners import make_look, preferences
from aura.ui.probe import begin_probe, find_background, finish_probe

if TYPE_CHECKING:
    from aura.ui.tui.app import AuraApp
    from aura.ui.tui.joining import Join


@dataclass(frozen=True, slots=True)
class TuiOptions:
    """What the interface is asked for: the session, a first prompt, whether it is the demo.

    `choose` begins with the list of sessions, `theme` is for this start only, `intro` is told before the prompt.
    """

    session: SessionOptions
    prompt: str = ""
    demo: tuple[str, ...] = ()
    theme: str = ""
    choose: bool = False
    intro: str = ""


def run_tui(options: TuiOptions) -> int:
    """Run the interface and return the exit code; the engine starts while the screen is drawn.

    Raises what went wrong inside the interface, when the terminal is as it was.
    """
    wanted = preferences(os.environ)
    if options.theme:
        wanted = replace(wanted, theme=options.theme)
    probe = begin_probe(os.environ)
    first = Starting(options.session, extra=options.demo) if options.demo else open_remote(options.session)
    gc.disable()  # nothing that is imported becomes garbage: a tenth of the time is saved
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
    )
    app = AuraApp(make_join(first), options.session, begin)
    code = app.run(mouse=wanted.mouse)
    say_farewell(app)
    if app.crash is not None:
        raise app.crash
    return code or 0


def make_join(first: "Starting | Attaching | None") -> "Join":
    """A function that joins sessions in engines of their own; the first may be on its way already."""
    from aura.ui.tui.joining import Joined

    waiting = [first] if first is not None else []

    async def join(wanted: SessionOptions) -> Joined:
        begun = waiting.pop() if waiting else open_remote(wanted)
        session = await begun.finish()

        def on_lost(told: Callable[[str], None]) -> None:
            session.on_lost = told

        return Joined(session, session.hello.last_seq, session.hello.shown, session.listen, on_lost)

    return join


def say_farewell(app: "AuraApp") -> None:
    """Leave on the normal screen what came of it, and how to come back."""
    for line in app.shower.farewell():
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
