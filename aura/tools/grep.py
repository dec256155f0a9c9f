"""Grep: text in files by regular expression."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from aura.core.credentials import holds_credentials
from aura.core.errors import ToolError
from aura.core.text import clean
from aura.core.tools import Access, Effect, Tool, ToolContext
from aura.tools._search import Scope, check_glob, choose, find_ripgrep, find_scope, run_ripgrep, walk
from aura.tools.define import tool
from aura.tools.workspace import Place, explain_missing, find_place, show

LIMIT = 200
MOST_NAMED = 5  # files that are named as left out
WIDTH = 400  # characters of one line
SHOWN = 30_000  # characters in all
SURROGATES = re.compile("[\ud800-\udfff]")
NEEDS_LINES = re.compile(r"\\n|\n|\(\?\w*s")
LARGEST = 50_000_000  # bytes of a file that the search without ripgrep reads

Mode = Literal["content", "files", "count"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line found in a file (number from 1), or one of its neighbours."""

    path: str
    number: int
    text: str
    is_match: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched: where, for what, and how."""

    place: Place
    pattern: str
    glob: str
    ignore_case: bool
    context: int
    scope: Scope

    @property
    def folder(self) -> Path:
        """The folder that names in the results are relative to."""
        return self.place.path if self.place.path.is_dir() else self.place.path.parent

    @property
    def target(self) -> str:
        """What is searched, seen from that folder."""
        return "." if self.place.path.is_dir() else f"./{self.place.path.name}"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the model may say."""

    pattern: Annotated[
        str, "A regular expression (Rust syntax, look-around works); escape a literal ( [ { . and so on."
    ]
    path: Annotated[str, "File or folder (default: the workspace)."] = ""
    glob: Annotated[str, "Only files like this, as in .gitignore: *.py, src/**/*.{ts,tsx}, !*.min.js."] = ""
    mode: Annotated[Mode, "content: the lines; files: only names; count: matching lines per file."] = (
        "content"
    )
    ignore_case: Annotated[bool, "Upper and lower case are the same."] = False
    context: Annotated[int, "Lines to show before and behind each match."] = 0
    limit: Annotated[int, f"Lines or files to show (default {LIMIT})."] = LIMIT
    hidden: Annotated[bool, "Also hidden files and those that .gitignore names."] = False


def _access(arguments: Mapping[str, Any]) -> Access:
    return Access(reads=(arguments["path"] or ".",))


@tool(
    name="Grep",
    effect=Effect.READ,
    access=_access,
    aliases={
        "query": "pattern",
        "include": "glob",
        "output_mode": "mode",
        "head_limit": "limit",
        "-i": "ignore_case",
    },
)
async def _grep(context: ToolContext, wanted: Arguments) -> str:
    """Search the text of files; results are ordered by path.

    A match is shown as path:number:text, a neighbour as path-number-text. Binary files, files that .gitignore names,
    hidden files and .git are left out. A pattern that names a line break may match over several lines.
    """
    check_glob(wanted.glob)
    if not wanted.pattern or "\0" in wanted.pattern or SURROGATES.search(wanted.pattern):
        raise ToolError("The pattern is empty or has NUL or half a character in it; to list files use Glob.")
    place = find_place(context.workspace, wanted.path or ".")
    if not place.path.exists():
        raise explain_missing(context.workspace, place)
    around = max(0, min(wanted.context, 50)) if wanted.mode == "content" else 0
    scope = find_scope(wanted.glob, hidden=wanted.hidden)
    search = Search(place, wanted.pattern, wanted.glob, wanted.ignore_case, around, scope)
    if find_ripgrep():
        lines, cut = await (_find_lines(search) if wanted.mode == "content" else _count_lines(search))
        lines = _keep_chosen(lines, search.glob) if place.path.is_dir() else lines
    else:
        lines, cut = await asyncio.to_thread(lambda: (list(_search_plainly(search)), False))
    lines, withheld = _withhold(lines) if place.path.is_dir() else (lines, ())
    lines.sort(key=lambda line: line.path)
    note = f"[{', '.join(withheld)}: left out, for it usually holds credentials]" if withheld else ""
    if not lines:
        left_out = "" if wanted.hidden else " (hidden and ignored files were left out)"
        return f"No match{left_out}. {note}".rstrip()

    def name(path: str) -> str:
        return show(context.workspace, search.folder / path)

    limit = max(wanted.limit, 1)
    rows = _render_lines(lines, name) if wanted.mode == "content" else _render_files(lines, name, wanted.mode)
    shown, size = [], 0
    for row in rows[:limit]:
        size += len(row) + 1
        if size > SHOWN:
            break
        shown.append(row)
    more = len(rows) - len(shown)
    if more or cut:
        what = "lines" if wanted.mode == "content" else "files"
        shown.append(f"[{more}{' or more' if cut else ''} more {what}; narrow the search or raise limit]")
    if note:
        shown.append(note)
    return "\n".join(shown)


def make_grep() -> Tool:
    """The tool."""
    return _grep


Named = Callable[[str], str]


def _render_lines(lines: list[Line], name: Named) -> list[str]:
    """Lines with their places; a row of two dashes where a file ends or lines are left out between neighbours."""
    rows: list[str] = []
    has_context = any(not line.is_match for line in lines)
    previous: Line | None = None
    for line in lines:
        if has_context and previous and (line.path != previous.path or line.number > previous.number + 1):
            rows.append("--")
        sign = ":" if line.is_match else "-"
        rows.append(f"{name(line.path)}{sign}{line.number}{sign}{line.text}")
        previous = line
    return rows


def _render_files(lines: list[Line], name: Named, mode: Mode) -> list[str]:
    """One row for each file; a line without number carries the count of its file as text."""
    counts: dict[str, int] = {}
    for line in lines:
        if line.is_match:
            counts[line.path] = counts.get(line.path, 0) + (int(line.text) if not line.number else 1)
    if mode == "files":
        return [name(path) for path in counts]
    return [f"{name(path)}:{count}" for path, count in counts.items()]


def _withhold(lines: list[Line]) -> tuple[list[Line], tuple[str, ...]]:
    """The lines without those of files that hold credentials, and the names of some of these: nobody asked for them."""
    secret = cache(holds_credentials)
    names = dict.fromkeys(line.path for line in lines if secret(line.path))
    return [line for line in lines if not secret(line.path)], tuple(names)[:MOST_NAMED]


def _keep_chosen(lines: list[Line], glob: str) -> list[Line]:
    """The lines of files that match a glob with folders in it."""
    if "/" not in glob:
        return lines
    chosen = cache(choose(glob))
    return [line for line in lines if chosen(line.path)]


def _options(search: Search) -> list[str]:
    options = ["--with-filename", "--null", "--crlf", "--engine=auto"]
    if search.ignore_case:
        options.append("--ignore-case")
    if NEEDS_LINES.search(search.pattern):
        options.append("--multiline")
    name = search.glob.removeprefix("!")
    if name and "/" not in name:  # spares ripgrep the other files; unlike --glob it leaves .gitignore its say
        options += [f"--type-add=wanted:{name}", f"--type{'-not' if search.glob[0] == '!' else ''}=wanted"]
    return options


async def _run(search: Search, options: list[str]) -> tuple[bytes, bool]:
    arguments = [*_options(search), *options, "-e", search.pattern, "--", search.target]
    found = await run_ripgrep(arguments, search.folder, search.scope)
    if found.complaint and not found.output and "error" in found.complaint:
        problem = clean(found.complaint).removeprefix("rg: ")[:500]
        raise ToolError(
            f"The search failed: {problem}\nEscape characters such as ( [ {{ with a backslash to find them."
        )
    return found.output, found.cut


async def _find_lines(search: Search) -> tuple[list[Line], bool]:
    options = ["--no-heading", "--line-number", "--no-context-separator", f"--max-columns={WIDTH * 4}"]
    options += ["--max-columns-preview", f"--context={search.context}"]
    output, cut = await _run(search, options)
    return list(_read_lines(output)), cut


def _read_lines(output: bytes) -> Iterator[Line]:
    """Reads ripgrep's `path NUL number : text` (`-` for neighbours), one a line; a path may hold line breaks."""
    at = 0
    while (path_end := output.find(b"\0", at)) >= 0:
        end = output.find(b"\n", path_end)
        end = len(output) if end < 0 else end
        found = re.match(rb"(\d+)([:-])", output[path_end + 1 : path_end + 21])
        if found:
            text = output[path_end + 1 + found.end() : end].decode("utf-8", "replace").removesuffix("\r")
            path = os.fsdecode(output[at:path_end]).removeprefix("./")
            yield Line(path, int(found[1]), _shorten(text), found[2] == b":")
        at = end + 1


async def _count_lines(search: Search) -> tuple[list[Line], bool]:
    output, cut = await _run(search, ["--count"])
    rows = re.finditer(rb"([^\0]+)\0(\d+)\r?\n", output)
    return [Line(os.fsdecode(row[1]).removeprefix("./"), 0, row[2].decode()) for row in rows], cut


def _shorten(text: str) -> str:
    """A line that is not too long and safe to show."""
    text = clean(text)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}… [{len(text)} characters or more]"


def _search_plainly(search: Search) -> Iterator[Line]:
    """The same without ripgrep, with Python's regular expressions."""
    flags = re.MULTILINE | (re.IGNORECASE if search.ignore_case else 0)
    try:
        expression = re.compile(search.pattern, flags)
    except re.error as error:
        raise ToolError(
            f"The pattern is not a regular expression ({error}); escape its special characters."
        ) from None
    if search.place.path.is_dir():
        names = walk(search.folder, search.glob, search.scope)
    else:
        names = iter([search.place.path.name])
    for name in names:
        text = _read_text(search.folder / name)
        if text is not None:
            yield from _search_text(name, text, expression, search.context)


def _read_text(path: Path) -> str | None:
    """A file's text, or None for what is binary, too large or unreadable."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return None if b"\0" in data[:8192] else data.decode("utf-8", "replace").replace("\r\n", "\n")


def _search_text(name: str, text: str, expression: re.Pattern[str], context: int) -> Iterator[Line]:
    lines = text.removesuffix("\n").split("\n")
    found: set[int] = set()
    for match in expression.finditer(text):
        first = text.count("\n", 0, match.start())
        found |= set(range(first, first + match.group().rstrip("\n").count("\n") + 1))
    around = {number + step for number in found for step in range(-context, context + 1)}
    for number in sorted(around):
        if 0 <= number < len(lines):
            yield Line(name, number + 1, _shorten(lines[number]), number in found)
