"""Actions on the work itself: auto, stop, permission, thinking, todos."""

import time

from aura.app.session import Session
from aura.core.errors import AuraError
from aura.core.events import AutoSwitched, ModeSwitched, ThinkingSwitched
from aura.core.permissions import Mode
from aura.ui.tui.actions import Action, name_key
from aura.ui.tui.window import Window

CYCLE = (Mode.ASK, Mode.EDIT, Mode.AUTO, Mode.PLAN)
MIDDLE = 4_096  # tokens, as /think medium
MODE_WORDS = {
    Mode.ASK: "ask: every change is asked about",
    Mode.EDIT: "edit: changes to files here are free",
    Mode.AUTO: "auto: what is known to be safe is free",
    Mode.PLAN: "plan: nothing is changed",
    Mode.YOLO: "yolo: only the hard floor stays",
}


async def toggle_auto(app: Window, rest: str) -> None:
    """Ctrl+A: see `ladders.AutoKey`; with words (`/auto on`) it is set."""
    session = app.session
    if session is None:
        app.hint("The session is not open yet.")
        return
    if rest:
        await app.submit_line(f"/auto {rest}")
        return
    match app.keys.auto.press(app.scene(), time.monotonic()):
        case "ignore":
            app.hint("Ctrl+A does nothing in a dialog.")
        case "toggle":
            on = not session.turn.auto
            session.record(AutoSwitched(on, "human"))
            what = "on" if on else "off"
            when = " from the next step" if session.is_running else ""
            keys = app.actions["auto"].keys
            undo = f" · {name_key(keys[0])} to undo" if keys else ""
            app.hint(f"AUTO {what}{when}{undo}")
        case "home":
            session.record(AutoSwitched(not session.turn.auto, "human"))
            app.chat.prompt.editor.action_cursor_line_start()
            app.hint("")


async def stop(app: Window, rest: str) -> None:
    """Ctrl+C: see `ladders.StopKey`."""
    chat = app.chat
    step = app.keys.stop.press(app.scene(), time.monotonic())
    match step:
        case "close":
            await chat.cancel_dock()
        case "stop" | "kill":
            stop_work(app, kill=step == "kill")
        case "copy":
            app.copy(app.selected_text())
        case "tell":
            app.hint("Stopped · Ctrl+C again clears what you typed")
        case "clear":
            chat.prompt.clear_text()
            app.hint("Cleared · Ctrl+Y brings it back")
        case "warn":
            app.hint("Ctrl+C again to quit")
        case "quit":
            await app.leave(keep=False)


def stop_work(app: Window, *, kill: bool) -> None:
    """Stop what runs, and auto mode with it; the draft and the queue stay."""
    session = app.session
    if session is None:
        return
    app.keys.stop.begin()
    app.standing.set(state="stopping")
    app.hint("Killing what runs …" if kill else "Stopping … · Ctrl+C again kills what runs")
    app.run_worker(_interrupt(app, session, kill=kill), group="stop")


async def _interrupt(app: Window, session: Session, *, kill: bool) -> None:
    """Wait for the end beside the app: it must hear keys meanwhile, a second Ctrl+C above all."""
    steps = session.turn.steps
    paused = " · auto is off" if session.turn.auto else ""
    try:
        if session.turn.auto:
            session.record(AutoSwitched(on=False, by="human"))
        await session.interrupt(kill=kill)
    except AuraError as error:
        app.hint(error.sentence)
        return
    finally:
        app.keys.stop.settle(time.monotonic())
    app.hint(f"Stopped at step {steps}{paused} · what you typed and queued is kept")


async def stop_now(app: Window, rest: str) -> None:
    """/stop: without a ladder."""
    if app.session is not None and app.session.is_running:
        stop_work(app, kill=rest == "now")
    else:
        app.hint("Nothing runs.")


async def escape(app: Window, rest: str) -> None:
    """Esc: see `ladders.EscapeKey`."""
    chat = app.chat
    match app.keys.escape.press(app.scene(), time.monotonic()):
        case "close":
            await chat.cancel_dock()
        case "prompt":
            chat.transcript.set_cursor(None)
            chat.prompt.focus()
        case "warn":
            app.hint("Esc again to stop")
        case "stop":
            stop_work(app, kill=False)
        case "offer" if app.session is not None and app.session.turn.number:
            app.hint("Esc again to go back to an earlier place")
        case "rewind":
            await app.do("rewind")
        case _:
            pass


async def cycle_mode(app: Window, rest: str) -> None:
    """Shift+Tab: ask, edit, auto, plan and round again."""
    session = app.session
    if session is None:
        return
    mode = session.turn.switches.mode
    following = CYCLE[(CYCLE.index(mode) + 1) % len(CYCLE)] if mode in CYCLE else CYCLE[0]
    session.record(ModeSwitched(following.value, "human"))
    app.hint(f"Permission {MODE_WORDS[following]}")


async def show_denials(app: Window, rest: str) -> None:
    """/denials: what was refused; with words (`/denials allow 3`) it is done."""
    if app.session is None:
        app.hint("The session is not open yet.")
        return
    if rest:
        await app.submit_line(f"/denials {rest}")
        return
    from aura.ui.tui.docks.denials import DenialsDock

    await app.chat.open_dock(DenialsDock(app.session))


async def toggle_thinking(app: Window, rest: str) -> None:
    """Alt+T: thinking off, or on at a middle level; `/think` knows more of them."""
    if app.session is None:
        app.hint("The session is not open yet.")
        return
    tokens = 0 if app.session.turn.switches.thinking else MIDDLE
    app.session.record(ThinkingSwitched(tokens, "human"))
    app.hint(f"Thinking {'on' if tokens else 'off'}")


async def go_to_line_start(app: Window, rest: str) -> None:
    """Ctrl+A in the emacs preset; Home does it everywhere."""
    app.chat.prompt.editor.action_cursor_line_start()


ACTIONS = (
    Action("auto", "Auto mode on or off", "Work", toggle_auto, ("ctrl+a", "alt+a"), "auto", "[on|off]"),
    Action("stop", "Stop; again: kill", "Work", stop, ("ctrl+c",)),
    Action("stop_now", "Stop what runs", "Work", stop_now, (), "stop", "[now]"),
    Action(
        "escape", "Close, back to the prompt; twice: stop, or rewind", "Work", escape, ("escape",), hot=False
    ),
    Action("line_start", "To the start of the line", "Work", go_to_line_start),
    Action("denials", "Refused calls", "Work", show_denials, (), "denials", "[allow|rule NUMBER]"),
    Action("think", "Thinking on or off", "Work", toggle_thinking, ("alt+t",)),
    Action("mode", "Permission: ask, edit, auto, plan", "Work", cycle_mode, ("shift+tab",)),
)
