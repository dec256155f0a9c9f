"""Actions on the session: leave, resume, begin anew, model, editor."""

from aura.ui.tui.actions import Action
from aura.ui.tui.window import Window

NEAR = "@"  # before the place of a block that was pointed at: the list opens near it


async def leave(app: Window, rest: str) -> None:
    """Ctrl+D on an empty prompt: quit, or detach from what runs, unless it is being stopped."""
    if not app.chat.prompt.is_empty:
        app.chat.prompt.delete_forward()
        return
    running = app.session is not None and app.session.is_running
    await app.leave(keep=running and not app.keys.stop.is_stopping)


async def quit_all(app: Window, rest: str) -> None:
    """/quit: stop what runs and end."""
    await app.leave(keep=False)


async def detach(app: Window, rest: str) -> None:
    """/detach: end the interface; what runs goes on."""
    await app.leave(keep=True)


async def resume(app: Window, rest: str) -> None:
    """/resume: another session, by its id or from the list."""
    if rest:
        await app.switch(resume=rest)
        return
    from aura.ui.tui.docks.sessions import SessionsDock

    await app.chat.open_dock(SessionsDock(app.workspace, app.session.id if app.session else ""))


async def rewind(app: Window, rest: str) -> None:
    """/rewind: to a place by its number, or from the list."""
    session = app.session
    if session is None or not session.turn.number:
        app.hint("There is nothing to go back to yet.")
    elif session.is_running:
        app.hint("Something runs: stop it first (Ctrl+C), then rewind.")
    elif rest and not rest.startswith(NEAR):
        await app.submit_line(f"/rewind {rest}")
    else:
        from aura.ui.tui.docks.rewind import RewindDock

        near = rest.removeprefix(NEAR)
        await app.chat.open_dock(RewindDock(session, int(near) if near.isdecimal() else 0))


async def begin_anew(app: Window, rest: str) -> None:
    """/new: a new session."""
    await app.switch()


async def choose_model(app: Window, rest: str) -> None:
    """/model: by name, or from the list."""
    if rest:
        await app.submit_line(f"/model {rest}")
        return
    session = app.session
    if session is None:
        app.hint("The session is not open yet.")
        return
    from aura.ui.tui.docks.models import ModelDock

    await app.chat.open_dock(ModelDock(session))


async def edit_prompt(app: Window, rest: str) -> None:
    """Ctrl+G."""
    app.chat.prompt.open_editor()


async def suspend(app: Window, rest: str) -> None:
    """Ctrl+Z: the interface sleeps, the engine goes on."""
    app.action_suspend_process()


async def restart(app: Window, rest: str) -> None:
    """/restart: the engine anew, the session where it was."""
    await app.restart()


async def trust(app: Window, rest: str) -> None:
    """/trust: whether this folder may bring settings and plugins."""
    from aura.ui.tui.docks.trusting import TrustDock

    await app.chat.open_dock(TrustDock(app.workspace))


ACTIONS = (
    Action("leave", "Quit; detach from running work", "Session", leave, ("ctrl+d",)),
    Action("quit", "Quit and stop what runs", "Session", quit_all, (), "quit"),
    Action("detach", "Leave what runs running", "Session", detach, (), "detach"),
    Action("resume", "Another session", "Session", resume, (), "resume", "[ID]"),
    Action("rewind", "Back to an earlier place", "Look back", rewind, (), "rewind", "[PLACE [files|both]]"),
    Action("new", "A new session", "Session", begin_anew, (), "new"),
    Action("model", "Model and thinking", "Session", choose_model, (), "model", "[PROVIDER/NAME]"),
    Action("editor", "Prompt in your editor", "Work", edit_prompt, ("ctrl+g",), "editor"),
    Action("suspend", "Suspend the interface", "Screen", suspend, ("ctrl+z",), "suspend"),
    Action("restart", "Restart the engine", "Session", restart, (), "restart"),
    Action("trust", "Trust this folder", "Session", trust, (), "trust"),
)
