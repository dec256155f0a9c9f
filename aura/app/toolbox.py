"""The tools that the model of a session is offered, put together anew when that changes."""

from aura.agent.dispatch import Dispatcher
from aura.app.session import LocalSession
from aura.config.schema import Settings
from aura.core.events import Recorded, RunStarted
from aura.core.tools import Tool
from aura.hookspecs import ToolSetup
from aura.plugins import Plugins
from aura.safety.redact import redact
from aura.tools import make_tools
from aura.tools.memory import make_memory
from aura.tools.notes import find_notes
from aura.tools.recall import ReadLog, make_recall
from aura.tools.status import make_status


class Toolbox:
    """Keeps a dispatcher's tools: the built-in ones or those of plugins in their place, and what runs are offered."""

    def __init__(
        self,
        session: LocalSession,
        plugins: Plugins,
        settings: Settings,
        setup: ToolSetup,
        dispatcher: Dispatcher,
        read_log: ReadLog,
    ) -> None:
        self._session = session
        self._plugins = plugins
        self._settings = settings
        self._setup = setup
        self._dispatcher = dispatcher
        self._builtin: tuple[Tool, ...] = (
            *make_tools(setup),
            make_recall(lambda: session.turn, read_log),
            *make_memory(find_notes(setup.workspace, setup.session_dir), redact),
        )
        self._of_runs: tuple[Tool, ...] = (make_status(lambda: session.turn.run.terms.states),)
        session.watchers.append(self._watch)
        self.collect()

    def collect(self) -> None:
        """Offer what is there now; a plugin's tool replaces a built-in one of its name."""
        builtin = (*self._builtin, *self._of_runs) if self._session.turn.run.name else self._builtin
        tools = {tool.spec.name: tool for tool in builtin}
        setup = ToolSetup(self._setup.workspace, self._setup.session_dir, self._setup.runner)
        for tool in self._plugins.tools(setup):
            tools[tool.spec.name] = tool
        disabled = self._settings.tools.disabled
        self._dispatcher.tools = {name: tool for name, tool in tools.items() if name not in disabled}

    def reload(self) -> str:
        """Read the plugins again and offer their tools; what they said comes back."""
        said = self._plugins.reload()
        self.collect()
        return said

    def _watch(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, RunStarted):
            self.collect()
