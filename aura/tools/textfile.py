"""The text of a file, and the way back to its very bytes.

A file is decoded once. Changes are spliced into the bytes at offsets, so what no change touches stays as it
is: encoding, byte order mark, line endings, missing final newline, stray bytes.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

MARK = "\ufeff"  # the byte order mark as a character

_MARKS = (  # the longer one first: FF FE 00 00 also begins like UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x7fELF", "an ELF program"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_DECLARED = re.compile(rb"coding[:=][ \t]*([-\w.]+)|<\?xml[^>]*\sencoding=[\"']([-\w.]+)[\"']")
# Codecs in which every character has its own bytes wherever it stands, so that an offset can be counted.
_STATELESS = re.compile(r"cp\d+|iso8859-\d+|koi8-[ru]|mac-\w+|gbk|gb18030|big5|shift_jis|euc_(jp|kr)")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\b\v\x1a\x1b")) + b"\x7f"
_NUL_SHARE = 1000  # a text may have one NUL in this many bytes; source files with a literal NUL exist
_CONTROL_SHARE = 20  # and one other control character in this many


class NotText(ValueError):
    """The bytes are not text that can be edited; `reason` is one word for programs: binary, undecodable."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class NotEncodable(ValueError):
    """The file's encoding has no bytes for a character of the new text."""

    def __init__(self, character: str, encoding: str) -> None:
        what = (
            "an unpaired surrogate"
            if 0xD800 <= ord(character) <= 0xDFFF
            else f"the character {character} (U+{ord(character):04X})"
        )
        super().__init__(f"The file is {encoding}, which cannot hold {what}. Nothing was changed.")
        self.character = character
        self.encoding = encoding


@dataclass(frozen=True, slots=True)
class Splice:
    """Characters start to end (exclusive) are replaced by text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class TextFile:
    """A decoded file: `text` has the file's own line endings and no byte order mark.

    `errors` is the codec's error handler: "surrogateescape" carries stray bytes through UTF-8, "surrogatepass"
    unpaired surrogates through UTF-16.
    """

    data: bytes
    text: str
    encoding: str
    bom: bytes = b""
    errors: str = "strict"

    @classmethod
    def decode(cls, data: bytes) -> "TextFile":
        """The text in these bytes; raises NotText for binary data and for a broken UTF-16 or UTF-32 file."""
        for bom, encoding in _MARKS:
            if data.startswith(bom):
                return _decode_marked(data, bom, encoding)
        for signature, name in _SIGNATURES:
            if data.startswith(signature):
                raise NotText("binary", f"This is {name}, not text.")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return _decode_legacy(data)
        if b"\0" in data:
            return _decode_with_nul(data, text)
        if _too_many(data, _CONTROLS, _CONTROL_SHARE):
            raise NotText("binary", "This is binary: it is full of control characters.")
        declared = _declared_codec(data) if text.isascii() else None
        return cls(data, text, declared or "utf-8")

    def encode(self, text: str) -> bytes:
        """The bytes of a whole new text in this file's encoding; raises NotEncodable."""
        return self.bom + self._encode(text)

    def splice(self, splices: Sequence[Splice]) -> bytes:
        """The file's bytes with the splices (ascending, apart) put in; raises NotEncodable.

        Offsets count characters of `mark` plus `text`: with a byte order mark, character 0 is the mark.
        """
        lead = len(self.bom)
        pieces: list[bytes] = []
        place = byte = 0  # the same spot in characters and in bytes
        full = self.full
        single = len(self.data) - lead == len(self.text) and not lead
        for splice in splices:
            kept = splice.start - place if single else len(self._encode(full[place : splice.start]))
            gone = splice.end - splice.start if single else len(self._encode(full[splice.start : splice.end]))
            pieces += [self.data[byte : byte + kept], self._encode(splice.text)]
            byte += kept + gone
            place = splice.end
        pieces.append(self.data[byte:])
        return b"".join(pieces)

    @property
    def full(self) -> str:
        """The text with the byte order mark, if there is one, as its first character."""
        return MARK + self.text if self.bom else self.text

    @property
    def newline(self) -> str:
        """The line ending most lines have; LF when there is none."""
        pairs = self.text.count("\r\n")
        counts = {
            "\n": self.text.count("\n") - pairs,
            "\r\n": pairs,
            "\r": self.text.count("\r") - pairs,
        }
        return max(counts, key=lambda ending: counts[ending])

    def other_readings(self) -> tuple["TextFile", ...]:
        """The same bytes in the other encodings somebody may have read them in, when UTF-8 is not the answer."""
        if (
            self.bom
            or self.encoding.startswith("utf-16")
            or (self.encoding, self.errors) == ("utf-8", "strict")
        ):
            return ()
        found = [_decode_as(self.data, "utf-8", "surrogateescape")]
        found += [_decode_as(self.data, encoding, "strict") for encoding in ("cp1252", "latin-1")]
        return tuple(file for file in found if file is not None and file.text != self.text)

    def _encode(self, text: str) -> bytes:
        try:
            return text.encode(self.encoding, self.errors)
        except UnicodeEncodeError as error:
            raise NotEncodable(text[error.start], self.encoding) from None


def _decode_marked(data: bytes, bom: bytes, encoding: str) -> TextFile:
    body = data[len(bom) :]
    handlers = ("strict", "surrogateescape" if encoding == "utf-8" else "surrogatepass")
    for errors in handlers:
        try:
            return TextFile(data, body.decode(encoding, errors), encoding, bom, errors)
        except UnicodeDecodeError:
            continue
    raise NotText("undecodable", f"It begins like {encoding.upper()}, but is not valid {encoding.upper()}.")


def _decode_with_nul(data: bytes, text: str) -> TextFile:
    found = _decode_bare_utf16(data)
    if found is not None:
        return found
    if _too_many(data, b"\0", _NUL_SHARE) or _too_many(data, _CONTROLS, _CONTROL_SHARE):
        raise NotText("binary", "This is binary: it has NUL bytes.")
    return TextFile(data, text, "utf-8")


def _decode_bare_utf16(data: bytes) -> TextFile | None:
    """UTF-16 without a mark, only where nearly every other byte is NUL and the rest reads as text."""
    if len(data) % 2 or len(data) < 4:
        return None
    even, odd = data[0::2].count(0), data[1::2].count(0)
    half = len(data) // 2
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if low == 0 and high * 10 >= half * 7:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if all(character.isprintable() or character.isspace() for character in set(text)):
                return TextFile(data, text, encoding)
    return None


def _decode_legacy(data: bytes) -> TextFile:
    """Bytes that are not UTF-8: what they declare, UTF-8 with stray bytes, or a Western single-byte encoding."""
    bare = _decode_bare_utf16(data)
    if bare is not None:
        return bare
    if b"\0" in data:
        raise NotText("binary", "This is binary: it has NUL bytes and is not UTF-8.")
    if _too_many(data, _CONTROLS, _CONTROL_SHARE):
        raise NotText("binary", "This is binary: it is full of control characters and is not UTF-8.")
    declared = _declared_codec(data)
    if declared:
        found = _decode_as(data, declared, "strict")
        if found is not None:
            return found
    escaped = data.decode("utf-8", "surrogateescape")
    stray = len(re.findall("[\udc80-\udcff]", escaped))
    good = len(re.findall("[^\x00-\x7f]", escaped)) - stray
    if good >= stray:
        return TextFile(data, escaped, "utf-8", errors="surrogateescape")
    windows = _decode_as(data, "cp1252", "strict")
    if windows is not None and re.search(rb"[\x80-\x9f]", data):
        return windows
    return TextFile(data, data.decode("latin-1"), "latin-1")


def _decode_as(data: bytes, encoding: str, errors: str) -> TextFile | None:
    """The file in this encoding, if the bytes come back the same."""
    try:
        text = data.decode(encoding, errors)
        back = text.encode(encoding, errors)
    except (UnicodeError, LookupError):
        return None
    return TextFile(data, text, encoding, errors=errors) if back == data else None


def _declared_codec(data: bytes) -> str | None:
    """The single-byte or East Asian encoding that the first two lines name, as Python, Vim and XML do."""
    head = b"\n".join(data[:1000].split(b"\n", 2)[:2])
    found = _DECLARED.search(head)
    if found is None:
        return None
    try:
        name = codecs.lookup((found.group(1) or found.group(2)).decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return None
    return name if _STATELESS.fullmatch(name) else None


def _too_many(data: bytes, unwanted: bytes, share: int) -> bool:
    sample = data[:1_000_000]
    return (len(sample) - len(sample.translate(None, unwanted))) * share > len(sample)
