"""The HTML transcript: one file, no script, in which nothing that was said is markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from aura.cli.cmd_export import command
from aura.config.paths import sessions_dir
from aura.core import events as ev
from aura.core.evidence import FileChange
from aura.core.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, user
from aura.core.models import Completion
from aura.store.export_html import export_html
from tests.runs.tales import record, tale
from tests.store.samples import DURABLE, events
from tests.store.test_index import write

HOSTILE = "</pre></div><script>alert(1)</script><img src=x onerror=y>\x1b[2J\u202e\"'&"


class Page(HTMLParser):
    """Collects what a page is made of, and whether every element is closed."""

    VOID = frozenset({"meta", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "time",
        "p",
        "div",
        "pre",
        "span",
        "details",
    ),
    *("summary", "strong", "img"),
}


def make(happened: list[ev.Recorded]) -> Page:
    return Page("".join(export_html(happened)))


def test_a_night_can_be_read_without_anything_else() -> None:
    text = "".join(export_html(tale()))
    page = Page(text)
    assert page.open == []
    assert set(page.tags) <= TAGS
    assert page.tags.count("details") >= 8
    for said in (
        "Fix the flaky test.",
        "git push --force",
        "+        return list(self.items)",
        "The race is *fixed*.",
    ):
        assert said in page.text
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "prefers-color-scheme: dark" in text
    assert "script-src" not in text
    assert "default-src 'none'" in text


def test_what_was_said_is_never_markup() -> None:
    call = ToolCall("c", HOSTILE, {"command": HOSTILE})
    pictures = (Image(f"image/{HOSTILE}", HOSTILE), Image("image/png", HOSTILE))
    thinking = Message("assistant", (Thinking(HOSTILE), Text(HOSTILE), call), "model")
    page = make(
        record(
            [
                ev.SessionStarted(HOSTILE, HOSTILE, HOSTILE),
                ev.TurnStarted(1, user(HOSTILE, images=pictures)),
                ev.ModelReplied(Completion(thinking)),
                ev.ToolFinished(
                    call,
                    ToolResult("c", HOSTILE),
                    "ok",
                    1.0,
                    (FileChange(HOSTILE, "modified", 1, 1, f"+{HOSTILE}"),),
                ),
            ]
        )
    )
    assert set(page.tags) <= TAGS - {"img"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text
    assert "<script>alert(1)</script>" in page.text


def test_pictures_are_inside_the_file() -> None:
    page = "".join(
        export_html(record([ev.TurnStarted(1, user("look", images=(Image("image/png", "iVBORw0KGgo="),)))]))
    )
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in page


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of([events(kind) for kind in DURABLE]), max_size=8))
def test_whatever_a_log_holds_the_page_is_whole(happened: list[ev.DurableEvent]) -> None:
    page = make(record(happened))
    assert page.open == []
    assert set(page.tags) <= TAGS


def test_it_is_written_by_the_command_and_hides_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BIG_API_KEY", "sesame-open-yourself-42")
    folder = sessions_dir(tmp_path) / "abc"
    write(folder, ev.TurnStarted(1, user("the key is sesame-open-yourself-42")))
    file = tmp_path / "page.html"
    done = CliRunner().invoke(command, ["abc", "--format", "html", "-o", str(file), "-C", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "sesame" not in file.read_text(encoding="utf-8")
    assert "the key is" in file.read_text(encoding="utf-8")
