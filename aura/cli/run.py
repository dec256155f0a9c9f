"""The options of `aura run`, turned into a headless run."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aura.app.options import SessionOptions
from aura.core.errors import ConfigError
from aura.core.permissions import Mode
from aura.ui.headless import HeadlessOptions, run_headless

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
FLAGS = {
    "model": "model",
    "max_steps": "auto.max_steps",
    "max_tokens": "auto.token_budget",
    "max_cost": "auto.max_cost",
    "context_window": "models.window",
}


def run_given(given: Mapping[str, Any]) -> int:
    """Run what the command line asked for and return the exit code."""
    flags = {name: given[option] for option, name in FLAGS.items() if given[option] is not None}
    if given["max_time"]:
        flags["auto.max_seconds"] = read_duration(given["max_time"])
    if given["auto"] is not None:
        flags["auto.enabled"] = given["auto"]
    session = SessionOptions(
        workspace=Path(given["cwd"]).resolve(),
        resume=given["resume"],
        latest=given["latest"],
        fork=given["fork"],
        flags=flags,
        auto=given["auto"],
        mode=Mode(given["mode"]) if given["mode"] else None,
        checks=tuple(given["checks"]),
        unattended=bool(given["auto"]),
        record=Path(given["record"]) if given["record"] else None,
    )
    prompts = _read_prompts(tuple(given["prompts"]))
    return run_headless(HeadlessOptions(session, prompts, given["output"], given["ask"], given["quiet"]))


def _read_prompts(prompts: tuple[str, ...]) -> tuple[str, ...]:
    """The prompts, with standard input in the place of `-`, or alone when none was given."""
    if not prompts and sys.stdin.isatty():
        raise ConfigError('Nothing to do: give a prompt, as in `aura run "explain this project"`.')
    if not prompts or "-" in prompts:
        text = sys.stdin.read().strip()
        if not text:
            raise ConfigError("Standard input is empty: there is no prompt.")
        prompts = tuple(text if prompt == "-" else prompt for prompt in prompts) or (text,)
    if not all(prompt.strip() for prompt in prompts):
        raise ConfigError("A prompt is empty.")
    return prompts


def read_duration(text: str) -> float:
    """Seconds from `90`, `90s`, `30m`, `2h`, `1d` or `1w`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text.lower())
    if match is None:
        raise ConfigError(f"{text!r} is not a time: write seconds, or a number with s, m, h, d or w.")
    return float(match[1]) * UNITS[match[2]]
