"""Text that was typed but not sent: kept per session until it is."""

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aura.config.paths import private_folder, state_dir, write_private
from aura.core.errors import AuraError
from aura.ui.pastes import Pastes, read_picture

MOST = 200  # drafts that are kept; the oldest go
MOST_ASKED = 20  # of them that are looked at for one that nobody can come back to


@dataclass(frozen=True, slots=True)
class Draft:
    """A text with its caret (a place in it) and what its labels stand for; `pictures` are paths."""

    text: str
    caret: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def pastes(self) -> Pastes:
        """What the labels stand for; a picture that is not there any more is left out."""
        found = Pastes()
        found.texts.update(self.texts)
        for label, path in self.pictures.items():
            with contextlib.suppress(AuraError):
                found.pictures[label] = read_picture(Path(path))
        return found


def make_draft(text: str, caret: int, pastes: Pastes) -> Draft:
    """The draft of a text, with those pastes that stand in it."""
    used = pastes.used(text)
    return Draft(text, caret, used.texts, {label: one.path for label, one in used.pictures.items()})


def save_draft(session: str, draft: Draft, unsaid_in: str = "") -> None:
    """Keep a draft (0600), whole or not at all; an empty one is removed. A disk that refuses is no error.

    `unsaid_in` is the workspace of a session in which nothing was said yet: nobody can come back to that one, so its
    draft is for the next new one there (see `take_orphan`).
    """
    if not draft.text:
        remove_draft(session)
        return
    data = {
        "text": draft.text,
        "caret": draft.caret,
        "texts": dict(draft.texts),
        "pictures": dict(draft.pictures),
        "unsaid_in": unsaid_in,
        "process": os.getpid(),
    }
    path = _place(session)
    with contextlib.suppress(OSError):
        private_folder(path.parent)
        write_private(path, json.dumps(data, ensure_ascii=False), durable=False)


def load_draft(session: str) -> Draft | None:
    """The draft of a session; None when there is none that can be read."""
    try:
        data: Any = json.loads(_place(session).read_text(encoding="utf-8"))
        text, caret = data["text"], data["caret"]
        texts, pictures = data["texts"], data["pictures"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_sound = isinstance(text, str) and isinstance(caret, int)
    is_sound = is_sound and isinstance(texts, dict) and isinstance(pictures, dict)
    parts = [*texts.values(), *pictures.values()] if is_sound else [None]
    if not all(isinstance(part, str) for part in parts):
        return None
    return Draft(text, max(0, min(caret, len(text))), texts, pictures)


def take_orphan(workspace: str) -> Draft | None:
    """The newest draft of a session of a workspace in which nothing was said, whose window is gone; it is removed."""
    with contextlib.suppress(OSError):
        for path in _list_newest()[:MOST_ASKED]:
            try:
                data: Any = json.loads(path.read_text(encoding="utf-8"))
                is_orphan = data["unsaid_in"] == workspace and not _runs(data["process"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if is_orphan and (draft := load_draft(path.stem)) is not None:
                remove_draft(path.stem)
                return draft
    return None


def _runs(process: object) -> bool:
    import psutil

    return isinstance(process, int) and psutil.pid_exists(process)


def remove_draft(session: str) -> None:
    """Forget a draft."""
    with contextlib.suppress(OSError):
        _place(session).unlink()


def prune_drafts() -> None:
    """Leave the newest `MOST` drafts."""
    with contextlib.suppress(OSError):
        for path in _list_newest()[MOST:]:
            path.unlink()


def _list_newest() -> list[Path]:
    return sorted(_folder().iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)


def _folder() -> Path:
    return state_dir() / "drafts"


def _place(session: str) -> Path:
    return _folder() / f"{re.sub(r'[^A-Za-z0-9._-]', '_', session).lstrip('.') or 'none'}.json"
