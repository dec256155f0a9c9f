"""Reads simple commands from a syntax tree: words, assignments, redirections, here-documents."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aura.safety.spelling import WordReader
from aura.safety.words import NAME, Piece, Redirect, Simple, Unreadable, Word, expand_braces

if TYPE_CHECKING:
    from tree_sitter import Node

RESERVED = frozenset(
    [
        "then",
        "elif",
        "else",
        "fi",
        "do",
        "done",
        "esac",
        "in",
        "}",
        "{",
        "if",
        "while",
        "until",
        "for",
        "select",
        "case",
    ]
)
REDIRECTS = frozenset(["file_redirect", "heredoc_redirect", "herestring_redirect"])
BEFORE_COMMENT = (b"", b" ", b"\t", b"\n", b";", b"&", b"|", b"(", b")", b"<", b">")


class CommandReader(WordReader):
    """Reads the simple commands of one source text; what joins them is read by who knows it."""

    def read_command(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        self.check_gaps(node)
        simple = Simple(piped=piped)
        waiting: list[Node] = []
        for child in node.children:
            kind = child.type
            if kind == "command_name":
                waiting += child.children
            elif kind == "variable_assignment":
                self._assign(simple, child)
            elif kind in REDIRECTS:
                waiting += self.redirect(simple, child, [])
            elif kind == "comment":
                self.check_comment(child)
            else:
                waiting.append(child)
        self._finish(simple, self.join_words(waiting), commands)

    def guess_command(self, node: "Node") -> Simple:
        """A command with mistakes: words that cannot be read may be anything."""
        simple = Simple()
        for child in node.children:
            if child.type in REDIRECTS or child.type == "variable_assignment":
                continue
            try:
                simple.words.append(
                    self.read_word(child.children if child.type == "command_name" else [child])
                )
            except (Unreadable, IndexError):
                simple.words.append(Word((Piece("unknown", ""),), self.text_of(child)))
        return simple

    def _finish(self, simple: Simple, words: list[Word], commands: list[Simple]) -> None:
        """Add the words of a command, and the command."""
        while words and words[0].is_bare and words[0].literal in ("coproc", "!") and len(words) > 1:
            words.pop(0)
        if words and words[0].is_bare and words[0].literal in RESERVED:
            raise Unreadable(f"`{words[0].literal}` stands where it does not belong", [simple])
        for word in words:
            simple.words += expand_braces(word)
        commands.append(simple)

    def check_gaps(self, node: "Node") -> None:
        """Blanks alone stand between parts; the grammar takes some line ends for them, and drops a `-`."""
        at = node.start_byte
        for child in node.children:
            if self.source[at : child.start_byte].replace(b"\\\n", b"").strip(b" \t") not in (b"", b"-"):
                raise Unreadable("a line ends where the command is not over")
            at = max(at, child.end_byte)

    def join_words(self, nodes: "Sequence[Node]") -> list[Word]:
        """Words from nodes; those with nothing between them are one word, and only blanks may stand between others."""
        words: list[Word] = []
        group: list[Node] = []
        for node in nodes:
            if group and self.source[group[-1].end_byte : node.start_byte].replace(b"\\\n", b""):
                words.append(self.read_word(group))
                group = []
            group.append(node)
        if group:
            words.append(self.read_word(group))
        return words

    def check_comment(self, node: "Node") -> None:
        before = self.source[node.start_byte - 1 : node.start_byte]
        if before not in BEFORE_COMMENT:
            raise Unreadable("a comment stands where it cannot be told from a word")

    def _assign(self, simple: Simple, node: "Node") -> None:
        name, sign, *values = node.children
        if name.type == "subscript" or sign.type == "+=":
            self.odd.append("it changes a variable in place")
            hidden = self.find_commands(name) if name.type == "subscript" else ()
            if hidden:
                simple.words += [Word((Piece("command", "", True, hidden),), self.text_of(name))]
        plain = self.text_of(name).partition("[")[0]
        if not NAME.fullmatch(plain):
            raise Unreadable("a word stands where a name belongs")
        if values and values[0].type == "array":
            if name.type == "subscript":
                raise Unreadable("an element of an array cannot be one")
            inner = [one for one in values[0].children[1:-1] if one.type != "comment"]
            words = [part for word in self.join_words(inner) for part in expand_braces(word)]
            if any(word.raw.startswith("[") for word in words):
                self.odd.append("it sets single elements of an array")
            simple.arrays.append((f"{plain}+" if sign.type == "+=" else plain, words))
            return
        value = self.read_word(values) if values else Word((), "")
        simple.assignments.append((plain, value))

    def read_assignments(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        simple = Simple(piped=piped)
        for child in node.children if node.type == "variable_assignments" else [node]:
            self._assign(simple, child)
        commands.append(simple)

    def read_declaration(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        """`export`, `declare`, `unset`: assignments are words of the command, but for arrays."""
        self.check_gaps(node)
        simple = Simple(piped=piped)
        words: list[Word] = []
        for child in node.children:
            if child.type != "variable_assignment":
                words.append(self.read_word([child]))
                continue
            inner = Simple()
            self._assign(inner, child)
            simple.arrays += inner.arrays
            for name, value in inner.assignments:
                start = Piece("text", f"{name}=")
                words.append(Word((start, *value.pieces), self.text_of(child)))
            words += inner.words
        self._finish(simple, words, commands)

    def read_redirects(self, nodes: "Sequence[Node]") -> Simple:
        simple = Simple()
        for node in nodes:
            self.redirect(simple, node, [])
        return simple

    def redirect(self, simple: Simple, node: "Node", tails: "list[Sequence[Node]]") -> "list[Node]":
        """Add one redirection; returns arguments of the command that the tree counts to it."""
        children = [child for child in node.children if child.type != "file_descriptor"]
        if node.type == "heredoc_redirect":
            return self._read_document(simple, children, tails)
        sign, targets = children[0].type, children[1:]
        if sign in (">&-", "<&-"):
            return targets
        if not targets or b"\n" in self.source[children[0].end_byte : targets[0].start_byte].replace(
            b"\\\n", b""
        ):
            raise Unreadable("a redirection has no target")
        words = self.join_words(targets)
        simple.redirects.append(Redirect(sign, words[0]))
        return targets[1:] if len(words) > 1 else []

    def _ends_document(self, node: "Node") -> bool:
        """Whether the end of a here-document stands alone on its line; before it there may be tabs."""
        line = self.source[: node.start_byte].rpartition(b"\n")[2]
        rest = self.source[node.end_byte :].partition(b"\n")[0]
        return node.end_byte > node.start_byte and not line.strip(b"\t") and not rest.strip(b")")

    def _read_document(
        self, simple: Simple, children: "list[Node]", tails: "list[Sequence[Node]]"
    ) -> "list[Node]":
        words: list[Node] = []
        tail: list[Node] = []
        start, body, is_ended = "", None, False
        for child in children:
            is_ended = is_ended or (child.type == "heredoc_end" and self._ends_document(child))
            if child.type == "heredoc_start":
                start = self.text_of(child)
            elif child.type == "heredoc_body":
                body = child
            elif child.type in REDIRECTS:
                words += self.redirect(simple, child, tails)
            elif child.type == "pipeline":
                tail += child.children
            elif child.type in ("&&", "||") or tail:
                tail += [child] if child.type != "heredoc_end" else []
            elif child.type not in ("<<", "<<-", "heredoc_end", "\n"):
                words.append(child)
        if re.search(r"[;&|<>()]", start):
            raise Unreadable("a here-document has an odd end")
        if not is_ended:
            self.odd.append("a here-document has no end")
        text = self.text(body.start_byte, body.end_byte) if body is not None else ""
        if children[0].type == "<<-":
            text = re.sub(r"(?m)^\t+", "", text)
        pieces = [Piece("text", text.removesuffix("\n"), quoted=True)]
        if body is not None and not re.search(r"[\"'\\]", start):
            inner = self.read_inside(body, body.start_byte, body.end_byte, document=True)
            pieces = inner if any(piece.kind != "text" for piece in inner) else pieces
        simple.redirects.append(Redirect("<<", Word(tuple(pieces), text)))
        if tail:
            tails.append(tail)
        return words
