"""The options of `aura run`, turned into a headless run."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aura.app.options import SessionOptions
from aura.core.errors import AuraError, ConfigError
from aura.core.permissions import Mode
from aura.ui.headless import HeadlessOptions, report_failure, run_headless

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
    try:
        options = _read_options(given)
    except AuraError as error:
        report_failure(given["output"], error)
        raise
    return run_headless(options)


def _read_options(given: Mapping[str, Any]) -> HeadlessOptions:
    """The run that the command line describes."""
    flags = {name: given[option] for option, name in FLAGS.items() if given[option] is not None}
    if given["max_time"]:
        flags["auto.max_seconds"] = read_duration(given["max_time"])
    if given["auto"] is not None:
        flags["auto.enabled"] = given["auto"]
    if given["resume"] and given["latest"]:
        raise ConfigError("--continue and --resume exclude each other: which session is it to be?")
    session = SessionOptions(
        workspace=_find_workspace(given["cwd"]),
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
    prompts = _read_prompts(tuple(_repair(prompt) for prompt in given["prompts"]))
    return HeadlessOptions(session, prompts, given["output"], given["ask"], given["quiet"])


def _find_workspace(folder: str) -> Path:
    try:
        return Path(folder).resolve(strict=True)
    except OSError:
        raise ConfigError(
            "The folder to work in does not exist (any more); give another with --cwd."
        ) from None


def _repair(text: str) -> str:
    """The text with bytes that are no UTF-8 replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_prompts(prompts: tuple[str, ...]) -> tuple[str, ...]:
    """The prompts, with standard input in the place of `-`, or alone when none was given."""
    if not prompts and sys.stdin is not None and sys.stdin.isatty():
        raise ConfigError('Nothing to do: give a prompt, as in `aura run "explain this project"`.')
    if not prompts or "-" in prompts:
        text = _read_input().strip()
        if not text:
            raise ConfigError("Standard input is empty: there is no prompt.")
        prompts = tuple(text if prompt == "-" else prompt for prompt in prompts) or (text,)
    if not all(prompt.strip() for prompt in prompts):
        raise ConfigError("A prompt is empty.")
    return prompts


def _read_input() -> str:
    """All of standard input; empty when the program was started without one."""
    try:
        return sys.stdin.buffer.read().decode("utf-8", "replace") if sys.stdin is not None else ""
    except OSError as error:
        raise ConfigError(f"Standard input cannot be read: {error.strerror}.") from None


def read_duration(text: str) -> float:
    """Seconds from `90`, `90s`, `30m`, `2h`, `1d` or `1w`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text.lower())
    if match is None:
        raise ConfigError(f"{text!r} is not a time: write seconds, or a number with s, m, h, d or w.")
    return float(match[1]) * UNITS[match[2]]
