"""Fakes with behaviour, and a stage to put them on: for aura's own tests and for those of plugins.

`Stage` wires a real session, loop, dispatcher and finish gate to fakes; `play` runs a conversation written in YAML
with the real tools and the shipped plugins, and returns its log.
"""

from aura.testing.fakes import (
    Act,
    FakeClock,
    FakeModel,
    FakePerson,
    FakeRunner,
    FakeTool,
    MemoryLog,
    Player,
    call,
    count_usage,
    reply,
)
from aura.testing.golden import render_event, render_log
from aura.testing.play import Conversation, perform, play, read_conversation
from aura.testing.stage import Props, QuietHooks, Stage, examine_freely

__all__ = [
    "Act",
    "Conversation",
    "FakeClock",
    "FakeModel",
    "FakePerson",
    "FakeRunner",
    "FakeTool",
    "MemoryLog",
    "Player",
    "Props",
    "QuietHooks",
    "Stage",
    "call",
    "count_usage",
    "examine_freely",
    "perform",
    "play",
    "read_conversation",
    "render_event",
    "render_log",
    "reply",
]
