"""What a plugin or a program may import; the only part of aura that is promised to stay as it is."""

import importlib
from typing import TYPE_CHECKING, Any

from aura.core.attempts import Attempt, digest_call
from aura.core.errors import AuraError, ConfigError, ModelError, ToolError
from aura.core.events import Event, Injected, NoticeShown
from aura.core.messages import Image, Message, Text, ToolCall, ToolResult, is_empty
from aura.core.models import ModelInfo
from aura.core.permissions import Allow, Ask, Deny
from aura.core.requests import request_approval, request_input
from aura.core.todos import Todo, open_todos, render_todos
from aura.core.tools import Access, Answer, Effect, Option, Question, ToolContext, ToolOutput
from aura.core.turn import Turn
from aura.hookspecs import (
    AfterResponse,
    AfterTool,
    BeforeChat,
    BeforeCompaction,
    BeforeStop,
    BeforeTool,
    Injection,
    ModelFamily,
    OnError,
    PanelSource,
    StatusSource,
    ToolSetup,
    hookimpl,
)

if TYPE_CHECKING:
    from aura.app.autonomous import (
        RunHandle,
        RunOptions,
        RunResult,
        RunStatus,
        configure,
        start_autonomous,
    )
    from aura.app.embed import Agent
    from aura.app.threaded import ThreadedRun, run_autonomous, run_in_background
    from aura.commands.define import Command, CommandContext
    from aura.plugins.trial import Trial
    from aura.runs.report import Report
    from aura.tools.define import tool

# Loaded when they are asked for: most plugins need none of them, and they cost time.
LATE = {
    "Agent": "aura.app.embed",
    "Command": "aura.commands.define",
    "CommandContext": "aura.commands.define",
    "Report": "aura.runs.report",
    "RunHandle": "aura.app.autonomous",
    "RunOptions": "aura.app.autonomous",
    "RunResult": "aura.app.autonomous",
    "RunStatus": "aura.app.autonomous",
    "ThreadedRun": "aura.app.threaded",
    "Trial": "aura.plugins.trial",
    "configure": "aura.app.autonomous",
    "run_autonomous": "aura.app.threaded",
    "run_in_background": "aura.app.threaded",
    "start_autonomous": "aura.app.autonomous",
    "tool": "aura.tools.define",
}

__all__ = [
    "Access",
    "AfterResponse",
    "AfterTool",
    "Agent",
    "Allow",
    "Answer",
    "Ask",
    "Attempt",
    "AuraError",
    "BeforeChat",
    "BeforeCompaction",
    "BeforeStop",
    "BeforeTool",
    "Command",
    "CommandContext",
    "ConfigError",
    "Deny",
    "Effect",
    "Event",
    "Image",
    "Injected",
    "Injection",
    "Message",
    "ModelError",
    "ModelFamily",
    "ModelInfo",
    "NoticeShown",
    "OnError",
    "Option",
    "PanelSource",
    "Question",
    "Report",
    "RunHandle",
    "RunOptions",
    "RunResult",
    "RunStatus",
    "StatusSource",
    "Text",
    "ThreadedRun",
    "Todo",
    "ToolCall",
    "ToolContext",
    "ToolError",
    "ToolOutput",
    "ToolResult",
    "ToolSetup",
    "Trial",
    "Turn",
    "configure",
    "digest_call",
    "hookimpl",
    "is_empty",
    "open_todos",
    "render_todos",
    "request_approval",
    "request_input",
    "run_autonomous",
    "run_in_background",
    "start_autonomous",
    "tool",
]


if not TYPE_CHECKING:  # else a checker would take every name for known

    def __getattr__(name: str) -> Any:
        if name not in LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(LATE[name]), name)
