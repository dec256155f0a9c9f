"""A model call beside the work: asked once, and what it took is recorded."""

from aura.agent.context import CHARS_PER_TOKEN, estimate_message
from aura.core.counted import CallCounted
from aura.core.models import (
    Completion,
    Delta,
    Model,
    Request,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    price,
)
from aura.core.recorder import Recorder


async def ask_aside(record: Recorder, model: Model, request: Request, part: str) -> str:
    """What the model says (empty: nothing), asked for `part` of aura; raises `ModelError`.

    What the call took is recorded also when it is cut or cancelled, then by an estimate.
    """
    meter = Meter(request)
    try:
        async for piece in model.stream(request):
            meter.hear(piece)
            if isinstance(piece, Completion):
                record(CallCounted(part, piece.model or model.info.name, piece.usage, piece.cost))
                return piece.message.text
    finally:
        counted = meter.tell(part, model)
        if counted is not None:
            record(counted)
    return ""


class Meter:
    """Estimates what a call took that does not come to its end."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._heard = 0
        self._is_whole = False

    def hear(self, piece: Delta | Completion) -> None:
        """A piece of the reply came."""
        match piece:
            case Completion():
                self._is_whole = True
            case TextDelta(text=text) | ThinkingDelta(text=text):
                self._heard += len(text)
            case ToolCallDelta(name=name, arguments=arguments):
                self._heard += len(name) + len(arguments)

    def tell(self, part: str, model: Model) -> CallCounted | None:
        """What it took by estimate; None when it came to its end, or nothing of it came and nothing was begun."""
        if self._is_whole or not self._heard:
            return None
        sent = sum(map(estimate_message, self._request.messages)) + int(
            len(self._request.system) / CHARS_PER_TOKEN
        )
        usage = Usage(sent, max(1, int(self._heard / CHARS_PER_TOKEN)), estimated=True)
        return CallCounted(part, model.info.name, usage, price(model.info, usage))
