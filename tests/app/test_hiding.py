"""Secrets are hidden in what tools say, however they are written, and are not destroyed by that."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from aura.app.build import Opened, open_session
from aura.app.hiding import Hiding
from aura.app.options import SessionOptions
from aura.config.paths import config_dir
from aura.core.events import Recorded, ToolFinished, ToolOutputDelta, TurnStarted
from aura.core.messages import HUMAN, user
from aura.core.permissions import Mode
from aura.safety.redact import MARK, Redactor, known_secrets, telling_secrets
from aura.testing import FakeModel, call, reply

KEY = "zq-canary/4711+deadbeef"
SPELLED = {"plain": KEY, "url": quote(KEY, safe=""), "base64": base64.b64encode(KEY.encode()).decode()}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SOME_SERVICE_TOKEN", KEY)
    return iter(())


async def open_here(
    place: Path, *replies: object, **flags: object
) -> tuple[Opened, list[Recorded], FakeModel]:
    workspace = place / "work"
    workspace.mkdir(exist_ok=True)
    model = FakeModel(*replies)  # type: ignore[arg-type]
    opened = await open_session(
        SessionOptions(
            workspace, model=model, sessions=place / "s", mode=Mode.YOLO, trusted=True, flags=flags
        )
    )
    seen: list[Recorded] = []
    opened.session.watchers.append(seen.append)
    return opened, seen, model


async def run(opened: Opened, text: str) -> None:
    async for _ in opened.session.prompt(text):
        pass
    await opened.close()


def read_log(opened: Opened) -> bytes:
    return b"".join(
        path.read_bytes() for path in opened.session.folder.iterdir() if path.name.startswith("log.")
    )


@pytest.mark.parametrize("way", SPELLED)
async def test_neither_the_model_nor_the_log_gets_it(tmp_path: Path, way: str) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes.txt").write_text(f"before {SPELLED[way]} after\n")
    opened, seen, model = await open_here(
        tmp_path,
        reply(
            "",
            call("Read", path="notes.txt"),
            call("Bash", command="cat notes.txt; printf 'no end '; cat notes.txt"),
        ),
        reply("", call("Grep", pattern="before")),
        "seen",
    )
    await run(opened, "look")
    told = "\n".join(str(request.messages) for request in model.requests)
    assert "before" in told and MARK in told
    assert SPELLED[way].rstrip("=") not in told
    results = [one.event for one in seen if isinstance(one.event, ToolFinished | ToolOutputDelta)]
    assert MARK in str(results) and SPELLED[way].rstrip("=") not in str(results)
    assert SPELLED[way].rstrip("=").encode() not in read_log(opened)


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes.txt").write_text(KEY)
    opened, _, model = await open_here(
        tmp_path, reply("", call("Read", path="notes.txt")), "seen", **{"context.hide_secrets": False}
    )
    await run(opened, "look")
    assert KEY in str(model.requests[-1].messages)


async def test_what_stands_for_a_secret_is_not_written_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    file = tmp_path / "work" / "settings.ini"
    file.write_text(f"key = {KEY}\nlevel = 1\n")
    opened, seen, _ = await open_here(
        tmp_path,
        reply("", call("Read", path="settings.ini")),
        reply("", call("Write", path="settings.ini", content=f"key = {MARK}\nlevel = 2\n")),
        reply("", call("Edit", path="settings.ini", old="level = 1", new="level = 2")),
        "done",
    )
    await run(opened, "set the level to 2")
    written = [one.event for one in seen if isinstance(one.event, ToolFinished)]
    assert written[1].outcome == "invalid" and "stands for a secret" in written[1].result.content
    assert file.read_text() == f"key = {KEY}\nlevel = 2\n"


async def test_the_mark_itself_may_be_written_where_nothing_was_hidden(tmp_path: Path) -> None:
    opened, _, _ = await open_here(
        tmp_path, reply("", call("Write", path="a.md", content=f"{MARK}\n")), "done"
    )
    await run(opened, "write")
    assert (tmp_path / "work" / "a.md").read_text() == f"{MARK}\n"


async def test_a_persons_shell_line_is_told_without_it(tmp_path: Path) -> None:
    hiding = Hiding()
    told = hiding(TurnStarted(1, user(f"printed {KEY}", "shell")))
    assert isinstance(told, TurnStarted) and told.message.text == f"printed {MARK}"
    said = TurnStarted(1, user(f"use {KEY}", HUMAN))
    assert hiding(said) == said, "what a person says on purpose is theirs to say"


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_stream_never_shows_a_part_of_it(size: int) -> None:
    text = f"a {KEY} b\rprogress {KEY}\n{KEY}"
    stream = Redactor([KEY])
    pieces = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*pieces, stream.close()]) == f"a {MARK} b\rprogress {MARK}\n{MARK}"


def test_a_line_without_an_end_is_not_held_for_ever() -> None:
    stream = Redactor([KEY])
    out = [stream.feed("word " * 1000) for _ in range(100)]
    out.append(stream.feed(f"{KEY} "))
    held = len("word " * 100_000) - len("".join(out))
    assert held < 100_000
    assert "".join([*out, stream.close()]) == "word " * 100_000 + f"{MARK} "


def test_keys_that_aura_keeps_are_known(tmp_path: Path) -> None:
    (config_dir() / "auth.json").write_text(json.dumps({"keys": {"openai": "kept-key-0123456789"}}))
    assert "kept-key-0123456789" in known_secrets()
    (config_dir() / "auth.json").write_text("{")
    assert "kept-key-0123456789" not in known_secrets()


def test_words_are_not_hidden_from_the_model() -> None:
    environ = {
        "POSTGRES_PASSWORD": "postgres",
        "API_TOKEN": "abc12345",
        "LONG_SECRET": "onlylettersbutverylong",
    }
    assert telling_secrets(environ) == {"abc12345", "onlylettersbutverylong"}
