"""The boundary function: no text from outside reaches a terminal before it is cleaned."""

import re

STRINGS = re.compile(r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x07|\x1b\\|\x9c|\Z)", re.DOTALL)
SEQUENCES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|\Z)|\x1b[ -/]*(?:[0-~]|\Z)")
INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SHOWN = re.compile(r"<U\+[0-9A-F]{4,6}>")  # as `clean` shows a character that is not seen
LONGEST_SHOWN = 10
SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without escape sequences; other control, invisible and direction characters are made visible.

    Line feeds and tabs stay; a carriage return before a line feed goes, any other counts as one.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = SEQUENCES.sub("", STRINGS.sub("", text))
    text = INVISIBLE.sub(lambda match: f"<U+{ord(match.group()):04X}>", text)
    text = SURROGATES.sub("\ufffd", text)
    return CONTROLS.sub(_show, text)


def _show(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def shorten(text: str, width: int) -> str:
    """The text on one line, cleaned, at most `width` characters long."""
    line = " ".join(clean(text).split())
    return line if len(line) <= width else f"{line[: find_end(line, width - 1)]}…"


def find_end(text: str, end: int) -> int:
    """Where to cut clean text to at most `end` characters: never within one that is shown as `<U+202E>`."""
    end = max(end, 0)
    for shown in SHOWN.finditer(text, max(0, end - LONGEST_SHOWN), end + LONGEST_SHOWN):
        if shown.start() < end < shown.end():
            return shown.start()
    return end
