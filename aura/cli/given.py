"""What several commands take: the workspace, and options that stand for settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aura.app.options import SessionOptions
from aura.cli.sandboxed import read_sandbox
from aura.core.durations import read_duration
from aura.core.errors import AuraError, ConfigError
from aura.core.permissions import Mode

CHOOSE = "?"  # stands for a session that is to be chosen from the list

FLAGS = {
    "model": "model",
    "max_steps": "auto.max_steps",
    "max_tokens": "auto.token_budget",
    "max_cost": "auto.max_cost",
    "max_turns": "auto.max_turns",
    "effort": "runs.effort.use",
    "context_window": "models.window",
}


def find_workspace(folder: str) -> Path:
    """The folder that is worked in; raises `ConfigError` when it does not exist."""
    try:
        return Path(folder).resolve(strict=True)
    except OSError:
        raise ConfigError(
            "The folder to work in does not exist (any more); give another with --cwd."
        ) from None


def find_workspace_of(session: Path) -> Path:
    """The folder that the session in a folder works in; raises `AuraError` when it is gone, or the log does not say."""
    from aura.store.index import read_workspace

    workspace = read_workspace(session)
    if not workspace.is_dir():
        raise AuraError(f"The folder that the run works in is gone: {workspace}. Bring it back, then resume.")
    return workspace


def read_session(given: Mapping[str, Any]) -> SessionOptions:
    """The session that the command line describes."""
    flags = {name: given[option] for option, name in FLAGS.items() if given.get(option) is not None}
    if given["max_time"]:
        flags["auto.max_seconds"] = read_duration(given["max_time"])
    if given.get("ask") == "off":
        flags["runs.ask"] = "nobody"
    flags |= read_sandbox(given)
    if given["auto"] is not None:
        flags["auto.enabled"] = given["auto"]
    if given["resume"] and given["latest"]:
        raise ConfigError("--continue and --resume exclude each other: which session is it to be?")
    return SessionOptions(
        workspace=find_workspace(given["cwd"]),
        resume="" if given["resume"] == CHOOSE else given["resume"],
        latest=given["latest"],
        fork=given["fork"],
        flags=flags,
        auto=given["auto"],
        mode=Mode(given["mode"]) if given["mode"] else None,
        checks=tuple(given["checks"]),
        trusted=True if given.get("trust") else None,
    )
