"""The three ways a headless run prints: text for people, one JSON document, or a stream of JSON lines."""

import json
import sys
from typing import Protocol, TextIO

from aura.app.build import Opened
from aura.core.errors import ConfigError
from aura.core.events import ModelReplied, Recorded
from aura.core.text import clean, shorten
from aura.core.turn import Turn
from aura.runs.report import Report, render_report, to_json
from aura.store.codec import encode_recorded
from aura.ui.render import render_clock, render_event, render_gauges


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")
    stream.flush()


class Face(Protocol):
    """What a headless run tells its reader."""

    def begin(self, opened: Opened) -> None:
        """Say what was opened."""
        ...

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """Show one event."""
        ...

    def say(self, text: str) -> None:
        """Show what a command says."""
        ...

    def answer(self, text: str) -> None:
        """Give the answer of one prompt."""
        ...

    def finish(self, report: Report) -> None:
        """Say how it ended."""
        ...


class TextFace:
    """Answers on stdout, one line per step on stderr."""

    def __init__(self, *, quiet: bool, out: TextIO = sys.stdout, err: TextIO = sys.stderr) -> None:
        self._quiet = quiet
        self._out = out
        self._err = err

    def _note(self, text: str) -> None:
        if not self._quiet:
            _write(self._err, text)

    def begin(self, opened: Opened) -> None:
        """Say the model, the switches and the level of protection."""
        for notice in opened.notices:
            _write(self._err, f"aura: {clean(notice)}")
        switches = opened.session.turn.switches
        auto = "auto" if switches.auto else "not auto"
        self._note(
            f"aura: {opened.model_name} · {auto} · mode {switches.mode} · {opened.sandbox} · "
            f"session {opened.session.id}"
        )

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """One line for what people want to know of."""
        event = recorded.event
        line = render_event(event, turn)
        if isinstance(event, ModelReplied) and event.completion.message.tool_calls:
            text = shorten(event.completion.message.text, 100)
            line = f"says: {text}" if text else None
        if line is None:
            return
        limit = turn.limits.steps
        step = f"[{turn.steps}/{limit}]" if limit else f"[{turn.steps}]"
        self._note(f"{render_clock(recorded.at)} {step} {line}   {render_gauges(turn)}")

    def say(self, text: str) -> None:
        """What a command says is an answer, too."""
        _write(self._out, clean(text))

    def answer(self, text: str) -> None:
        """The answer, on stdout."""
        if text:
            _write(self._out, clean(text))

    def finish(self, report: Report) -> None:
        """The report, on stderr."""
        self._note(clean(render_report(report)))


class JsonFace:
    """One document at the end."""

    def begin(self, opened: Opened) -> None:
        """Notices go to stderr."""
        for notice in opened.notices:
            _write(sys.stderr, f"aura: {clean(notice)}")

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """Nothing until the end."""

    def say(self, text: str) -> None:
        """What a command says goes to stderr, so that stdout stays one document."""
        _write(sys.stderr, clean(text))

    def answer(self, text: str) -> None:
        """The answer is part of the document."""

    def finish(self, report: Report) -> None:
        """Print the result document, version 1."""
        _write(sys.stdout, json.dumps(to_json(report), ensure_ascii=False))


class StreamFace(JsonFace):
    """Every event as one JSON line, then the result document."""

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """Print the event."""
        _write(sys.stdout, encode_recorded(recorded))


def make_face(output: str, *, quiet: bool) -> Face:
    """The face for an output format: text, json or stream-json."""
    match output:
        case "text":
            return TextFace(quiet=quiet)
        case "json":
            return JsonFace()
        case "stream-json":
            return StreamFace()
        case _:
            raise ConfigError(f"There is no output format {output!r}; there are text, json and stream-json.")
