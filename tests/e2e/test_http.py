"""The whole program against real HTTP on loopback, in both wire forms, with what goes wrong on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from aura.demo.server import Fault, Server
from aura.models.script_yaml import parse_script
from aura.models.scripted import ScriptedModel
from tests.e2e.conftest import Program, Ran
from tests.e2e.fixtures.warm import WarmProgram, warm

SCRIPT = """
replies:
  - when: {seen: 0}
    think: First the file, then the list.
    say: I write two files at once.
    call:
      - {tool: Write, with: {path: a.txt, content: "ä and ö\\n"}}
      - {tool: Write, with: {path: b.txt, content: "b\\n"}}
  - when: {tool: Write}
    call: [{tool: Bash, with: {command: "cat a.txt b.txt"}}]
  - when: {tool: Bash, contains: "ä and ö"}
    call: [{tool: Done, with: {summary: "Wrote both."}}]
"""
WIRES = {
    "openai": ("openai/script", "OPENAI_BASE_URL"),
    "anthropic": ("anthropic/claude-sonnet-4-5", "ANTHROPIC_BASE_URL"),
}


@pytest.fixture
def loaded(tmp_path: Path) -> WarmProgram:
    """The program that has begun already; the first test starts it from cold."""
    return warm(tmp_path, litellm=True)


@dataclass(frozen=True)
class Against:
    """What a run is made against: a wire form, faults, a script and a check."""

    wire: str
    faults: Mapping[int, Fault] = field(default_factory=dict)
    script: str = SCRIPT
    check: str = "grep -q b b.txt"


def run_against(program: Program, against: Against, *more: str) -> tuple[Ran, Server]:
    """One auto run against a server."""
    model, variable = WIRES[against.wire]
    server = Server(ScriptedModel(parse_script(against.script)), faults=against.faults).start()
    try:
        base = f"{server.url}/v1" if against.wire == "openai" else server.url
        program.extra = {variable: base, f"{against.wire.upper()}_API_KEY": "test-key"}
        flags = ("--auto", "-o", "json", "--model", model, "--check", against.check, *more)
        return program("run", *flags, "write the files", seconds=100), server
    finally:
        server.close()


@pytest.mark.parametrize("wire", WIRES)
def test_parallel_calls_and_thinking_end_in_a_checked_claim(program: Program, wire: str) -> None:
    ran, server = run_against(program, Against(wire))
    assert ran.code == 0, ran.err
    assert ran.result["verified"]
    assert (program.workspace / "a.txt").read_text(encoding="utf-8") == "ä and ö\n"
    assert server.requests == 3


@pytest.mark.parametrize("wire", WIRES)
def test_one_byte_at_a_time(loaded: WarmProgram, wire: str) -> None:
    ran, _ = run_against(loaded, Against(wire, {0: Fault(piece=1)}))
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_passing_failure_is_retried(loaded: WarmProgram, wire: str, status: int) -> None:
    fault = Fault(
        status=status, headers={"retry-after": "0"}, body='{"error": {"message": "busy, try later"}}'
    )
    ran, server = run_against(loaded, Against(wire, {1: fault}))
    assert ran.code == 0, ran.err
    assert server.requests == 4


@pytest.mark.parametrize("wire", WIRES)
def test_a_cut_stream_is_repeated_and_never_acted_on(loaded: WarmProgram, wire: str) -> None:
    loaded.settings = {"retry": {"base_seconds": 0.01}}
    ran, server = run_against(loaded, Against(wire, {1: Fault(cut_at=700), 2: Fault(cut_at=700, clean=True)}))
    assert ran.code == 0, ran.err
    assert server.requests == 5


@pytest.mark.parametrize("wire", WIRES)
def test_a_rejected_key_stops_at_once_and_names_the_key(loaded: WarmProgram, wire: str) -> None:
    body = '{"error": {"type": "authentication_error", "message": "invalid x-api-key"}}'
    ran, server = run_against(loaded, Against(wire, {0: Fault(status=401, body=body)}))
    assert ran.code == 75
    assert ran.result["reason"] == "provider"
    assert server.requests == 1
    assert "Traceback" not in ran.err
    assert f"{wire.upper()}_API_KEY" in ran.result["detail"]


@pytest.mark.slow
def test_three_hundred_steps_in_a_window_of_forty_thousand_tokens(program: Program) -> None:
    filler = "x" * 1500
    commands = [f"echo {number}; printf '{filler}'" for number in range(300)]
    replies = [{"call": [{"tool": "Bash", "with": {"command": command}}]} for command in commands]
    summary = {"when": {"tools_off": True}, "say": "Numbers were printed one after the other."}
    last = {"call": [{"tool": "Done", "with": {"summary": "All 300."}}]}
    script = yaml.safe_dump({"window": 40_000, "replies": [summary, *replies, last]})
    against = Against("openai", script=script, check="true")
    ran, server = run_against(program, against, "--max-steps", "0", "--context-window", "40000")
    assert ran.code == 0, ran.out
    assert ran.result["usage"]["steps"] == 301
    steps = [asked for asked in server.asked if b'"tools"' in asked.body]
    assert len(steps) == 301
    assert all(b"write the files" in asked.body for asked in steps)
    assert server.requests > 301, "there were summaries"
