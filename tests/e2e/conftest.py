"""Running the real program in a real folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

PLAIN_PYTEST = Path(__file__).resolve().parents[1] / "plain"


@dataclass(frozen=True)
class Ran:
    """One run of the program: what it printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """The result document: the last line of stdout."""
        document: dict[str, Any] = json.loads(self.out.strip().splitlines()[-1])
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of a stream, without the result document."""
        lines = [json.loads(line) for line in self.out.strip().splitlines()]
        return [line for line in lines if line["type"] != "result"]


@dataclass
class Program:
    """The program in one workspace with one home."""

    workspace: Path
    home: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The environment that it is started with: nothing of ours but what it needs."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        ours = {"HOME": str(self.home), "AURA_HOME": str(self.home / "aura"), "PYTHONPATH": str(PLAIN_PYTEST)}
        return {**kept, **ours, **self.extra}

    def script(self, replies: Sequence[dict[str, Any]], name: str = "script.yaml") -> str:
        """A model that plays these replies, as a name for --model."""
        path = self.home / name
        path.write_text(yaml.safe_dump(list(replies)), encoding="utf-8")
        return f"script:{path}"

    def command(self, *arguments: str) -> list[str]:
        """The argument vector."""
        return [sys.executable, "-m", "aura", *arguments]

    def __call__(self, *arguments: str, stdin: str = "", seconds: float = 60) -> Ran:
        """Run to the end."""
        self._write_settings()
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.workspace,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def _write_settings(self) -> None:
        if self.settings:
            file = self.home / "aura" / "config" / "config.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(yaml.safe_dump(dict(self.settings)), encoding="utf-8")

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it in the background, in a group of its own."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.workspace,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with an empty workspace and an empty home."""
    workspace, home = tmp_path / "work", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()
    return Program(workspace, home)


Call = Callable[..., dict[str, Any]]


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """One call in a reply."""
    return {"tool": tool, "with": arguments}


def todo(status: str, content: str = "do it") -> dict[str, Any]:
    """A reply that writes a list of one item."""
    return {"call": [call("TodoWrite", todos=[{"id": "1", "content": content, "status": status}])]}


def done(summary: str = "It is done.", **more: Any) -> dict[str, Any]:
    """A reply that calls Done."""
    return {"call": [call("Done", summary=summary, **more)]}
