"""Runs attempts inside a sandbox, as whoever starts this program: `python try_ways.py SCENE`; prints a JSON object.

It stands for the assistant: its process, its environment and its session's folder are what attempts reach for. It
needs nothing but the standard library and aura's own core, so that any user's Python will do.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from aura.core.sandbox import Sandbox, SandboxSpec, Wall
from aura.safety.sandbox.choice import list_sandboxes
from aura.safety.sandbox.none import NoSandbox
from aura.tools.process import LocalRunner

ATTEMPTS = Path(__file__).with_name("ways_out.py")


def find(name: str) -> Sandbox:
    """The sandbox with this name."""
    return next(one for one in (*list_sandboxes(), NoSandbox()) if one.name == name)


def make_spec(scene: dict[str, Any]) -> SandboxSpec:
    """What attempts may reach, as a session would say it."""
    session = Path(scene["session"])
    return SandboxSpec(
        Path(scene["workspace"]),
        hide=(session,),
        tmp=session / "tmp",
        cache=session / "cache",
        aside=session / "aside",
    )


async def attempt_all(scene: dict[str, Any], file: str) -> dict[str, Any]:
    """What each attempt printed, and how long an empty command takes."""
    sandbox = find(scene["sandbox"])
    capability = sandbox.probe()
    if capability.level == "none" and scene["sandbox"] != "none":
        return {"hint": capability.hint}
    workspace = Path(scene["workspace"])
    runner = LocalRunner(Path(scene["session"]), wall=Wall(sandbox, make_spec(scene)))
    found: dict[str, Any] = {"level": capability.level, "missing": capability.missing}
    script = workspace / "ways_out.py"
    for name in scene["attempts"]:
        # what one attempt did to the workspace is not what the next one meets
        await asyncio.to_thread(subprocess.run, ["/bin/sh", "-c", scene["reset"]], check=True, cwd=workspace)
        script.write_text(ATTEMPTS.read_text(encoding="utf-8"), encoding="utf-8")
        command = f"exec {scene['python']} -I ways_out.py {name} {file}"
        result = await runner.run(command, cwd=workspace, timeout=60)
        found[name] = result.output.strip() or f"exit code {result.exit_code}"
    return found


def main() -> None:
    file = sys.argv[1]
    scene = json.loads(Path(file).read_text(encoding="utf-8"))
    scene["assistant"] = os.getpid()
    Path(file).write_text(json.dumps(scene), encoding="utf-8")
    print(json.dumps(asyncio.run(attempt_all(scene, file))))


if __name__ == "__main__":
    main()
