"""Reads words from a syntax tree the way a shell does: quotes, escapes, variables, substitutions.

The tree says where a word and its parts begin and end; what they mean is told from their text. Where the grammar and a
shell differ, the word is `Unreadable`, or what it may hide is read as well.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aura.safety.words import NAME, PARAMETER, Piece, Simple, Unreadable, Word, decode_ansi, join_pieces

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 25
BARE = frozenset(
    ["word", "number", "variable_name", "special_variable_name", "test_operator", "file_descriptor"]
)
PATTERNS = frozenset(["regex", "extglob_pattern", "brace_expression", "subscript"])
ENDING = re.compile(r"[ \t\n;&|<>()'\"`$]")
ESCAPED = re.compile(r"\\([\s\S])")
INSIDE = re.compile(
    r"\\(?P<escaped>[\s\S])|`(?P<tick>(?:[^`\\]|\\[\s\S])*)`|(?P<open>`|\$[({])|\$(?P<name>[A-Za-z_]\w*)"
)
HIDDEN = re.compile(r"`|\$\(|[<>]\(|\$\{")
EVALUATING = re.compile(r"[`\[]|\$\(|\$\{(?!\w+\})")  # in arithmetic: what a shell reads as text again
EVALUATED = re.compile(r"!|.*@[a-zA-Z]\Z|\w+\[(?!\d+\]|[@*]\])", re.DOTALL)


class WordReader(ABC):
    """Reads words of one source text; commands inside words are read by who knows them."""

    def __init__(self, source: bytes, odd: list[str], depth: int) -> None:
        if depth > DEEPEST:
            raise Unreadable("it is nested too deeply")
        self.source = source
        self.odd = odd
        self.depth = depth

    @abstractmethod
    def read_inner(self, node: "Node") -> tuple[Simple, ...]:
        """The commands between the brackets of a substitution."""

    @abstractmethod
    def read_again(self, text: str) -> tuple[Simple, ...]:
        """The commands of a text that the tree does not show as such."""

    def text(self, start: int, end: int) -> str:
        return self.source[start:end].decode("utf-8", "replace")

    def text_of(self, node: "Node") -> str:
        return self.text(node.start_byte, node.end_byte)

    def read_word(self, nodes: "Sequence[Node]") -> Word:
        """The word that nodes beside one another make."""
        first = nodes[0]
        if self.source[first.start_byte : first.start_byte + 1] == b"#":
            raise Unreadable("a comment stands where it cannot be told from a word")
        pieces = [piece for node in nodes for piece in self.read_pieces(node)]
        return Word(tuple(join_pieces(pieces)), self.text(first.start_byte, nodes[-1].end_byte))

    def read_pieces(self, node: "Node", *, quoted: bool = False) -> Iterator[Piece]:
        kind = node.type
        if kind == "concatenation":
            at = node.start_byte
            for child in node.children:
                if child.start_byte != at and self.source[at : child.start_byte].replace(b"\\\n", b""):
                    raise Unreadable("a word has a part that is not understood")
                at = child.end_byte
                yield from self.read_pieces(child)
        elif kind in BARE and not node.child_count:
            yield from self._read_bare(self.text_of(node))
        elif kind in ("string", "translated_string"):
            inner = node if kind == "string" else node.children[-1]
            yield from self.read_inside(inner, inner.start_byte + 1, inner.end_byte - 1)
        elif kind == "raw_string":
            yield Piece("text", self.text_of(node)[1:-1], quoted=True)
        elif kind == "ansi_c_string":
            yield Piece("text", decode_ansi(self.text_of(node)[2:-1]), quoted=True)
        elif kind == "simple_expansion":
            yield from _read_variable(self.text_of(node)[1:], quoted=quoted)
        elif kind == "expansion":
            yield self._read_braced(node, quoted=quoted)
        elif kind == "command_substitution":
            yield Piece("command", "", quoted, self._read_substitution(node))
        elif kind == "process_substitution":
            yield Piece("command", "/dev/fd/63", quoted, self.read_inner(node))
        elif kind == "arithmetic_expansion":
            yield self.read_arithmetic(node)
        elif kind == "number":
            yield Piece("command", "", quoted, self.find_commands(node))
        elif kind in PATTERNS:
            found = self.find_commands(node)
            is_range = kind == "brace_expression"
            yield (
                Piece("command", "", quoted, found)
                if found
                else Piece("text", self.text_of(node), not is_range)
            )
        elif kind == "$" and self.source[node.end_byte : node.end_byte + 1] == b'"':
            return  # a text that may be translated is a quoted text
        elif not node.is_named and not node.child_count:
            if kind != "``":  # a substitution of nothing
                yield Piece("text", self.text_of(node))
        else:
            raise Unreadable(f"a word holds what is not understood ({kind})")

    def _read_bare(self, text: str) -> Iterator[Piece]:
        at = 0
        for found in ESCAPED.finditer(text):
            yield from self._check_bare(text[at : found.start()])
            if found[1] != "\n":
                yield Piece("text", found[1], quoted=True)
            at = found.end()
        yield from self._check_bare(text[at:])

    def _check_bare(self, text: str) -> Iterator[Piece]:
        if "\\" in text:
            raise Unreadable("it ends with a backslash")
        if ENDING.search(text):
            raise Unreadable("a word holds what ends it in a shell")
        if text:
            yield Piece("text", text)

    def read_inside(self, node: "Node", start: int, end: int, *, document: bool = False) -> list[Piece]:
        """The pieces between double quotes, or of a here-document that is not quoted."""
        pieces: list[Piece] = []
        at = start
        for child in node.children:
            if child.type in (
                "simple_expansion",
                "expansion",
                "command_substitution",
                "arithmetic_expansion",
            ):
                pieces += self._read_gap(at, child.start_byte, document=document)
                pieces += self.read_pieces(child, quoted=True)
                at = child.end_byte
        pieces += self._read_gap(at, end, document=document)
        kept = [piece for piece in pieces if piece.text or piece.kind != "text"]
        return join_pieces(kept) or [Piece("text", "", quoted=True)]

    def _read_gap(self, start: int, end: int, *, document: bool) -> Iterator[Piece]:
        """Text between quotes in which the tree saw nothing; what it passed over is found here."""
        text = self.text(start, end)
        at = 0
        for found in INSIDE.finditer(text):
            yield Piece("text", text[at : found.start()], quoted=True)
            at = found.end()
            escaped = found["escaped"]
            if escaped is not None:
                is_special = escaped in "$`\\" or (escaped == '"' and not document)
                kept = "" if escaped == "\n" else escaped if is_special else f"\\{escaped}"
                yield Piece("text", kept, quoted=True)
            elif found["tick"] is not None:
                yield Piece("command", "", True, self._read_ticked(found["tick"]))
            elif found["name"]:
                yield Piece("variable", found["name"], quoted=True)
            else:
                raise Unreadable("a quoted text holds a substitution that is not understood")
        yield Piece("text", text[at:], quoted=True)

    # --- what begins with a dollar or a backtick

    def _read_substitution(self, node: "Node") -> tuple[Simple, ...]:
        text = self.text_of(node)
        return self._read_ticked(text[1:-1]) if text.startswith("`") else self.read_inner(node)

    def _read_ticked(self, text: str) -> tuple[Simple, ...]:
        return self.read_again(re.sub(r"\\([`$\\])", r"\1", text))

    def find_commands(self, node: "Node") -> tuple[Simple, ...]:
        """Every command below a node, also those that the tree shows as mere text."""
        found: list[Simple] = []
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if one.type == "command_substitution":
                found += self._read_substitution(one)
            elif one.type == "process_substitution":
                found += self.read_inner(one)
            elif one.child_count:
                waiting += one.children
            elif one.is_named and one.type != "raw_string" and HIDDEN.search(text := self.text_of(one)):
                found += self.read_again(f': "{text}"')
        return tuple(found)

    def read_arithmetic(self, node: "Node") -> Piece:
        """A number; a subscript or a command in it is looked at and named odd, for a shell evaluates it as text."""
        content = self.text_of(node).lstrip("$").lstrip("([").rstrip(")]")
        if EVALUATING.search(content):
            self.odd.append("arithmetic with subscripts or commands is not understood")
            return Piece("command", "", True, self.find_commands(node))
        return Piece("text", "0", quoted=True)

    def _read_braced(self, node: "Node", *, quoted: bool) -> Piece:
        content = self.text_of(node)[2:-1]
        if NAME.fullmatch(content):
            return Piece("variable", content, quoted)
        if re.fullmatch(r"#\w+(\[[@*]\])?", content):
            return Piece("text", "0", quoted=True)
        listed = re.fullmatch(r"([A-Za-z_]\w*)\[[@*]\]|[@*]", content)
        if listed:
            return Piece("list", listed.group(1) or "@", quoted)
        if EVALUATED.match(content):
            self.odd.append("it evaluates a variable as text")
        commands = self.find_commands(node)
        if commands:
            return Piece("command", "", quoted, commands)
        return Piece("parameter" if PARAMETER.match(content) else "unknown", content, quoted)


def _read_variable(name: str, *, quoted: bool) -> Iterator[Piece]:
    """What `$name` stands for: `$10` is `$1` with a zero behind it."""
    if NAME.fullmatch(name):
        yield Piece("variable", name, quoted)
    elif name[0] in "@*":
        yield Piece("list", "@", quoted)
    elif name[0] in "123456789":
        yield Piece("variable", name[0], quoted)
        if name[1:]:
            yield Piece("text", name[1:], quoted)
    elif name[0] in "0-":
        yield Piece("unknown", f"${name}", quoted)
    else:
        yield Piece("text", "0", quoted=True)
