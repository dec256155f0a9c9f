"""The grammar of shell text: parses bytes into a syntax tree, and mends what the grammar lacks.

The grammar is tree-sitter-bash. It is loaded with the first text that is parsed.
"""

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# The grammar's scanner asks the C library about characters of any size, which ends the process for those above the
# first few thousand, and takes other blanks than a shell does. To a shell they are all ordinary characters of a word.
ORDINARY = bytes(code if 0 < code < 0x80 else ord(".") for code in range(256))
START = r"(?:^|(?<=[;&|(\n])|(?<=\bthen|\belse)|(?<=\bdo))"
LISTED = re.compile(rf"{START}([ \t]*)\{{(?=[^\s{{}};&|]*,)", re.MULTILINE)
NEGATED = re.compile(rb"!\s+\{")
MOST_NEGATED = 8
SLASHED = re.compile(r"(?m)^([ \t]*)\\(?=\w)")
PAIRED = re.compile(r"\bcoproc(?:[ \t]+\w+)?[ \t]+(?=[{(])")
OPENED = re.compile(r"\d*<>")
DOCUMENT = re.compile(r"(?<!<)<<(-?)[ \t]*(['\"]?)([\w.-]+)\2(?=[ \t;&|)<>]|$)")


@functools.cache
def _load() -> "Parser":
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def parse(source: bytes) -> "Node":
    """The root of the syntax tree of a text; a text that is no shell text has errors in its tree."""
    source = source.translate(ORDINARY)
    root = _load().parse(source).root_node
    for _ in range(MOST_NEGATED if NEGATED.search(source) else 0):
        sign = _find_negated(root)
        if sign is None:
            break
        source = source[:sign] + b" " + source[sign + 1 :]
        root = _load().parse(source).root_node
    return root


def _find_negated(root: "Node") -> int | None:
    """Where a `!` stands before a group, which the grammar takes for a command named `{`."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "negated_command" and node.children[1:2]:
            name = node.children[1].child_by_field_name("name")
            if name is not None and name.end_byte == name.start_byte + 1 and name.text == b"{":
                return node.start_byte
        waiting += node.children
    return None


def mend(text: str) -> Iterator[str]:
    """The text in forms that the grammar knows, for a text that a shell may read and the grammar does not.

    A name behind a backslash at the begin of a line, a coprocess, a brace list in the place of a command's name, a file
    opened for reading and writing, and a here-document behind whose begin the line goes on. The meaning stays; whether
    a shell takes the text at all is not known, so that what is read from these forms may refuse a command but never
    allow it.
    """
    plain = PAIRED.sub("", SLASHED.sub(r"\1", text))
    if plain != text:
        yield plain
    listed = LISTED.sub(r'\1""{', plain)
    if listed != plain:
        yield listed
    opened = OPENED.sub(">>", listed)
    if opened != listed:
        yield opened
    documents = _move_documents(opened)
    if documents != opened:
        yield documents


def _move_documents(text: str) -> str:
    """Every here-document as a here-string in its own place."""
    kept: list[str] = []
    lines = text.split("\n")
    while lines:
        line = lines.pop(0)
        for found in list(DOCUMENT.finditer(line))[:8]:
            strip, quote, name = found[1] == "-", found[2], found[3]
            body: list[str] = []
            while lines:
                inner = lines.pop(0).lstrip("\t") if strip else lines.pop(0)
                if inner == name:
                    break
                body.append(inner)
            joined = "\n".join(body)
            sound = joined.replace("'", "'\\''") if quote else re.sub(r'(?<!\\)"', r"\"", joined)
            line = line.replace(found[0], f"<<< '{sound}' " if quote else f'<<< "{sound}" ', 1)
        kept.append(line)
    return "\n".join(kept)
