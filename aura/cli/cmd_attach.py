"""aura attach: the interface, on a session that runs in the background, or on an older one."""

from pathlib import Path

import click


@click.command("attach")
@click.argument("session", required=False, default="")
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The workspace.",
)
@click.option("--plain", is_flag=True, help="Lines instead of a full screen.")
@click.option("--screen-reader", is_flag=True, help="Plain mode in words, without boxes and moving signs.")
def command(*, session: str, cwd: Path, plain: bool, screen_reader: bool) -> int:
    """Open the interface on SESSION: on its engine if that lives, else by resuming it.

    A session is named as in `aura sessions` or `aura runs`, wherever it was begun; without one it is the one that is
    live here, else the newest. Several windows may be attached to one session. Ctrl+D leaves it running. Without
    enough of a terminal (TERM=dumb, a tiny window) the plain mode is chosen.
    """
    from aura.app.found_runs import find_run
    from aura.app.options import SessionOptions
    from aura.app.sockets import is_live
    from aura.cli.tui import open_face
    from aura.config.paths import sessions_dir
    from aura.core.errors import ConfigError
    from aura.store.index import list_sessions, read_workspace

    workspace = cwd.resolve()
    place = sessions_dir(workspace)
    live = [] if session else [one.id for one in list_sessions(place) if is_live(place / one.id)]
    if len(live) > 1:
        raise ConfigError(
            f"{len(live)} sessions are live here: {', '.join(live)}. Name the one to attach to."
        )
    wanted = session or "".join(live)
    given = {"plain": plain, "screen_reader": screen_reader}
    if session:
        folder = find_run(session, place)
        if folder.parent != place:
            options = SessionOptions(read_workspace(folder), resume=folder.name, sessions=folder.parent)
            return open_face(options, given)
    return open_face(SessionOptions(workspace, resume=wanted, latest=not wanted), given)
