"""What shell text is read into: words and their pieces, redirections, simple commands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
PARAMETER = re.compile(r"(!?)([A-Za-z_]\w*|[1-9])(##?|%%?|//?|\^\^?|,,?|:?[-=+?]|:|@|\[)?", re.DOTALL)
ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "v": "\v",
}


class Unreadable(ValueError):
    """The text is no shell text, or of a kind that is not understood; the message says which.

    `commands` are those that could be read all the same: enough to refuse a text, never to allow it.
    """

    def __init__(self, reason: str, commands: Iterable["Simple"] = ()) -> None:
        super().__init__(reason)
        self.commands = tuple(commands)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a word: fixed text, a variable, the output of commands, or something that cannot be told.

    `parameter` is a variable with an operator (`x#a`), `list` the elements of an array or the arguments (`@`).
    """

    kind: Literal["text", "variable", "parameter", "list", "command", "unknown"]
    text: str
    quoted: bool = False
    commands: tuple["Simple", ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `raw` is how it is written."""

    pieces: tuple[Piece, ...]
    raw: str = ""

    @property
    def literal(self) -> str | None:
        """The text, when all of it is fixed."""
        fixed = all(piece.kind == "text" for piece in self.pieces)
        return "".join(piece.text for piece in self.pieces) if fixed else None

    @property
    def is_bare(self) -> bool:
        """Whether nothing of it is quoted or computed, so that it can be a reserved word."""
        return all(piece.kind == "text" and not piece.quoted for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection: its sign, where to, or the text of a here-document."""

    sign: str
    target: Word


@dataclass(slots=True)
class Simple:
    """One simple command; `loop` names the variable of a `for` whose values are the words.

    `scope` marks the begin or the end of a subshell or a group instead, `then` is the operator that follows. `function`
    is the name of one that is defined here, `body` what it runs when it is called.
    """

    words: list[Word] = field(default_factory=list)
    arrays: list[tuple[str, list[Word]]] = field(default_factory=list)
    assignments: list[tuple[str, Word]] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    piped: bool = False
    loop: str = ""
    scope: Literal["", "(", ")", "{", "}"] = ""
    then: str = ""
    function: str = ""
    body: tuple["Simple", ...] = ()


def decode_ansi(text: str) -> str:
    """What `$'…'` and `printf` make of backslashes."""

    def decode(found: re.Match[str]) -> str:
        code = found.group(1)
        if code[0] in "01234567":
            return chr(int(code, 8) & 0xFF)
        if code[0] in "xuU" and len(code) > 1:
            number = int(code[1:], 16)
            return chr(number) if number < 0x110000 else ""
        return ESCAPES.get(code, code)

    return re.sub(
        r"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|.)",
        decode,
        text,
        flags=re.DOTALL,
    )


def join_pieces(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring texts of one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.kind == "text" and not piece.text and joined:
            continue
        last = joined[-1] if joined else None
        if last is not None and piece.kind == last.kind == "text" and piece.quoted == last.quoted:
            joined[-1] = Piece("text", last.text + piece.text, piece.quoted)
        else:
            joined.append(piece)
    return joined


def expand_braces(word: Word) -> list[Word]:
    """The words that `{a,b}` stands for; a range such as `{1..9}` becomes `*`, which may be anything as well."""
    for index, piece in enumerate(word.pieces):
        if piece.kind != "text" or piece.quoted:
            continue
        found = re.search(r"\{([^{}]*,[^{}]*|[^{}]+\.\.[^{}]+)\}", piece.text)
        if found is None:
            continue
        inner = found.group(1)
        choices = inner.split(",") if "," in inner else ["*"]
        words = []
        for choice in choices[:64]:
            text = piece.text[: found.start()] + choice + piece.text[found.end() :]
            pieces = (*word.pieces[:index], Piece("text", text), *word.pieces[index + 1 :])
            words += expand_braces(Word(pieces, word.raw))
        return words[:256]
    return [word]


def spell(simple: Simple) -> str:
    """A simple command as it is written, with its here-documents."""
    words = [f"{name}={word.raw}" for name, word in simple.assignments]
    words += [word.raw for word in simple.words]
    words += [f"{redirect.sign} {redirect.target.raw}" for redirect in simple.redirects]
    return " ".join(words)


def words_of(simple: Simple) -> list[Word]:
    """All words of a simple command, also those of assignments and redirections."""
    return [
        *simple.words,
        *(word for _, word in simple.assignments),
        *(word for _, words in simple.arrays for word in words),
        *(redirect.target for redirect in simple.redirects),
    ]
