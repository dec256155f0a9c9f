"""Reads shell text into simple commands by way of a full grammar (tree-sitter-bash), as far as judging takes.

What comes out is flat: commands of loops, branches, subshells and substitutions stand beside one another, because
each of them may run. What is not understood raises `Unreadable`, which carries whatever could be read all the same;
what is understood but can change the meaning of other parts (functions, arrays) is named in `odd`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aura.safety.grammar import mend, parse
from aura.safety.simples import REDIRECTS, CommandReader
from aura.safety.spelling import DEEPEST, EVALUATING
from aura.safety.words import Piece, Simple, Unreadable, Word, expand_braces

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST_TREE = 120  # levels of one tree; Python's own limit is further away
SALVAGED = 200  # commands that are still read from a text with mistakes
BLOCKS = frozenset(
    [
        "program",
        "if_statement",
        "elif_clause",
        "else_clause",
        "while_statement",
        "do_group",
        "negated_command",
    ]
)
COMPOUND = BLOCKS | frozenset(
    ["compound_statement", "subshell", "for_statement", "c_style_for_statement", "case_statement"]
)
SILENT = frozenset("if then elif else fi while until do done { } ! in".split())  # noqa: SIM905 - a list of words
READERS = {
    "pipeline": "read_pipeline",
    "redirected_statement": "read_redirected",
    "function_definition": "read_function",
    "for_statement": "read_loop",
    "c_style_for_statement": "read_counted_loop",
    "case_statement": "read_case",
    "test_command": "read_test",
    "declaration_command": "read_declaration",
    "unset_command": "read_declaration",
    "variable_assignment": "read_assignments",
    "variable_assignments": "read_assignments",
}
STATEMENTS = frozenset(
    ["command", "redirected_statement", "declaration_command", "test_command", "for_statement"]
)


@dataclass(frozen=True, slots=True)
class Script:
    """Every simple command of a text in order, and what is odd about the text."""

    commands: tuple[Simple, ...]
    odd: tuple[str, ...] = ()


def read_script(text: str) -> Script:
    """The commands of a text; raises `Unreadable`."""
    odd: list[str] = []
    return Script(_read_text(text, odd, 0), tuple(odd))


def _read_text(text: str, odd: list[str], depth: int) -> tuple[Simple, ...]:
    source = text.encode("utf-8", "replace")
    root = parse(source)
    reader = _Reader(source, odd, depth)
    if root.has_error:
        raise Unreadable("it is no shell text, or of a kind that is not known", reader.salvage(root, text))
    commands: list[Simple] = []
    try:
        reader.read_block(root.children, commands)
    except Unreadable as problem:
        raise Unreadable(str(problem), (*problem.commands, *reader.salvage(root, text))) from None
    return tuple(commands)


class _Reader(CommandReader):
    level = 0

    def read_inner(self, node: "Node") -> tuple[Simple, ...]:
        commands: list[Simple] = []
        self.depth += 1
        self._check_depth()
        if node.children[0].type == "$(" and node.children[1:2] and node.children[1].type == "file_redirect":
            commands.append(self.read_redirects(node.children[1:2]))
            words = [Word((Piece("text", "cat"),), "cat")]
            commands[-1].words = words
        else:
            self.read_block(node.children[1:-1], commands)
        self.depth -= 1
        return tuple(commands)

    def read_again(self, text: str) -> tuple[Simple, ...]:
        return _read_text(text, self.odd, self.depth + 1)

    def _check_depth(self) -> None:
        if self.depth > DEEPEST or self.level > DEEPEST_TREE:
            raise Unreadable("it is nested too deeply")

    def salvage(self, root: "Node", text: str) -> tuple[Simple, ...]:
        """Commands of a text that as a whole cannot be read: from what it may have meant, and from its sound parts."""
        for mended in mend(text) if self.depth < 2 else ():
            try:
                return _read_text(mended, self.odd, self.depth + 2)
            except Unreadable:
                continue
        found: list[Simple] = []
        waiting, seen = [root], 0
        while waiting and len(found) < SALVAGED and seen < 4000:
            node = waiting.pop()
            seen += 1
            if node.type in STATEMENTS and not node.has_error:
                commands: list[Simple] = []
                try:
                    self._read_statement(node, commands, piped=False)
                except Unreadable as problem:
                    found += problem.commands
                else:
                    found += commands
                    continue
            elif node.type == "command":
                found.append(self.guess_command(node))
            waiting += reversed(node.children)
        return tuple(simple for simple in found if not simple.scope)

    # --- statements

    def read_block(self, nodes: "Iterable[Node]", commands: list[Simple], *, piped: bool = False) -> None:
        """The statements of a body, one behind the other."""
        start = len(commands)
        for node in nodes:
            kind = node.type
            if kind in (";", "&", "\n"):
                if len(commands) > start:
                    commands[-1].then = commands[-1].then or ("&" if kind == "&" else ";")
            elif kind == "comment":
                self.check_comment(node)
            elif node.is_named:
                is_first = len(commands) == start
                if not is_first:
                    commands[-1].then = commands[-1].then or ";"
                self._read_statement(node, commands, piped=piped and is_first)
            elif kind not in SILENT:
                raise Unreadable(f"`{kind}` stands where it does not belong")

    def _read_statement(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        kind = node.type
        self.level += 1
        self._check_depth()
        if kind == "command":
            self.read_command(node, commands, piped=piped)
        elif kind in BLOCKS:
            self.read_block(node.children, commands, piped=piped)
        elif kind == "list":
            self._read_list(node, commands, piped=piped)
        elif kind == "compound_statement":
            if node.children[0].type == "((":
                self._read_count(node, commands)
            elif self.source[node.start_byte + 1 : node.start_byte + 2] not in (b" ", b"\t", b"\n", b"\\"):
                raise Unreadable("a brace stands where it cannot be told from a word")
            else:
                commands.append(Simple(scope="{"))
                self.read_block(node.children, commands, piped=piped)
                commands.append(Simple(scope="}"))
        elif kind == "subshell":
            commands.append(Simple(scope="(", piped=piped))
            self.read_block(node.children[1:-1], commands, piped=piped)
            commands.append(Simple(scope=")"))
        elif kind in READERS:
            getattr(self, READERS[kind])(node, commands, piped=piped)
        else:
            raise Unreadable(f"it has a {kind.replace('_', ' ')}, which is not understood")
        self.level -= 1

    def _read_list(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        """Commands joined by `&&` and `||`, which the tree nests to the left."""
        spine = [node]
        while spine[-1].children[0].type == "list":
            spine.append(spine[-1].children[0])
        self._read_statement(spine[-1].children[0], commands, piped=piped)
        for one in reversed(spine):
            self._read_joined(one.children[1:], commands)

    def _read_joined(self, nodes: "Sequence[Node]", commands: list[Simple]) -> None:
        """Operators, each with the statement that follows it."""
        piped = False
        for node in nodes:
            if node.type in ("&&", "||", "|", "|&"):
                piped = node.type in ("|", "|&")
                if commands:
                    commands[-1].then = commands[-1].then or node.type
            elif node.type == "comment":
                self.check_comment(node)
            else:
                self._read_statement(node, commands, piped=piped)

    def read_pipeline(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        self._read_statement(node.children[0], commands, piped=piped)
        self._read_joined(node.children[1:], commands)

    def _read_count(self, node: "Node", commands: list[Simple]) -> None:
        """`((…))` as a command."""
        piece = self.read_arithmetic(node)
        if piece.commands:
            commands.append(
                Simple(words=[Word((Piece("text", ":"),), ":"), Word((piece,), self.text_of(node))])
            )

    def read_function(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        body: list[Simple] = []
        name = next((self.text_of(child) for child in node.children if child.type == "word"), "")
        if not re.fullmatch(r"[\w:.-]+", name):
            self.odd.append("it defines a function")
        for child in node.children:
            if child.type in COMPOUND or child.type == "test_command":
                self._read_statement(child, body, piped=piped)
            elif child.type in REDIRECTS:
                body.append(self.read_redirects([child]))
        commands.append(Simple(function=name or "?", body=tuple(body)))

    def read_loop(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        simple = Simple(piped=piped)
        values: list[Node] = []
        listed = False
        for child in node.children:
            if child.type == "in":
                listed = True
            elif child.type in ("do_group", "compound_statement"):
                if not listed:
                    self.odd.append("it loops over its own arguments")
                for word in self.join_words(values):
                    simple.words += expand_braces(word)
                commands.append(simple)
                self._read_statement(child, commands, piped=False)
            elif listed and child.type not in (";", "\n", "comment"):
                values.append(child)
            elif child.type == "variable_name":
                simple.loop = self.text_of(child)

    def read_counted_loop(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        for child in node.children:
            if child.type in ("do_group", "compound_statement"):
                self._read_statement(child, commands, piped=piped)
            elif child.is_named and EVALUATING.search(self.text_of(child)):
                raise Unreadable("arithmetic with subscripts or commands is not understood")

    def read_case(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        """The branches of a `case`, each as if it were taken; patterns are words like any other."""
        simple = Simple(words=[Word((Piece("text", ":"),), ":")], piped=piped)
        commands.append(simple)
        for child in node.children:
            if child.type == "case_item":
                closed = next(at for at, one in enumerate(child.children) if one.type == ")")
                patterns = [one for one in child.children[:closed] if one.type not in ("(", "|")]
                simple.words += self.join_words(patterns)
                body = [one for one in child.children[closed + 1 :] if one.type not in (";;", ";&", ";;&")]
                self.read_block(body, commands)
            elif child.is_named and child.type != "comment":
                simple.words.append(self.read_word([child]))

    def read_test(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        """`[[ … ]]` as words, in which operators are only text; `[ … ]` is a command like any other."""
        if node.children[0].type != "[[":
            text = self.text_of(node)
            if not re.match(r"\[\s", text):
                raise Unreadable("a bracket stands where none belongs")
            inner = self.read_again("_" + text[1:])
            inner[0].words[0] = Word((Piece("text", "["),), "[")
            inner[0].piped = piped
            commands += inner
            return
        simple = Simple(piped=piped)
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if one.type.endswith("_expression") or one.type == "test_command":
                waiting += reversed(one.children)
            elif one.type not in ("comment", "&&", "||", "<", ">", "(", ")"):
                simple.words.append(self.read_word([one]))
        commands.append(simple)

    # --- redirections

    def read_redirected(self, node: "Node", commands: list[Simple], *, piped: bool) -> None:
        body = node.children[0] if node.children[0].type not in REDIRECTS else None
        self.check_gaps(node)
        rest = node.children[1:] if body is not None else node.children
        start = len(commands)
        if body is not None:
            self._read_statement(body, commands, piped=piped)
        is_own = body is None or body.type in COMPOUND or len(commands) == start
        simple = Simple(piped=piped and body is None) if is_own else commands[-1]
        tails: list[Sequence[Node]] = []
        words: list[Node] = []
        for child in rest:
            words += self.redirect(simple, child, tails)
        simple.words += self.join_words(words)
        if is_own:
            self._give_input(commands[start:], simple)
            commands.append(simple)
        for tail in tails:
            self._read_joined(tail, commands)

    def _give_input(self, inner: Sequence[Simple], simple: Simple) -> None:
        """What a loop or a group is given can be read by each of its commands."""
        given = [one for one in simple.redirects if one.sign in ("<<", "<<<", "<")]
        for one in inner[:8] if given else ():
            if one.words and not one.loop:
                one.redirects += given
