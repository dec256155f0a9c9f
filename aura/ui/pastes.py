"""What is pasted: long texts folded into labels, files named by their paths, pictures.

A label stands in the typed text for what it names; when the text is sent it is replaced, once and not again in what
it was replaced by.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aura.core.errors import AuraError
from aura.core.messages import Image
from aura.core.text import clean, shorten

MOST_LINES, MOST_CHARACTERS = 10, 2_000  # a longer paste is folded
LARGEST_PICTURE = 5 * 1024 * 1024  # bytes
NAME_WIDTH = 40
MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was pasted: where it was read from, its media type and its bytes."""

    path: str
    media_type: str
    data: bytes = field(repr=False)

    @property
    def image(self) -> Image:
        """The picture as a message carries it."""
        return Image(self.media_type, base64.b64encode(self.data).decode())


def read_picture(path: Path) -> Picture:
    """Read a picture; raises `AuraError` with a sentence when it is none, too large or cannot be read."""
    name = shorten(path.name, NAME_WIDTH)
    try:
        if path.stat().st_size > LARGEST_PICTURE:
            raise AuraError(f"{name} is larger than 5 MB; make it smaller and paste it again.")
        data = path.read_bytes()
    except OSError as error:
        raise AuraError(f"{name} cannot be read: {error.strerror}.") from error
    for magic, media_type in MAGIC:
        if data.startswith(magic):
            return Picture(str(path), media_type, data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Picture(str(path), "image/webp", data)
    raise AuraError(f"{name} is not a picture that a model can be shown (PNG, JPEG, GIF, WebP).")


class Pastes:
    """The pastes of one draft by their labels."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.pictures: dict[str, Picture] = {}

    def fold(self, text: str, around: str = "") -> str:
        """What to insert for a pasted, cleaned text: itself, or a new label that stands nowhere in `around`."""
        lines = text.count("\n") + (not text.endswith("\n"))
        if lines <= MOST_LINES and len(text) <= MOST_CHARACTERS:
            return text
        number = len(self.texts) + 1
        while True:
            label = f"[paste #{number}, {lines} line{'' if lines == 1 else 's'}]"
            if label not in self.texts and label not in around and not self._is_within(label, text):
                self.texts[label] = text
                return label
            number += 1

    def find(self, text: str) -> str:
        """The label of the same paste; empty when there is none."""
        return next((label for label, one in self.texts.items() if one == text), "")

    def add_picture(self, picture: Picture) -> str:
        """The label of a picture; the same one when it is there already."""
        for label, one in self.pictures.items():
            if one.data == picture.data:
                return label
        name = re.sub(r"[\[\]]", "", shorten(Path(picture.path).name, NAME_WIDTH))
        label = f"[image #{len(self.pictures) + 1} {name}]"
        self.pictures[label] = picture
        return label

    def expand(self, text: str) -> str:
        """The text with each label of a text replaced by it."""
        if not self.texts:
            return text
        return self._pattern(self.texts).sub(lambda found: self.texts[found[0]], text)

    def refold(self, text: str) -> str:
        """The text with each whole paste in it replaced by its label: what `expand` did, undone."""
        for label, one in sorted(self.texts.items(), key=lambda item: -len(item[1])):
            text = text.replace(one, label)
        return text

    def images(self, text: str) -> tuple[Image, ...]:
        """The pictures whose labels stand in a text, in order."""
        return tuple(self.pictures[label].image for label in self.labels(text) if label in self.pictures)

    def labels(self, text: str) -> list[str]:
        """The labels that stand in a text, each once, in order."""
        return list(dict.fromkeys(text[start:end] for start, end in self.spans(text)))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where labels stand in a text."""
        every = {**self.texts, **self.pictures}
        if not every or "[" not in text:
            return []
        return [found.span() for found in self._pattern(every).finditer(text)]

    def used(self, text: str) -> "Pastes":
        """Only what stands in a text."""
        kept = Pastes()
        for label in self.labels(text):
            if label in self.texts:
                kept.texts[label] = self.texts[label]
            else:
                kept.pictures[label] = self.pictures[label]
        return kept

    def _is_within(self, label: str, text: str) -> bool:
        return label in text or any(label in one for one in self.texts.values())

    @staticmethod
    def _pattern(labels: Mapping[str, object]) -> re.Pattern[str]:
        return re.compile("|".join(re.escape(label) for label in labels))


def tidy(text: str) -> str:
    """A pasted text as it may be shown and sent: no escape sequences, line feeds only. Quick for a megabyte."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.replace("\n", "").replace("\t", "").isprintable() else clean(text)
