"""What is measured, each in a process of its own.

A floor on httpx, our adapter without the engine, litellm by itself, the whole engine. The server is one's own, so the
adapter makes its requests without litellm (see `aura.models.plain`).
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

TOOL = {
    "type": "function",
    "function": {
        "name": "Bash",
        "description": "Run a command.",
        "parameters": {
            "type": "object",
            "properties": {"command": {"type": "string"}},
            "required": ["command"],
        },
    },
}


def run_floor(url: str) -> list[float]:
    """The same conversation with httpx alone: stream, run the command, send the result, until there is no call."""
    import httpx

    messages: list[dict[str, Any]] = [{"role": "user", "content": "go"}]
    times: list[float] = []
    with httpx.Client(timeout=60) as client:
        while True:
            begun = time.perf_counter()
            body = {"model": "bench", "messages": messages, "tools": [TOOL], "stream": True}
            built = Built()
            with client.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
                for line in response.iter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        built.add(json.loads(line[6:]))
            if not built.calls:
                return [*times, time.perf_counter() - begun]
            messages.append(built.message)
            for call in built.calls.values():
                command = json.loads(call["function"]["arguments"])["command"]
                done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": done.stdout})
            times.append(time.perf_counter() - begun)


class Built:
    """A message put together from the chunks of a stream."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: dict[int, Any] = {}

    @property
    def message(self) -> dict[str, Any]:
        return {"role": "assistant", "content": self.text, "tool_calls": list(self.calls.values())}

    def add(self, chunk: dict[str, Any]) -> None:
        for choice in chunk.get("choices", ()):
            delta = choice["delta"]
            self.text += delta.get("content") or ""
            for part in delta.get("tool_calls") or ():
                empty = {"type": "function", "function": {"name": "", "arguments": ""}}
                call = self.calls.setdefault(part["index"], empty)
                call["id"] = part.get("id") or call.get("id")
                call["function"]["name"] += part["function"].get("name") or ""
                call["function"]["arguments"] += part["function"].get("arguments") or ""


def run_adapter(url: str) -> list[float]:
    """The same conversation through our adapter, without the engine."""
    from aura.core.messages import Message, ToolResult, tool_message, user
    from aura.core.models import Completion, Request, ToolSpec
    from aura.models.naming import Overrides
    from aura.models.open import open_model

    spec = ToolSpec("Bash", "Run a command.", TOOL["function"]["parameters"])  # type: ignore[index]
    model = open_model("openai/bench", overrides=Overrides(base_url=f"{url}/v1"))

    async def converse() -> list[float]:
        messages: list[Message] = [user("go")]
        times: list[float] = []
        while True:
            begun = time.perf_counter()
            reply = None
            async for piece in model.stream(Request("", messages, (spec,))):
                reply = piece.message if isinstance(piece, Completion) else reply
            assert reply is not None
            messages.append(reply)
            if not reply.tool_calls:
                return [*times, time.perf_counter() - begun]
            for call in reply.tool_calls:
                command = str(call.arguments["command"])
                done = await asyncio.to_thread(
                    subprocess.run, ["bash", "-c", command], capture_output=True, text=True
                )
                messages.append(tool_message(ToolResult(call.id, done.stdout)))
            times.append(time.perf_counter() - begun)

    return asyncio.run(converse())


def run_litellm(url: str) -> list[float]:
    """The same conversation on litellm by itself."""
    import litellm

    async def converse() -> list[float]:
        messages: list[dict[str, Any]] = [{"role": "user", "content": "go"}]
        times: list[float] = []
        while True:
            begun, built = time.perf_counter(), Built()
            stream: Any = await litellm.acompletion(
                "openai/bench", messages, tools=[TOOL], stream=True, api_base=f"{url}/v1", api_key="none"
            )
            async for chunk in stream:
                built.add(chunk.model_dump())
            if not built.calls:
                return [*times, time.perf_counter() - begun]
            messages.append(built.message)
            for call in built.calls.values():
                command = json.loads(call["function"]["arguments"])["command"]
                done = await asyncio.to_thread(
                    subprocess.run, ["bash", "-c", command], capture_output=True, text=True
                )
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": done.stdout})
            times.append(time.perf_counter() - begun)

    return asyncio.run(converse())


def run_engine(url: str) -> list[float]:
    """The same conversation through the whole engine, with its log on disk; it has to end with the answer."""
    from aura.api import Agent

    async def converse(folder: str) -> list[float]:
        settings = {"models.base_url": f"{url}/v1", "auto.max_steps": 0}
        times, begun, reason = [], time.perf_counter(), ""
        async with Agent(
            "openai/bench", workspace=folder, mode="auto", settings=settings, trusted=False
        ) as agent:
            async for event in agent.stream("go"):
                if event.type == "step_ended":
                    times.append(time.perf_counter() - begun)
                    begun = time.perf_counter()
                elif event.type == "turn_stopped":
                    reason = f"{event.reason}: {event.detail}"
        if reason != "end_turn: ":
            raise SystemExit(f"the engine did not get to the end ({reason})")
        return times

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(converse(folder))


CLIENTS: dict[str, Callable[[str], list[float]]] = {
    "floor": run_floor,
    "adapter": run_adapter,
    "litellm": run_litellm,
    "engine": run_engine,
}


def main(name: str, url: str) -> None:
    """Run one client and print its times (seconds), CPU seconds, and peak memory (MB)."""
    times = CLIENTS[name](url)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"steps": times, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss / 1024}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
