"""What several commands take: the workspace, times, and options that stand for settings."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aura.app.options import SessionOptions
from aura.core.errors import ConfigError
from aura.core.permissions import Mode

CHOOSE = "?"  # stands for a session that is to be chosen from the list

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
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


def read_duration(text: str) -> float:
    """Seconds from `90`, `90s`, `30m`, `2h`, `1d` or `1w`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text.lower())
    if match is None:
        raise ConfigError(f"{text!r} is not a time: write seconds, or a number with s, m, h, d or w.")
    return float(match[1]) * UNITS[match[2]]


def read_session(given: Mapping[str, Any]) -> SessionOptions:
    """The session that the command line describes."""
    flags = {name: given[option] for option, name in FLAGS.items() if given.get(option) is not None}
    if given["max_time"]:
        flags["auto.max_seconds"] = read_duration(given["max_time"])
    if given.get("ask") == "off":
        flags["runs.ask"] = "nobody"
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
    )
