"""The table of all actions."""

from aura.ui.tui import doing_prompt, doing_screen, doing_session, doing_work
from aura.ui.tui.actions import Action


def load_actions() -> dict[str, Action]:
    """All actions by name."""
    tables = (doing_work.ACTIONS, doing_prompt.ACTIONS, doing_screen.ACTIONS, doing_session.ACTIONS)
    return {action.name: action for table in tables for action in table}
