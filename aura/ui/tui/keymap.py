"""The keys of the actions, and how another one takes effect at once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.binding import Binding, BindingsMap

from aura.ui.tui.actions import LETTERS, choose_keys, name_key
from aura.ui.tui.table import load_actions

if TYPE_CHECKING:
    from aura.ui.tui.window import Window


class Keymap:
    """The actions of the application with their keys; `ui` are the settings that say which."""

    def __init__(self, app: "Window", ui: Mapping[str, Any]) -> None:
        self._app = app
        self._fixed = app._bindings  # noqa: SLF001 - Textual has no other way to bind keys of an application
        self._ui = dict(ui)
        self.changed: dict[str, Any] = {}  # settings below `ui` since the start
        self._bind()

    @property
    def own(self) -> dict[str, str]:
        """The keys that the settings give, by action."""
        keys = self._ui.get("keys")
        return {str(name): str(text) for name, text in keys.items()} if isinstance(keys, Mapping) else {}

    def change(self, ui: Mapping[str, Any]) -> None:
        """Take other settings at once."""
        self._ui.update(ui)
        self.changed.update(ui)
        self._bind()
        self.show()

    def _bind(self) -> None:
        app = self._app
        app.actions = choose_keys(load_actions(), str(self._ui.get("preset", "aura")), self.own)
        bindings = [
            Binding(key, f"do({one.name!r})", one.title, show=False, priority=one.is_hot(key))
            for one in app.actions.values()
            for key in one.keys
        ]
        app._bindings = BindingsMap.merge([self._fixed, BindingsMap(bindings)])  # noqa: SLF001 - as above

    def show(self) -> None:
        """Tell the parts of the screen which keys there are."""
        chat, actions = self._app.chat, self._app.actions.values()
        chat.prompt.completion.own = tuple(one.fact for one in actions if one.slash)
        chat.status.keys = {one.name: name_key(one.keys[0]) if one.keys else "" for one in actions}
        chat.transcript.take_letters(LETTERS.get(str(self._ui.get("preset", "")), {}))
