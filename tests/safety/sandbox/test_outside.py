"""Nothing that a command could have written is loaded or run outside of the wall that is put up around it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aura.core.sandbox import Level, Sandbox, SandboxSpec, Wall
from aura.safety.sandbox.bwrap import BwrapSandbox
from aura.safety.sandbox.landlock import LandlockSandbox
from aura.safety.sandbox.outside import find_program, split_environment
from aura.tools.process import LocalRunner


def test_a_program_of_the_search_path_is_not_taken_from_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bwrap", "only-here"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:.:{os.environ['PATH']}")
    assert not find_program("bwrap").startswith(str(tmp_path))
    assert find_program("only-here") == ""
    assert Path(find_program("env")).is_absolute()


def test_what_the_loader_reads_is_for_the_command_alone() -> None:
    given = {
        "LD_LIBRARY_PATH": ":x",
        "LD_PRELOAD": "x",
        "DYLD_X": "x",
        "GLIBC_TUNABLES": "x",
        "PATH": "p",
        "OLD_X": "y",
    }
    outer, inside = split_environment(given)
    assert outer == {"PATH": "p", "OLD_X": "y"}
    assert outer | inside == given


@pytest.mark.parametrize("make", [BwrapSandbox, LandlockSandbox])
async def test_the_command_gets_it_and_the_wall_does_not(make: Callable[[], Sandbox], tmp_path: Path) -> None:
    sandbox = make()
    if sandbox.probe().level is Level.NONE:
        pytest.skip(sandbox.probe().hint)
    given = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": f":{tmp_path}", "LD_RUN_PATH": "a b"}
    launch = sandbox.launch(SandboxSpec(tmp_path), ["true"], cwd=tmp_path, environment=given)
    launch.on_started()
    launch.cleanup()
    assert not [name for name in launch.environment if name.startswith("LD_")]
    wall = Wall(sandbox, SandboxSpec(tmp_path))
    runner = LocalRunner(
        tmp_path.parent / "session", wall=wall, environment=given, extra_names=["LD_RUN_PATH"]
    )
    result = await runner.run('echo "$LD_LIBRARY_PATH|$LD_RUN_PATH"', cwd=tmp_path, timeout=60)
    assert result.output.strip() == f":{tmp_path}|a b"
