"""Typed text that was not sent."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aura.config.paths import state_dir
from aura.ui import drafts as module
from aura.ui.drafts import Draft, load_draft, make_draft, prune_drafts, remove_draft, save_draft, take_orphan
from aura.ui.pastes import Pastes, read_picture

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


def test_a_draft_comes_back_with_what_was_pasted(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG)
    pastes = Pastes()
    label = pastes.fold("line\n" * 40)
    unused = pastes.fold("other\n" * 40)
    shown = pastes.add_picture(read_picture(picture))
    save_draft("s1", make_draft(f"see {label} and {shown}", 3, pastes))
    draft = load_draft("s1")
    assert draft is not None
    assert (draft.text, draft.caret) == (f"see {label} and {shown}", 3)
    assert draft.pastes.expand(draft.text) == "see " + "line\n" * 40 + f" and {shown}"
    assert len(draft.pastes.images(draft.text)) == 1
    assert unused not in draft.texts
    picture.unlink()
    assert draft.pastes.images(draft.text) == ()


def test_only_its_owner_reads_it_and_nothing_else_is_left() -> None:
    save_draft("s1", Draft("text", 4))
    (path,) = (state_dir() / "drafts").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_empty_draft_is_none() -> None:
    save_draft("s1", Draft("text", 4))
    save_draft("s1", Draft("", 0))
    assert load_draft("s1") is None
    remove_draft("s1")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "null", '{"text": 1, "caret": 0, "texts": {}, "pictures": {}}', '{"text": "a"}', "\xff",
     '{"text": "a", "caret": 0, "texts": {"x": 1}, "pictures": {}}'],
)  # fmt: skip
def test_a_file_that_is_no_draft_is_none(content: str) -> None:
    save_draft("s1", Draft("text", 4))
    (path,) = (state_dir() / "drafts").iterdir()
    path.write_bytes(content.encode("latin-1"))
    assert load_draft("s1") is None


def test_a_caret_beyond_the_text_is_brought_back() -> None:
    save_draft("s1", Draft("text", 4))
    (path,) = (state_dir() / "drafts").iterdir()
    path.write_text(json.dumps({"text": "ab", "caret": 99, "texts": {}, "pictures": {}}))
    draft = load_draft("s1")
    assert draft is not None
    assert draft.caret == 2


def test_a_session_name_leads_nowhere_else() -> None:
    save_draft("../../etc/x", Draft("text", 4))
    (path,) = (state_dir() / "drafts").iterdir()
    assert "/" not in path.name and not path.name.startswith(".")
    assert load_draft("../../etc/x") == Draft("text", 4)


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    for number in range(6):
        save_draft(f"s{number}", Draft("text", 4))
    prune_drafts()
    assert len(list((state_dir() / "drafts").iterdir())) == 3


def test_a_draft_of_a_session_without_a_word_is_for_the_next_one_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft = make_draft("unsent", 3, Pastes())
    save_draft("new-1", draft, "/w")
    assert take_orphan("/w") is None, "its window is still there"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(os, "getpid", lambda: gone.pid)
    save_draft("new-1", draft, "/w")
    save_draft("old", draft)
    assert take_orphan("/elsewhere") is None
    assert take_orphan("/w") == draft
    assert take_orphan("/w") is None, "it was taken"
    assert load_draft("old") == draft
