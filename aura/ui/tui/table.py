"""The table of all actions."""

from aura.ui.tui import doing_keys, doing_prompt, doing_screen, doing_session, doing_work
from aura.ui.tui.actions import Action


def load_actions() -> dict[str, Action]:
    """All actions by name."""
    modules = (doing_work, doing_prompt, doing_screen, doing_keys, doing_session)
    return {action.name: action for module in modules for action in module.ACTIONS}
