"""Recordings: what is written, what is left out, and when playing back is refused."""

import json
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from aura.core.errors import ConfigError, ModelError, ModelErrorKind
from aura.core.messages import MODEL, Image, Message, Text, ToolCall, ToolResult, tool_message, user
from aura.core.models import Completion, Delta, Model, ModelInfo, Request, TextDelta, ToolSpec
from aura.models.open import open_model
from aura.models.recorded import RecordedModel, record
from aura.models.script_yaml import parse_script
from aura.models.scripted import ScriptedModel

SECRET = "sk-0123456789abcdef"
TOOLS = (ToolSpec("Bash", "Run", {"type": "object"}),)
SCRIPT = f"""
piece: 4
prices: {{input: 0.001, output: 0.002}}
replies:
  - think: the key is {SECRET}, I must not tell
    say: Using {SECRET} now.
    call: [{{tool: Bash, with: {{command: "echo {SECRET}", list: ["{SECRET}"]}}}}]
  - {{error: {{kind: rate_limit, retry_after: 2, message: "no more for {SECRET}"}}}}
  - {{say: this is cut off, cut: 2}}
  - {{say: The end., finish: length}}
"""


def redact(text: str) -> str:
    return text.replace(SECRET, "[secret]")


def asked(*messages: Message, tools: Sequence[ToolSpec] = TOOLS, system: str = "system") -> Request:
    return Request(system, messages, tools)


FIRST = asked(user("start"))
CALL = Message("assistant", (ToolCall("c1", "Bash", {"command": "x"}),), MODEL)
SECOND = asked(user("start"), CALL, tool_message(ToolResult("c1", "done")))


async def collect(model: Model, request: Request) -> tuple[list[Delta | Completion], ModelError | None]:
    pieces: list[Delta | Completion] = []
    try:
        async for piece in model.stream(request):
            pieces.append(piece)  # noqa: PERF401 what came before an error counts
    except ModelError as error:
        return pieces, error
    return pieces, None


async def record_all(path: Path) -> list[tuple[list[Delta | Completion], ModelError | None]]:
    model = record(ScriptedModel(parse_script(SCRIPT, "s.yaml")), path, redact)
    return [await collect(model, request) for request in (FIRST, SECOND, SECOND, SECOND)]


def words(error: ModelError | None) -> tuple[object, ...]:
    assert error is not None
    return error.kind, redact(error.sentence), error.status, error.retry_after, error.partial


async def test_a_recording_plays_back_what_happened(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    before = await record_all(path)
    model = RecordedModel.load(path)
    after = [await collect(model, request) for request in (FIRST, SECOND, SECOND, SECOND)]
    assert model.left == 0
    assert [type(piece) for piece in after[0][0]] == [type(piece) for piece in before[0][0]]
    assert words(after[1][1]) == words(before[1][1])
    assert words(after[2][1]) == words(before[2][1])
    assert after[2][0] == before[2][0]
    assert after[3] == before[3]
    assert model.info == ScriptedModel(parse_script(SCRIPT, "s.yaml")).info


async def test_no_secret_and_no_request_text_is_written(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await record_all(path)
    written = path.read_text()
    assert SECRET not in written
    assert "start" not in written and "done" not in written
    for line in written.splitlines()[1:]:
        for run in json.loads(line)["stream"]:
            assert "0123456789" not in run["text"]
    played = await collect(RecordedModel.load(path), FIRST)
    done = played[0][-1]
    assert isinstance(done, Completion)
    assert done.message.text == "Using [secret] now."
    assert done.message.tool_calls[0].arguments == {"command": "echo [secret]", "list": ["[secret]"]}
    assert "".join(piece.text for piece in played[0] if isinstance(piece, TextDelta)) == "Using [secret] now."


async def test_a_recording_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    record(ScriptedModel(parse_script(SCRIPT)), path, redact)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        record(ScriptedModel(parse_script(SCRIPT)), path, redact)
    assert path.read_text() == "mine"
    with pytest.raises(ConfigError, match="cannot be made"):
        record(ScriptedModel(parse_script(SCRIPT)), tmp_path / "no" / "r.jsonl", redact)


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (asked(user("start"), tools=()), "no longer offered Bash"),
        (asked(user("start"), tools=(*TOOLS, ToolSpec("Read", "", {}))), "now offered Read"),
        (asked(user("start"), user("more")), "it had 1 messages, now there are 2"),
        (asked(CALL), r"message 1 was user \(text\), now it is assistant \(call of Bash\)"),
        (asked(user("start", images=(Image("image/png", "x"),))), "image/png"),
    ],
)
async def test_a_request_of_another_shape_is_refused_with_the_place(
    tmp_path: Path, request_: Request, complaint: str
) -> None:
    path = tmp_path / "r.jsonl"
    await record_all(path)
    model = RecordedModel.load(path)
    with pytest.raises(ModelError, match=complaint) as caught:
        await anext(aiter(model.stream(request_)))
    assert caught.value.kind is ModelErrorKind.BAD_REQUEST
    assert model.left == 4


async def test_other_texts_of_the_same_shape_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await record_all(path)
    played, error = await collect(RecordedModel.load(path), asked(user("other words"), system="another"))
    assert error is None and isinstance(played[-1], Completion)


async def test_an_error_where_a_result_was_is_another_shape(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await record_all(path)
    model = RecordedModel.load(path)
    await collect(model, FIRST)
    failed = asked(user("start"), CALL, tool_message(ToolResult("c1", "done", is_error=True)))
    _, error = await collect(model, failed)
    assert error is not None and "message 3 was tool (result), now it is tool (error)" in error.sentence


async def test_one_call_too_many_says_so(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await record_all(path)
    model = RecordedModel.load(path)
    for request in (FIRST, SECOND, SECOND, SECOND):
        await collect(model, request)
    _, error = await collect(model, SECOND)
    assert error is not None and "has 4 calls, and this is one more" in error.sentence


async def test_a_reply_that_nobody_read_to_its_end_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    model = record(ScriptedModel(parse_script("piece: 2\nreplies: [{say: abcdef}]")), path, redact)
    stream = model.stream(FIRST)
    assert isinstance(stream, AsyncIterator)
    async with aclosing(stream) as pieces:  # type: ignore[type-var]
        assert await anext(pieces) == TextDelta("ab")
    played, error = await collect(RecordedModel.load(path), FIRST)
    assert played == [TextDelta("ab")]
    assert error is not None and error.kind is ModelErrorKind.CUT


async def test_a_recording_is_opened_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    await record_all(path)
    assert open_model(f"recorded:{path}").info.name == "script:s.yaml"


@pytest.mark.parametrize(
    "content", ["", "{}", "nonsense", '{"format": "aura-recording", "version": 99, "model": {}}']
)
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigError, match="no recording"):
        RecordedModel.load(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        RecordedModel.load(tmp_path / "none")


async def test_a_model_passes_through_unchanged(tmp_path: Path) -> None:
    class Plain:
        info = ModelInfo("plain")

        async def stream(self, request: Request) -> AsyncIterator[Delta | Completion]:
            yield TextDelta(SECRET)
            yield Completion(Message("assistant", (Text(SECRET),), MODEL))

    model = record(Plain(), tmp_path / "r.jsonl", redact)
    pieces, _ = await collect(model, FIRST)
    assert pieces[0] == TextDelta(SECRET)
    assert model.info.name == "plain"
