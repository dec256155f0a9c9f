"""Programs in colours: pygments where it knows the language, plain text where it does not."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Protocol

from rich.segment import Segment
from rich.style import Style

from aura.ui.cells import Line, tidy
from aura.ui.look import Kind, Look, Palette


class Lexer(Protocol):
    """What of a pygments lexer is used."""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Places, token types and pieces of the text, in order."""
        ...


LONGEST = 24_000  # characters; more is shown plain
WIDEST = 2_000  # characters of a line; some lexers take long over one endless line
ALIASES = {
    "py3": "python",
    "shell-session": "console",
    "zsh": "bash",
    "jsonc": "json",
    "plain": "text",
    "txt": "text",
}
PLAIN = ("", "text", "plaintext", "none", "output")

# the beginning of a pygments token type's name, and what it is here; longer ones first
KINDS: tuple[tuple[str, Kind | None], ...] = (
    ("Keyword.Constant", "builtin"),
    ("Keyword.Type", "builtin"),
    ("Keyword", "keyword"),
    ("Name.Function", "name"),
    ("Name.Class", "name"),
    ("Name.Tag", "keyword"),
    ("Name.Attribute", "name"),
    ("Name.Decorator", "meta"),
    ("Name.Exception", "builtin"),
    ("Name.Builtin", "builtin"),
    ("Name.Variable", "meta"),
    ("Operator.Word", "keyword"),
    ("Operator", "operator"),
    ("Literal.String", "string"),
    ("Literal.Number", "number"),
    ("Literal.Date", "number"),
    ("Comment.Preproc", "meta"),
    ("Comment", "comment"),
    ("Generic.Deleted", "error"),
    ("Generic.Inserted", "string"),
    ("Generic.Heading", "keyword"),
    ("Generic.Prompt", "comment"),
    ("Generic.Output", None),
    ("Error", None),
)


def highlight(code: str, language: str, look: Look, *, is_open: bool = False) -> list[Line]:
    """The lines of a program, safe to show, with the colours of the look; `is_open` says that more is being written.

    Each line is as long as it is: nothing is wrapped. Unknown languages come back plain.
    """
    code = tidy(code)
    if not is_open or "\n" not in code:
        return list(_highlight(code, language, look))
    whole, _, last = code.rpartition("\n")  # the last line changes with each word, the others do not
    return [*_highlight(whole, language, look), *_highlight(last, language, look)]


@lru_cache(maxsize=256)
def _highlight(code: str, language: str, look: Look) -> tuple[Line, ...]:
    plain = look.style("text")
    lines = code.split("\n")
    lexer = find_lexer(language) if len(code) <= LONGEST and max(map(len, lines)) <= WIDEST else None
    if lexer is None:
        return tuple([Segment(line, plain)] for line in lines)
    coloured: list[Line] = [[]]
    for text, style in _lex(code, lexer, look):
        first, *others = text.split("\n")
        if first:
            coloured[-1].append(Segment(first, style))
        coloured += [[Segment(part, style)] if part else [] for part in others]
    return tuple(line or [Segment("", plain)] for line in coloured[: len(lines)])


def _lex(code: str, lexer: Lexer, look: Look) -> Iterator[tuple[str, Style]]:
    """Pieces of the code with their styles, neighbours of one style joined; together they are all of it."""
    styles = _styles(look.palette, look.colour)
    held, style = "", look.style("text")
    for _, token, text in lexer.get_tokens_unprocessed(code):
        other = styles[token]
        if other is style or text.isspace():
            held += text
        else:
            if held:
                yield held, style
            held, style = text, other
    if held:
        yield held, style


class _Styles(dict[Any, Style]):
    """The style of each pygments token type, found when it is first met."""

    def __init__(self, palette: Palette, *, colour: bool) -> None:
        super().__init__()
        self._look = Look(palette, colour=colour)
        self._made: dict[Kind | None, Style] = {}

    def __missing__(self, token: Any) -> Style:
        name = str(token).removeprefix("Token.")
        kind = next((kind for begin, kind in KINDS if name.startswith(begin)), None)
        if kind not in self._made:
            text = dict(self._look.palette.code).get(kind, "") if kind else ""
            style = self._look.style("text") + Style.parse(text)
            self._made[kind] = style if self._look.colour else style.without_color
        self[token] = self._made[kind]
        return self[token]


@cache
def _styles(palette: Palette, colour: bool) -> _Styles:  # noqa: FBT001 - a cached function of values
    return _Styles(palette, colour=colour)


@cache
def find_lexer(language: str) -> Lexer | None:
    """The lexer for a language as a code fence names it; None for none and for what is not known."""
    name = language.strip().split(" ")[0].lower().strip("{}.").split(",")[0]
    name = re.sub(r"[^a-z0-9+#._-]", "", ALIASES.get(name, name))[:40]
    if name in PLAIN:
        return None
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    try:
        lexer: Lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return lexer
