"""The three ways a headless run prints: text for people, one JSON document, or a stream of JSON lines."""

import contextlib
import errno
import io
import json
import os
import re
import sys
import time
from dataclasses import replace
from typing import Protocol, TextIO

from aura.app.build import Opened
from aura.app.walls import describe_wall
from aura.core.errors import ConfigError
from aura.core.events import ModelReplied, Recorded, TurnStarted
from aura.core.limits import StopReason
from aura.core.permissions import Mode
from aura.core.text import clean, shorten
from aura.core.turn import Turn
from aura.runs.report import Report, render_report, to_json
from aura.store.codec import encode_recorded
from aura.ui.render import render_clock, render_end, render_event, render_gauges

LEFT = (errno.EPIPE, errno.EIO, errno.ECONNRESET)  # nobody reads any more, which is no fault of the medium
GAUGES_AT = 64  # the column in which tokens and cost stand, behind lines that are not longer
NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


class Outlet:
    """One end of a pipe, a file or a terminal; what is written after its reader left is dropped.

    `problem` is why nothing can be written (empty: nothing is wrong but, with `is_gone`, that nobody reads). `stream`
    is None when the program was started without it. Characters that it cannot take are written as escapes.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.is_gone = False
        self.problem = ""
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> None:
        """Write one line or several, at once."""
        if self._stream is None or self.is_gone:
            return
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            self.is_gone = True
            if isinstance(error, OSError) and error.errno not in LEFT:
                self.problem = error.strerror or str(error)
            self._drain()

    def _drain(self) -> None:
        """Send what is still buffered nowhere, so that the end of the program does not stumble over it."""
        with contextlib.suppress(OSError, ValueError):
            assert self._stream is not None
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class Face(Protocol):
    """What a headless run tells its reader."""

    @property
    def is_gone(self) -> bool:
        """Whether the reader of stdout has left."""
        ...

    @property
    def problem(self) -> str:
        """Why stdout cannot be written, other than that nobody reads it; empty: it can."""
        ...

    def begin(self, opened: Opened) -> None:
        """Say what was opened."""
        ...

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """Show one event."""
        ...

    def say(self, text: str) -> None:
        """Show what a command says."""
        ...

    def note(self, text: str) -> None:
        """Say something that is no answer."""
        ...

    def answer(self, text: str) -> None:
        """Give the answer of one prompt."""
        ...

    def finish(self, report: Report) -> None:
        """Say how it ended."""
        ...

    def fail(self, report: Report) -> None:
        """Say how it ended when an error follows, whose sentence somebody else shows."""
        ...


class TextFace:
    """Answers on stdout, one line for each thing that happened on stderr."""

    def __init__(self, *, quiet: bool, out: TextIO | None, err: TextIO | None) -> None:
        self._quiet = quiet
        self._out = Outlet(out)
        self._err = Outlet(err)
        self._has_run = False

    @property
    def is_gone(self) -> bool:
        """Whether the reader of stdout has left."""
        return self._out.is_gone

    @property
    def problem(self) -> str:
        """Why stdout cannot be written; empty: it can, or nobody reads it."""
        return self._out.problem

    def _note(self, text: str) -> None:
        if not self._quiet:
            self._err.write(clean(text))

    def begin(self, opened: Opened) -> None:
        """Say the model, the switches and the level of protection."""
        for notice in opened.notices:
            self._err.write(f"aura: {clean(notice)}")
        switches = opened.session.turn.switches
        lifted = switches.auto and switches.mode in (Mode.ASK, Mode.EDIT, Mode.AUTO)
        mode = "auto mode" if lifted else f"{switches.mode} mode"
        session = opened.session.id
        self._note(f"aura: {opened.model_name} · {mode} · {opened.sandbox} · session {session}")

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """One line for what people want to know of."""
        event = recorded.event
        self._has_run = self._has_run or isinstance(event, TurnStarted)
        line = render_event(event, turn)
        if isinstance(event, ModelReplied) and event.completion.message.tool_calls:
            text = shorten(event.completion.message.text, 100)
            line = f"says: {text}" if text else None
        if line is None:
            return
        limit = turn.limits.steps
        step = f"[{turn.steps}/{limit}]" if limit else f"[{turn.steps}]"
        said = f"{render_clock(recorded.at)} {step} {line}"
        self._note(f"{said:<{GAUGES_AT}}   {render_gauges(turn)}")

    def say(self, text: str) -> None:
        """What a command says is an answer, too."""
        self._out.write(clean(text))

    def note(self, text: str) -> None:
        """A word to whoever watches, on stderr."""
        self._note(text)

    def answer(self, text: str) -> None:
        """The answer, on stdout."""
        if text:
            self._out.write(clean(text))

    def finish(self, report: Report) -> None:
        """The report, on stderr; there is none when no turn ran, unless somebody stopped it."""
        if self._has_run or report.reason is StopReason.CANCELLED:
            self._note(f"{render_clock(time.time())} {render_end(report)}")
            details = render_report(report).partition("\n")[2]
            if details:
                self._note(details)

    def fail(self, report: Report) -> None:
        """The report without the reason, which is the sentence that follows."""
        self.finish(replace(report, detail=""))


class JsonFace:
    """One document at the end; it is plain ASCII, so that it is valid in every locale and harmless on a terminal."""

    def __init__(self, *, out: TextIO | None, err: TextIO | None) -> None:
        self._out = Outlet(out)
        self._err = Outlet(err)

    @property
    def is_gone(self) -> bool:
        """Whether the reader of stdout has left."""
        return self._out.is_gone

    @property
    def problem(self) -> str:
        """Why stdout cannot be written; empty: it can, or nobody reads it."""
        return self._out.problem

    def begin(self, opened: Opened) -> None:
        """Notices go to stderr."""
        for notice in opened.notices:
            self._err.write(f"aura: {clean(notice)}")

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """Nothing until the end."""

    def say(self, text: str) -> None:
        """What a command says goes to stderr, so that stdout stays one document."""
        self._err.write(clean(text))

    def note(self, text: str) -> None:
        """A word to whoever watches goes to stderr."""
        self._err.write(clean(text))

    def answer(self, text: str) -> None:
        """The answer is part of the document."""

    def finish(self, report: Report) -> None:
        """Print the result document, version 1."""
        self._out.write(json.dumps(to_json(report)))

    def fail(self, report: Report) -> None:
        """The document is printed however it ended."""
        self.finish(report)


class StreamFace(JsonFace):
    """What stands around commands, every event as one JSON line, then the result document."""

    def begin(self, opened: Opened) -> None:
        """The notices on stderr, and the first line."""
        super().begin(opened)
        chosen = Recorded(0, opened.session.clock.now(), describe_wall(opened.runners))
        self._out.write(escape_json(encode_recorded(chosen)))

    def show(self, recorded: Recorded, turn: Turn) -> None:
        """Print the event."""
        self._out.write(escape_json(encode_recorded(recorded)))


def escape_json(document: str) -> str:
    """The same JSON on one line of plain ASCII."""
    return NOT_PLAIN.sub(lambda match: json.dumps(match.group())[1:-1], document)


def make_face(output: str, *, quiet: bool) -> Face:
    """The face for an output format: text, json or stream-json."""
    match output:
        case "text":
            return TextFace(quiet=quiet, out=sys.stdout, err=sys.stderr)
        case "json":
            return JsonFace(out=sys.stdout, err=sys.stderr)
        case "stream-json":
            return StreamFace(out=sys.stdout, err=sys.stderr)
        case _:
            raise ConfigError(f"There is no output format {output!r}; there are text, json and stream-json.")
