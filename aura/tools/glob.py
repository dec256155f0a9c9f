"""Glob: files by the pattern of their names."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from aura.core.tools import Access, Effect, Tool, ToolContext
from aura.tools._search import check_glob, choose, find_ripgrep, find_scope, run_ripgrep, split_base, walk
from aura.tools.define import tool
from aura.tools.workspace import explain_missing, find_place, show

LIMIT = 100


def _access(arguments: Mapping[str, Any]) -> Access:
    base, _ = split_base(arguments["pattern"])
    return Access(reads=(os.path.join(arguments["path"] or ".", base) if base else arguments["path"] or ".",))  # noqa: PTH118


@tool(name="Glob", effect=Effect.READ, access=_access, aliases={"folder": "path", "glob": "pattern"})
async def _glob(
    context: ToolContext,
    pattern: Annotated[
        str, "As in .gitignore: *.py matches anywhere below, src/**/*.{ts,tsx} from the folder on."
    ],
    path: Annotated[str, "Folder to look in (default: the workspace)."] = "",
    limit: Annotated[int, f"How many to list (default {LIMIT})."] = LIMIT,
    *,
    hidden: Annotated[bool, "Also hidden files and those that .gitignore names."] = False,
) -> str:
    """Find files by the pattern of their names; newest first.

    Files that .gitignore names, hidden files and .git are left out.
    """
    check_glob(pattern)
    base, rest = split_base(pattern)
    given = os.path.join(path or ".", base) if base else path or "."  # noqa: PTH118 - `..` is for find_place
    place = find_place(context.workspace, given)
    if not place.path.is_dir():
        raise explain_missing(context.workspace, place)
    names, cut = await list_files(place.path, rest, hidden=hidden)
    if not names:
        left_out = "" if hidden else " (hidden and ignored files were left out)"
        return f"No file matches {pattern}{left_out}."
    ordered = await asyncio.to_thread(_newest_first, place.path, names)
    shown = [show(context.workspace, place.path / name) for name in ordered[: max(limit, 1)]]
    more = len(names) - len(shown)
    if more or cut:
        shown.append(f"[{more}{' or more' if cut else ''} more; narrow the pattern or raise limit]")
    return "\n".join(shown)


def make_glob() -> Tool:
    """The tool."""
    return _glob


async def list_files(folder: Path, pattern: str, *, hidden: bool) -> tuple[list[str], bool]:
    """The files below a folder that match, relative and sorted, and whether there are more than could be listed."""
    scope = find_scope(pattern, hidden=hidden)
    if not find_ripgrep():
        return await asyncio.to_thread(lambda: sorted(walk(folder, pattern, scope))), False
    found = await run_ripgrep(["--files", "--null"], folder, scope)
    names = (os.fsdecode(name).removeprefix("./") for name in found.output.split(b"\0")[:-1])
    return sorted(filter(choose(pattern), names)), found.cut


def _newest_first(folder: Path, names: list[str]) -> list[str]:
    def changed(name: str) -> float:
        try:
            return -(folder / name).lstat().st_mtime
        except OSError:
            return 0.0

    return sorted(names, key=changed)
