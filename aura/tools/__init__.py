"""The built-in tools; each module defines one or few, and nobody but this package knows them."""

from aura.core.tools import Tool
from aura.hookspecs import ToolSetup


def make_tools(setup: ToolSetup) -> tuple[Tool, ...]:
    """The built-in tools of one session.

    Background jobs run through `setup.runner` and end with it. `setup.config` may have `bash_timeout` and
    `bash_longest` (seconds) and `parallel_todos` (several in progress). What a crashed process of the session left
    running is ended here; the caller holds the session's lease.
    """
    from aura.tools.ask import make_ask
    from aura.tools.bash import make_bash
    from aura.tools.done import make_done
    from aura.tools.edit import make_edit
    from aura.tools.glob import make_glob
    from aura.tools.grep import make_grep
    from aura.tools.jobs import Jobs
    from aura.tools.patch import make_patch
    from aura.tools.read import make_read
    from aura.tools.todo import make_todo
    from aura.tools.write import make_write

    jobs = Jobs(setup.session_dir, setup.runner)
    return (
        make_read(),
        make_write(),
        make_edit(),
        make_patch(),
        make_glob(),
        make_grep(),
        *make_bash(jobs, setup.config),
        make_todo(parallel=bool(setup.config.get("parallel_todos", False))),
        make_done(),
        make_ask(),
    )
