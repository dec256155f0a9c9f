"""The options of `aura run`, turned into a headless run."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aura.cli.given import read_session
from aura.core.errors import AuraError, ConfigError
from aura.ui.headless import HeadlessOptions, report_failure, run_headless


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
    session = replace(
        read_session(given),
        unattended=bool(given["auto"]),
        record=Path(given["record"]) if given["record"] else None,
    )
    goes_on = bool(given["auto"] and (given["resume"] or given["latest"]) and not given["prompts"])
    prompts = () if goes_on else _read_prompts(tuple(_repair(prompt) for prompt in given["prompts"]))
    return HeadlessOptions(session, prompts, given["output"], given["ask"], given["quiet"])


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
