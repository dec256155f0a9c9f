"""Reads one word of shell text the way a shell does: quotes, escapes, variables, substitutions, braces."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal

BLANKS = " \t"
ENDS = " \t\n;&|<>()"
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
PLAIN = re.compile(r"[^ \t\n;&|<>()\\'\"$`]+")
UNQUOTED = re.compile(r"[^\\\"$`}]+")
DEEPEST = 25


class Unreadable(ValueError):
    """The text is no shell text, or of a kind that is not understood; the message says which."""


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

    `scope` marks the begin or the end of a subshell instead, `then` is the operator that follows.
    """

    words: list[Word] = field(default_factory=list)
    arrays: list[tuple[str, list[Word]]] = field(default_factory=list)
    assignments: list[tuple[str, Word]] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    piped: bool = False
    loop: str = ""
    scope: Literal["", "(", ")"] = ""
    then: str = ""


class WordReader(ABC):
    """Stands at a place of a text and reads words from there; commands inside words are read by who knows them."""

    def __init__(self, text: str, odd: list[str], depth: int) -> None:
        if depth > DEEPEST:
            raise Unreadable("it is nested too deeply")
        self.text = text
        self.odd = odd
        self.at = 0
        self.depth = depth

    @abstractmethod
    def read_commands(self, end: str) -> list[Simple]:
        """Every command up to the closing `end`."""

    @abstractmethod
    def read_inner(self) -> list[Simple]:
        """The commands of a substitution, up to its closing bracket."""

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        while True:
            if self.peek() and self.peek() in BLANKS:
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif self.peek() == "#" and (self.at == 0 or self.text[self.at - 1] in ENDS):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def read_word(self) -> Word:
        pieces: list[Piece] = []
        start = self.at
        while True:
            char = self.peek()
            if self.text.startswith(("<(", ">("), self.at):
                self.at += 2
                pieces.append(self._substitute("/dev/fd/63"))
            elif char == "" or char in ENDS:
                break
            elif char == "\\":
                if self.at + 1 >= len(self.text):
                    raise Unreadable("it ends with a backslash")
                if self.text[self.at + 1] != "\n":
                    pieces.append(Piece("text", self.text[self.at + 1], quoted=True))
                self.at += 2
            elif char == "'":
                pieces.append(Piece("text", self._read_until("'"), quoted=True))
            elif char == '"':
                self.at += 1
                pieces += self.read_quoted('"')
            elif char in "$`":
                pieces.append(self._read_expansion(quoted=False))
            else:
                plain = PLAIN.match(self.text, self.at)
                assert plain is not None
                pieces.append(Piece("text", plain.group()))
                self.at = plain.end()
        if self.at == start:
            raise Unreadable("a word is missing")
        return Word(tuple(_join(pieces)), self.text[start : self.at])

    def _read_until(self, end: str) -> str:
        close = self.text.find(end, self.at + 1)
        if close < 0:
            raise Unreadable("a quote is not closed")
        text = self.text[self.at + 1 : close]
        self.at = close + 1
        return text

    def read_quoted(self, end: str) -> tuple[Piece, ...]:
        """The pieces up to the closing quote (consumed), or of a whole here-document when `end` is empty."""
        pieces: list[Piece] = []
        while True:
            char = self.peek()
            if char == "":
                if end:
                    raise Unreadable("a quote is not closed")
                break
            if char == end:
                self.at += 1
                break
            if char == "\\" and self.at + 1 < len(self.text):
                following = self.text[self.at + 1]
                kept = "" if following == "\n" else following if following in '$`"\\' else char + following
                pieces.append(Piece("text", kept, quoted=True))
                self.at += 2
            elif char in "$`":
                pieces.append(self._read_expansion(quoted=True))
            else:
                plain = UNQUOTED.match(self.text, self.at)
                text = plain.group() if plain else char
                pieces.append(Piece("text", text, quoted=True))
                self.at += len(text)
        return tuple(_join(pieces)) or (Piece("text", "", quoted=True),)

    # --- what begins with a dollar or a backtick

    def _read_expansion(self, *, quoted: bool) -> Piece:
        rest = self.text[self.at : self.at + 3]
        if rest.startswith("`"):
            return self._read_backticks(quoted=quoted)
        if rest.startswith("$((") and self.skip_arithmetic():
            return Piece("text", "0", quoted=True)
        if rest.startswith("$("):
            self.at += 2
            return self._substitute("", quoted=quoted)
        if rest.startswith("${"):
            return self._read_braced(quoted=quoted)
        if rest.startswith("$'") and not quoted:
            return self._read_ansi()
        if rest.startswith('$"') and not quoted:
            self.at += 1
            return Piece("text", "", quoted=True)
        if rest.startswith("$["):
            raise Unreadable("`$[` is not understood")
        self.at += 1
        name = NAME.match(self.text, self.at)
        if name is not None:
            self.at = name.end()
            return Piece("variable", name.group(), quoted)
        sign = self.peek()
        if sign and sign in "@*":
            self.at += 1
            return Piece("list", "@", quoted)
        if sign and sign in "123456789":
            self.at += 1
            return Piece("variable", sign, quoted)
        if sign and sign in "0-":
            self.at += 1
            return Piece("unknown", f"${sign}", quoted)
        if sign and sign in "?#$!":
            self.at += 1
            return Piece("text", "0", quoted=True)
        return Piece("text", "$", quoted=True)

    def _substitute(self, text: str, *, quoted: bool = False) -> Piece:
        """The commands of a substitution whose opening bracket was consumed."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable("it is nested too deeply")
        commands = self.read_inner()
        self.depth -= 1
        return Piece("command", text, quoted, tuple(commands))

    def _read_backticks(self, *, quoted: bool) -> Piece:
        found = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL).match(self.text, self.at)
        if found is None:
            raise Unreadable("a backtick is not closed")
        self.at = found.end()
        inner = re.sub(r"\\([`$\\])", r"\1", found.group(1))
        return Piece(
            "command", "", quoted, tuple(type(self)(inner, self.odd, self.depth + 1).read_commands(""))
        )

    def _read_braced(self, *, quoted: bool) -> Piece:
        close = self._find_close("{", "}", self.at + 1)
        content = self.text[self.at + 2 : close]
        self.at = close + 1
        if NAME.fullmatch(content):
            return Piece("variable", content, quoted)
        if re.fullmatch(r"#\w+", content):
            return Piece("text", "0", quoted=True)
        listed = re.fullmatch(r"([A-Za-z_]\w*)\[[@*]\]|[@*]", content)
        if listed:
            return Piece("list", listed.group(1) or "@", quoted)
        if re.fullmatch(r"#\w+\[[@*]\]", content):
            return Piece("text", "0", quoted=True)
        if (
            content.startswith("!")
            or re.search(r"@[a-zA-Z]$", content)
            or re.match(r"\w+\[(?!\d+\]|[@*]\])", content)
        ):
            self.odd.append("it evaluates a variable as text")
        inner = type(self)(content, self.odd, self.depth + 1).read_quoted("")
        commands = tuple(command for piece in inner for command in piece.commands)
        if commands:
            return Piece("command", "", quoted, commands)
        return Piece("parameter" if PARAMETER.match(content) else "unknown", content, quoted)

    def _read_ansi(self) -> Piece:
        found = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self.text, self.at)
        if found is None:
            raise Unreadable("a quote is not closed")
        self.at = found.end()
        return Piece("text", decode_ansi(found.group(1)), quoted=True)

    def skip_arithmetic(self) -> bool:
        """Step over `((…))`; false when it is no arithmetic. A subscript may hide commands, so it is not understood."""
        start = self.text.index("((", self.at)
        close = self._find_close("(", ")", start)
        if self.text[close - 1] != ")":
            return False
        content = self.text[start + 2 : close - 1]
        if re.search(r"[`\[]|\$\(", content):
            raise Unreadable("arithmetic with subscripts or commands is not understood")
        self.at = close + 1
        return True

    def _find_close(self, opening: str, closing: str, start: int) -> int:
        level = 0
        at = start
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                at += 1
            elif char == "'":
                at = self.text.find("'", at + 1)
                if at < 0:
                    break
            elif char == opening:
                level += 1
            elif char == closing:
                level -= 1
                if level == 0:
                    return at
            at += 1
        raise Unreadable("a bracket is not closed")


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


def _join(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring texts of one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
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
