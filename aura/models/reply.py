"""The reply to one call: bytes in, deltas and one `Completion` out, or one `ModelError`."""

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace

from aura.core.errors import ModelError, ModelErrorKind
from aura.core.models import Completion, Delta, Finish, Usage, price
from aura.models.assemble import Assembly
from aura.models.decode import Fault
from aura.models.dialects import Reading
from aura.models.endpoint import Endpoint
from aura.models.faults import from_fault, make_error, page_title, read_body
from aura.models.framing import BinaryFrames, Event, TextFrames
from aura.models.transport import AFTER_END, AFTER_FINISH, Call, Patience, exchange, read_pieces, translated

MALFORMED = (AttributeError, TypeError, KeyError, ValueError, IndexError, RecursionError)

STREAMS = ("stream", "ndjson", "jsonl")
ABSURD = 4  # times the window: a count above that is a mistake
TORN = ("{", "[{", "data", "event")  # how a reply begins that has no end


class Reply:
    """One reply while its bytes arrive; knows nothing of the network."""

    def __init__(self, endpoint: Endpoint, status: int, headers: dict[str, str]) -> None:
        self._endpoint = endpoint
        self._status = status
        self._headers = headers
        self._type = headers.get("content-type", "")
        self._frames: BinaryFrames | TextFrames = TextFrames()
        self._is_new = True
        self._assembly = Assembly()
        self._reading = Reading(self._assembly)

    @property
    def patience(self) -> float | None:
        """How many seconds the next bytes are worth waiting for; None while the reply is not finished."""
        if self._reading.ended:
            return AFTER_END
        report = self._assembly.finished
        if report is None or not report.sure:
            return None
        return AFTER_END if self._assembly.usage else AFTER_FINISH

    @property
    def text(self) -> str:
        """The text so far."""
        return self._assembly.text

    @property
    def is_finished(self) -> bool:
        """Whether the provider has ended the reply on purpose."""
        return self._assembly.finished is not None

    def feed(self, piece: bytes) -> Iterator[Delta]:
        """The deltas in these bytes; raises `ModelError` when they report a fault or make no sense."""
        if self._is_new and piece:
            self._is_new = False
            if piece[0] == 0:  # no text begins like this, and every frame of AWS does
                self._frames = BinaryFrames()
        yield from self._take(self._frames.feed(piece))
        if self._frames.damaged and not self.is_finished:
            words = "an event of the stream is damaged"
            raise make_error(self._endpoint, ModelErrorKind.BAD_REPLY, words, partial=self.text)

    def close(self, input_tokens: int) -> Iterator[Delta | Completion]:
        """The last deltas and the completion, at the end of the body; `input_tokens` is the guess aura made."""
        yield from self._take(self._frames.close())
        if not self._reading.recognised:
            yield from self._take(self._read_document())
        if not self._reading.recognised:
            raise self._describe_nothing()
        try:
            completion = self._assembly.finish(self._endpoint.info.name)
        except ModelError as error:
            raise make_error(
                self._endpoint, error.kind, "the reply broke off before its end", partial=self.text
            ) from None
        if self._assembly.is_empty and completion.finish is Finish.CONTENT_FILTER:
            raise make_error(self._endpoint, ModelErrorKind.CONTENT_FILTER, "no reply was given")
        yield self._price(completion, input_tokens)

    def _take(self, events: Iterator[Event]) -> Iterator[Delta]:
        assembly, reading = self._assembly, self._reading
        try:
            for event in events:
                for piece in reading.read(event):
                    delta = assembly.add(piece)
                    if delta is not None:
                        yield delta
        except Fault as fault:
            if not (assembly.finished and assembly.finished.sure):
                raise from_fault(self._endpoint, fault, self._headers, self.text) from None
        except MALFORMED as error:
            words = f"the stream makes no sense: {type(error).__name__}: {error}"
            raise make_error(self._endpoint, ModelErrorKind.BAD_REPLY, words, partial=self.text) from error

    def _read_document(self) -> Iterator[Event]:
        """The body as one JSON document, if it is one."""
        try:
            value = json.loads(self._frames.foreign.text)
        except (ValueError, RecursionError):
            return
        yield Event("", value)

    def _describe_nothing(self) -> ModelError:
        """Why a body that holds no reply holds none."""
        body, unread = self._frames.foreign.text, self._reading.unread
        is_torn = any(body.startswith(word) or word.startswith(body) for word in TORN) if body else False
        if unread:
            body, is_torn = json.dumps(unread[0]), False
        if is_torn or (not body and any(word in self._type for word in STREAMS)):
            words = "the reply broke off at its very beginning"
            return make_error(self._endpoint, ModelErrorKind.CUT, words)
        if not body:
            words = f"an empty reply ({self._status}{f', {self._type}' if self._type else ''})"
        elif "<html" in body[:2000].lower() or "<!doctype" in body[:100].lower():
            words = f"a web page instead of a reply ({page_title(body)}; {self._type}); check the model's api_base"
        else:
            fault = read_body(0, body, self._type)
            known = from_fault(self._endpoint, fault, self._headers)
            if known.kind not in {ModelErrorKind.OVERLOADED, ModelErrorKind.BAD_REQUEST}:
                return known
            words = f"no reply in a form that is known ({self._type or 'no content type'}): {fault.message}"
        return make_error(self._endpoint, ModelErrorKind.BAD_REPLY, words, status=self._status)

    def _is_absurd(self, usage: Usage) -> bool:
        """Whether the provider counted more than its model can take, or say."""
        info = self._endpoint.info
        most, longest = info.window * ABSURD, (info.max_output or info.window) * ABSURD
        return 0 < most < usage.input or 0 < longest < usage.output

    def _price(self, completion: Completion, input_tokens: int) -> Completion:
        usage, report = completion.usage, self._assembly.usage
        spoken = max(1, self._assembly.spoken // 4) if not self._assembly.is_empty else 0
        if report is None or self._is_absurd(usage):
            usage, report = Usage(input=input_tokens, output=spoken, estimated=True), None
        elif not usage.input or (spoken and not usage.output):  # one half was not counted
            counted = replace(usage, input=usage.input or input_tokens, output=usage.output or spoken)
            usage = replace(counted, estimated=True)
        cost = price(self._endpoint.info, usage)
        if cost is None and report is not None:
            cost = report.cost
        return replace(completion, usage=usage, cost=cost)


async def read_reply(endpoint: Endpoint, call: Call, input_tokens: int) -> AsyncGenerator[Delta | Completion]:
    """Send a call and yield the reply's deltas, then its `Completion`."""
    async with exchange(endpoint, call) as response:
        reply = Reply(endpoint, response.status_code, dict(response.headers))
        patience = Patience()
        pieces = read_pieces(response, patience)
        async with contextlib.aclosing(pieces):
            while True:
                piece = await _next_piece(endpoint, call, reply, pieces)
                if piece is None:
                    break
                for delta in reply.feed(piece):
                    yield delta
                patience.seconds = reply.patience
        for last in reply.close(input_tokens):
            yield last


async def _next_piece(
    endpoint: Endpoint, call: Call, reply: Reply, pieces: AsyncIterator[bytes]
) -> bytes | None:
    """The next bytes; None at the end of the body, and when a finished reply loses its connection."""
    try:
        with translated(endpoint, call.url, begun=True):
            return await anext(pieces, None)
    except ModelError as error:
        if reply.is_finished:
            return None
        error.partial = reply.text
        raise
