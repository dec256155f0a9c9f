"""Faults of processes around a sandboxed command: the thread that asked for it ends, a thousand of them in a row."""

import asyncio
import threading

import psutil

from aura.core.sandbox import SandboxSpec, Wall
from aura.core.tools import CommandResult
from aura.safety.sandbox import find_sandbox
from aura.tools.process import LocalRunner
from tests.faults.scene import Fault, Scene

MANY = 250


def make_runner(scene: Scene) -> LocalRunner:
    """Commands behind the strongest wall that there is here."""
    workspace = scene.place / "walled"
    workspace.mkdir()
    return LocalRunner(scene.place / "session", wall=Wall(find_sandbox(), SandboxSpec(workspace)))


def end_the_thread(scene: Scene) -> None:
    """A thread hands a command in and ends while the command runs."""
    runner = make_runner(scene)
    workspace = scene.place / "walled"

    async def play() -> CommandResult:
        loop, answer = asyncio.get_running_loop(), asyncio.Queue[CommandResult]()

        async def run() -> None:
            await answer.put(await runner.run("echo begun; sleep 0.4; echo alive", cwd=workspace, timeout=30))

        thread = threading.Thread(target=lambda: asyncio.run_coroutine_threadsafe(run(), loop))
        thread.start()
        await asyncio.to_thread(thread.join)
        return await answer.get()

    scene.facts["result"] = asyncio.run(play())


def lives_on(scene: Scene) -> None:
    """The command came to its own end."""
    result = scene.facts["result"]
    assert (result.exit_code, result.output) == (0, "begun\nalive\n")


def run_many(scene: Scene) -> None:
    """Commands one after the other and some at once; each leaves a child in the background."""
    runner = make_runner(scene)
    workspace = scene.place / "walled"

    async def play() -> list[int | None]:
        codes = []
        for _ in range(MANY // 5):
            results = await asyncio.gather(
                *(runner.run("sleep 60 & exit 3", cwd=workspace, timeout=30) for _ in range(5))
            )
            codes += [result.exit_code for result in results]
        scene.facts["files"] = psutil.Process().num_fds() - before
        await runner.close()
        return codes

    before = psutil.Process().num_fds()
    scene.facts["codes"] = asyncio.run(play())
    scene.facts["children"] = [one.status() for one in psutil.Process().children(recursive=True)]


def leave_nothing(scene: Scene) -> None:
    """No zombie, no child, no descriptor more than the loop's own."""
    assert scene.facts["codes"] == [3] * len(scene.facts["codes"])
    assert psutil.STATUS_ZOMBIE not in scene.facts["children"]
    assert scene.facts["files"] <= 8, scene.facts


FAULTS: tuple[Fault, ...] = (
    Fault(
        "X05",
        "zombies",
        f"{MANY} sandboxed commands, five at a time, each with a child in the background",
        "no zombie, no child, no open descriptor",
        run_many,
        (leave_nothing,),
        is_slow=True,
    ),
    Fault(
        "X14",
        "the thread that asked for a command ends",
        "a thread hands a command to the loop and is gone while it runs",
        "the command comes to its own end, inside the sandbox too",
        end_the_thread,
        (lives_on,),
    ),
)
