"""What tools are handed in these tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aura.core.todos import Todo
from aura.core.tools import Answer, Claim, CommandRunner, GateAnswer, OutputSink, Question, ToolContext


class NoRunner:
    """A runner for tools that run nothing."""

    async def run(
        self, command: str, *, cwd: Path, timeout: float, on_output: OutputSink | None = None
    ) -> Any:
        raise AssertionError(f"nobody asked for {command!r}")


def make_context(
    workspace: Path,
    *,
    runner: CommandRunner | None = None,
    seen: Mapping[str, str] | None = None,
    answer: Answer | None = None,
    gate: GateAnswer | None = None,
    asked: list[Any] | None = None,
    todos: tuple[Todo, ...] = (),
) -> ToolContext:
    """A context whose questions and claims are collected in `asked` and answered by `answer` and `gate`."""
    log: list[Any] = asked if asked is not None else []

    async def ask(question: Question) -> Answer:
        log.append(question)
        return answer or Answer("", answered=False)

    async def finish(claim: Claim) -> GateAnswer:
        log.append(claim)
        return gate or GateAnswer(True, "Accepted.", True)

    session = workspace.parent / f"{workspace.name}-session"
    session.mkdir(exist_ok=True)
    return ToolContext(
        workspace=workspace,
        session_dir=session,
        call_id="call-1",
        runner=runner or NoRunner(),
        output=log.append,
        ask=ask,
        finish=finish,
        seen=seen or {},
        todos=todos,
    )
