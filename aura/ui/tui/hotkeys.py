"""Keys that a person chooses for an action: how they are written, and what stands against one."""

import re
from collections.abc import Mapping

from aura.core.errors import AuraError
from aura.core.text import shorten
from aura.ui.tui.actions import PRESETS, SPOKEN, Action, name_key
from aura.ui.tui.editor import KEYS as EDITING
from aura.ui.tui.editor import NEWLINES

FORM = re.compile(r"((ctrl|alt|shift|super|meta|hyper)\+)*[a-z0-9_]+")
SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+j": "enter", "ctrl+[": "escape"}
WRITING = ("enter", "tab", "escape", "space", "ctrl+q")  # with those of the editor: always as they are
WRITTEN = {spoken.lower(): key for key, spoken in SPOKEN.items()} | {"space": "space"}


def read_key(text: str) -> str:
    """The name of a key that was written as people write it (`Alt+G`, `PgUp`); raises `AuraError`."""
    key = "+".join(WRITTEN.get(part, part) for part in text.strip().lower().split("+"))
    if not FORM.fullmatch(key):
        raise AuraError(f"{shorten(text, 30)} is not the name of a key; write it as in alt+g or ctrl+t.")
    return key


def find_fault(actions: Mapping[str, Action], name: str, key: str) -> str:
    """Why an action cannot have a key, as a sentence; empty when it can."""
    action = actions.get(name)
    if action is None:
        return f"There is no action {shorten(name, 30)}; `?` and Ctrl+E on a line show what it is called."
    key = SAME.get(key, key)
    spoken = name_key(key)
    taken = next((one for one in actions.values() if key in one.keys and one is not action), None)
    if taken is not None:
        return f"{spoken} is “{taken.title}” already; give that another key first."
    if key in action.keys:
        return ""
    if key in WRITING or key in EDITING or key in NEWLINES:
        return f"{spoken} is needed for writing; take another key."
    if "+" not in key and not re.fullmatch(r"f\d+|pageup|pagedown|insert", key):
        return f"{spoken} alone is text; take it together with Ctrl or Alt."
    if key.startswith("shift+") and len(key) == 7:
        return f"{spoken} is text; take it together with Ctrl or Alt."
    return ""


def find_preset(word: str) -> str:
    """The name of a set of keys; raises `AuraError` with those there are."""
    name = word.strip().lower()
    if name not in PRESETS:
        raise AuraError(f"The presets are {', '.join(PRESETS)}.")
    return name
