"""`/keys`: the help, and other keys for actions, kept in the person's own settings."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aura.core.errors import AuraError
from aura.ui.tui.actions import Action, name_key
from aura.ui.tui.hotkeys import find_fault, find_preset, read_key
from aura.ui.tui.window import Window
from aura.ui.ways import keep_settings, run_aura

USAGE = "[ACTION KEY | ACTION default | preset NAME]"


async def show_help(app: Window, rest: str) -> None:
    """`?`; with words (`/keys auto alt+g`, `/keys auto default`, `/keys preset vim`) keys are changed."""
    words = rest.split()
    if not words:
        from aura.ui.tui.docks.help import HelpDock

        await app.chat.open_dock(HelpDock(app.actions))
    elif len(words) != 2:
        raise AuraError(f"It is /keys {USAGE}.")
    elif words[0] == "preset":
        name = find_preset(words[1])
        keep(app, {"ui.preset": name}, {"preset": name}, f"The keys are those of {name} now")
    elif words[1] == "default":
        reset_key(app, words[0])
    else:
        change_key(app, words[0], read_key(words[1]))


def change_key(app: Window, name: str, key: str) -> None:
    """Give an action another key, now and from now on; raises `AuraError` with what stands against it."""
    if fault := find_fault(app.actions, name, key):
        raise AuraError(fault)
    told = f"{app.actions[name].title}: {name_key(key)} from now on"
    keep(app, {f"ui.keys.{name}": key}, {"keys": {**app.keymap.own, name: key}}, told)


def reset_key(app: Window, name: str) -> None:
    """Give an action its usual key back."""
    own = app.keymap.own
    if name not in own:
        raise AuraError("That has its usual key.")
    del own[name]
    keep(app, {f"ui.keys.{name}": ""}, {"keys": own}, "It has its usual key again")


def keep(app: Window, settings: Mapping[str, str], ui: Mapping[str, Any], told: str) -> None:
    """Write settings (empty: take one out) beside the app, then take what they say and tell it."""
    app.run_worker(_keep(app, settings, ui, told), group="keys")


async def _keep(app: Window, settings: Mapping[str, str], ui: Mapping[str, Any], told: str) -> None:
    try:
        await asyncio.to_thread(_write, settings)
    except AuraError as error:
        app.hint(error.sentence)
        return
    app.keymap.change(ui)
    app.hint(told)


def _write(settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        if value:
            keep_settings({name: value})
        else:
            run_aura(("config", "unset", name))


ACTIONS = (Action("help", "Keys and help", "Screen", show_help, ("f1",), "keys", USAGE),)
