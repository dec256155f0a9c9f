"""What is said when a command met the sandbox: only then, and with a way out."""

from pathlib import Path

import pytest

from aura.core.sandbox import SandboxSpec, Wall
from aura.safety.sandbox.bwrap import BwrapSandbox
from aura.safety.sandbox.none import NoSandbox
from aura.tools._walled import explain_failure
from aura.tools.process import LocalRunner

BOXED = Wall(BwrapSandbox(""), SandboxSpec(Path("/w")))


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("curl: (6) Could not resolve host: example.com", "network.domains"),
        ("OSError: [Errno 101] Network is unreachable", "network.domains"),
        ("error: could not write config file .git/config: Device or resource busy", "git's settings"),
        ("touch: cannot touch '/etc/x': Read-only file system", "sandbox.write"),
        ("2 failed, 3 passed", ""),
        ("", ""),
    ],
)
def test_a_failure_of_the_sandbox_is_told_apart(output: str, told: str) -> None:
    said = explain_failure(output, BOXED)
    assert (told in said) if told else not said
    assert not explain_failure(output, Wall(NoSandbox(), BOXED.spec))


def test_with_a_network_a_name_that_is_unknown_is_nobodys_fault() -> None:
    wall = Wall(BOXED.sandbox, SandboxSpec(Path("/w"), net="host"))
    assert not explain_failure("Could not resolve host", wall)


async def test_nothing_is_explained_when_all_went_well(tmp_path: Path) -> None:
    class Quiet(NoSandbox):
        name = "quiet"

    runner = LocalRunner(tmp_path / "session", wall=Wall(Quiet(), SandboxSpec(tmp_path)))
    well = await runner.run("echo Read-only file system", cwd=tmp_path, timeout=60)
    assert well.output == "Read-only file system\n"
    ill = await runner.run("echo Read-only file system; exit 1", cwd=tmp_path, timeout=60)
    assert "sandbox.write" in ill.output
