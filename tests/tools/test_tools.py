"""The built-in tools together: what is offered, what it costs, and the orphans of a crash."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aura.core.errors import ToolError
from aura.core.tools import Effect, Tool
from aura.hookspecs import ToolSetup
from aura.tools import make_tools
from aura.tools._leftovers import start_of
from aura.tools.process import LocalRunner

EFFECTS = {
    "Read": Effect.READ,
    "Write": Effect.WRITE,
    "Edit": Effect.WRITE,
    "ApplyPatch": Effect.WRITE,
    "Glob": Effect.READ,
    "Grep": Effect.READ,
    "Bash": Effect.EXECUTE,
    "JobPoll": Effect.NONE,
    "JobKill": Effect.NONE,
    "TodoWrite": Effect.NONE,
    "Done": Effect.NONE,
    "Ask": Effect.NONE,
}


@pytest.fixture
def tools(tmp_path: Path) -> tuple[Tool, ...]:
    return make_tools(ToolSetup(tmp_path, tmp_path / "session", LocalRunner(tmp_path / "session")))


def test_the_tools(tools: tuple[Tool, ...]) -> None:
    assert {tool.spec.name: tool.effect for tool in tools} == EFFECTS


def test_what_a_model_is_told_is_complete_and_short(tools: tuple[Tool, ...]) -> None:
    for tool in tools:
        assert tool.spec.description.endswith("."), tool.spec.name
        parameters = tool.spec.parameters
        assert parameters["type"] == "object" and parameters["additionalProperties"] is False
        for name, schema in parameters["properties"].items():
            assert schema["description"] and "type" in schema, f"{tool.spec.name}.{name}"
    told = json.dumps([[tool.spec.name, tool.spec.description, dict(tool.spec.parameters)] for tool in tools])
    assert len(told) < 12_000, "every request carries this"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_arguments_are_valid_or_refused_in_one_sentence(
    tools: tuple[Tool, ...], data: st.DataObject
) -> None:
    sentences = []
    for tool in tools:
        names = st.sampled_from([*tool.spec.parameters["properties"], "old_string", "status", "nonsense"])
        arguments = data.draw(st.dictionaries(names, JSON, max_size=4))
        try:
            valid = tool.validate(arguments)
        except ToolError as error:
            sentences.append(error.sentence)
        else:
            assert tool.validate(valid) == valid
            tool.access(valid)
            json.dumps(valid)
    assert all(sentence.startswith(("Wrong arguments for", "The patch")) for sentence in sentences)


async def test_what_a_crash_left_running_is_ended(tmp_path: Path) -> None:
    session = tmp_path / "session"
    script = f"""
import asyncio, os
from pathlib import Path
from aura.tools.jobs import Jobs
from aura.tools.process import LocalRunner
async def main():
    session = Path({str(session)!r})
    jobs = Jobs(session, LocalRunner(session))
    job = jobs.start("echo pid $$ ready; sleep 60", Path({str(tmp_path)!r}))
    while "ready" not in job.unread:
        await asyncio.sleep(0.01)
    print(job.unread, flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    pid = int(done.stdout.split()[1])
    assert start_of(pid)
    tools = {tool.spec.name: tool for tool in make_tools(ToolSetup(tmp_path, session, LocalRunner(session)))}
    async with asyncio.timeout(10):
        while start_of(pid):  # noqa: ASYNC110 - a stranger's end is no event here
            await asyncio.sleep(0.01)
    from tests.tools.fakes import make_context

    poll = tools["JobPoll"]
    listed = await poll(make_context(tmp_path), poll.validate({}))
    assert listed.content == "job-1  ended when aura stopped  echo pid $$ ready; sleep 60"
