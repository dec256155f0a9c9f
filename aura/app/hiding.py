"""Secrets are taken out of what tools and commands say before it is recorded: model, log and faces see the same."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aura.core.events import (
    CheckFinished,
    CommandRan,
    Event,
    Injected,
    Steered,
    ToolFinished,
    ToolOutputDelta,
    TurnStarted,
)
from aura.core.evidence import CommandRun
from aura.core.messages import HUMAN, Message, Text
from aura.core.tools import Effect
from aura.safety.redact import MARK, Redactor, redact, telling_secrets

OBJECTION = (
    f"{MARK} stands for a secret that was hidden from you. Written there it would destroy what it stands for: leave"
    " those lines alone with an Edit around them, or ask the person to make this change."
)


class Hiding:
    """Hides secrets in events of one session, and remembers whether it ever did.

    What people say and what is asked of them stays as it is: a command that is partly hidden cannot be judged.
    """

    def __init__(self, secrets: Callable[[], frozenset[str]] = telling_secrets) -> None:
        self.has_hidden = False
        self._secrets = secrets
        self._streams: dict[str, Redactor] = {}

    def __call__(self, event: Event) -> Event | None:
        """The event as it may be recorded; None for a piece of output of which nothing is certain yet."""
        match event:
            case ToolOutputDelta(call_id, text):
                stream = self._streams.setdefault(call_id, Redactor(self._secrets()))
                certain = stream.feed(text)
                return replace(event, text=certain) if certain else None
            case ToolFinished():
                self._streams.pop(event.call.id, None)
                return self._hide_result(event)
            case CommandRan():
                self._streams.clear()
                run = None if event.run is None else self._hide_run(event.run)
                return replace(event, output=self.hide(event.output), run=run)
            case CheckFinished(check):
                return replace(event, check=replace(check, run=self._hide_run(check.run)))
            case Injected(message) | Steered(message) | TurnStarted(message=message):
                return replace(event, message=self._hide_message(message))
            case _:
                return event

    def hide(self, text: str) -> str:
        """The text without secrets."""
        hidden = redact(text, self._secrets()) if text else text
        self.has_hidden = self.has_hidden or hidden != text
        return hidden

    def object_to(self, arguments: Mapping[str, Any], effect: Effect) -> str:
        """Why a call must not run that would write the mark in the place of what it stands for; empty: it may."""
        if effect is not Effect.WRITE or not self.has_hidden:
            return ""
        return OBJECTION if MARK in json.dumps(arguments, default=str, ensure_ascii=False) else ""

    def _hide_result(self, event: ToolFinished) -> ToolFinished:
        result = event.result
        content, display = self.hide(result.content), self.hide(result.display)
        if (content, display) != (result.content, result.display):
            result = replace(result, content=content, display=display)
        changes = tuple(replace(change, diff=self.hide(change.diff)) for change in event.changes)
        command = None if event.command is None else self._hide_run(event.command)
        return replace(event, result=result, changes=changes, command=command)

    def _hide_run(self, run: CommandRun) -> CommandRun:
        return replace(run, tail=self.hide(run.tail))

    def _hide_message(self, message: Message) -> Message:
        if message.origin == HUMAN:
            return message
        parts = tuple(
            replace(part, text=self.hide(part.text)) if isinstance(part, Text) else part
            for part in message.parts
        )
        return replace(message, parts=parts)
