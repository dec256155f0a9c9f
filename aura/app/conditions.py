"""Conditions asked by people (`/assert`, `/until`) and by plugins, with commands run where tools run."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aura.app.session import LocalSession
from aura.core.conditions import evaluate_async, parse
from aura.core.tools import CommandRunner
from aura.plugins import Circumstances

SECONDS = 120.0


def make_holds(
    session: LocalSession, circumstances: Circumstances, runner: CommandRunner
) -> Callable[[str], Awaitable[tuple[bool, str]]]:
    """A function that says whether a condition holds, with what its commands printed."""

    async def holds(text: str) -> tuple[bool, str]:
        printed: list[str] = []

        async def run(command: str) -> bool:
            result = await runner.run(command, cwd=circumstances.workspace, timeout=SECONDS)
            printed.append(result.output)
            return result.exit_code == 0

        held = await evaluate_async(parse(text), circumstances.scene(session.turn), run)
        return held, "\n".join(printed)

    return holds


def run_from_thread(
    loop: asyncio.AbstractEventLoop, runner: CommandRunner, workspace: Path
) -> Callable[[str], bool]:
    """A function for plugins' conditions, to be called from another thread than the loop's: exit code 0 or not."""

    def run(command: str) -> bool:
        task = runner.run(command, cwd=workspace, timeout=SECONDS)
        return asyncio.run_coroutine_threadsafe(task, loop).result().exit_code == 0

    return run
