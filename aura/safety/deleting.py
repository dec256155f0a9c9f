"""Profiles of programs that delete, and how bad it is when a path is gone."""

import re
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.expansion import Arg
from aura.safety.inquiry import Inquiry
from aura.safety.options import parse_options
from aura.safety.printed import FOUND

PRODUCTS = re.compile(
    r"build|dist|out|target|node_modules|__pycache__|\.?(pytest|mypy|ruff)_cache|\.tox|\.nox|\.coverage.*|htmlcov|coverage|"
    r"\.eggs|.*\.egg-info|\.next|\.nuxt|\.turbo|\.parcel-cache|\.cache|\.gradle|.*\.(pyc|pyo|o|obj|gch|pch|gcda|gcno|class|tmp|orig|rej|swp|tsbuildinfo)|"
    r".*~|\.ipynb_checkpoints|\.(dart_tool|svelte-kit|docusaurus|stack-work|sass-cache|angular|vite|eslintcache|benchmarks)|"
    r"\.?zig-cache|zig-out|_build|storybook-static|\.import_linter_cache|"
    r"cmake-build-\w+|\.hypothesis|\.DS_Store|\.nyc_output|tmp|temp"
)


def delete(inquiry: Inquiry, command: Command) -> None:
    """`rm`, `rmdir`, `unlink`, `shred`: what is lost."""
    options = parse_options(command.args, "-n --iterations -s --size")
    recursive = options.has("-r", "-R", "--recursive")
    if options.has("--no-preserve-root"):
        inquiry.note(Level.FLOOR, "it deletes the whole system")
    if not options.rest and command.name != "xargs":
        inquiry.note(Level.CONSENT, "what it deletes cannot be told beforehand")
    delete_all(inquiry, options.rest, recursive=recursive or command.name == "shred")


def delete_trees(inquiry: Inquiry, command: Command) -> None:
    """`rimraf`: deletes folders with all that is in them."""
    inquiry.note(Level.CHANGES, "it deletes folders")
    delete_all(inquiry, parse_options(command.args).rest, recursive=True)


def delete_all(inquiry: Inquiry, args: tuple[Arg, ...], *, recursive: bool) -> None:
    """Look at each target of a deletion."""
    for arg in args:
        if not arg.values or any(FOUND in value for value in arg.values):
            is_far = recursive or any(inquiry.places.judge_read(path).outside for path in inquiry.reads)
            level = Level.FLOOR if is_far else Level.CONSENT
            inquiry.note(level, f"it deletes what cannot be told beforehand ({arg.raw})")
        elif re.search(r"\$[\w{(@*]", arg.raw) and not all(
            inquiry.places.is_temporary(value) for value in arg.values
        ):
            inquiry.note(Level.CONSENT, f"it deletes what a variable names ({arg.raw})")
        inquiry.write(arg)
        look_at_target(inquiry, arg, recursive=recursive)
        if not inquiry.cwd and inquiry.perhaps:
            inquiry.cwd = inquiry.perhaps
            look_at_target(inquiry, arg, recursive=recursive)
            inquiry.cwd = ""


def look_at_target(inquiry: Inquiry, arg: Arg, *, recursive: bool, moved: bool = False) -> None:
    """How bad it is when a path is gone: beyond the workspace, all of it, sources, or only what a build makes."""
    places = inquiry.places
    for value in arg.values:
        path = inquiry.locate(value, itself=True)
        holder = path
        while re.search(r"[*?\[]", PurePath(holder).name):
            holder = str(PurePath(holder).parent)
        named = PurePath(path).parts[len(PurePath(holder).parts) :]
        is_wide = bool(named) and re.fullmatch(r"[.*?!\[\]]+", named[0]) is not None
        gone = holder if not named or is_wide else path
        if PurePath(path).name == ".aura":
            inquiry.note(Level.FLOOR, f"it removes {arg.raw}, which holds aura's rules")
        if path in inquiry.signs.made:
            continue
        if places.is_ancestor(gone):
            inquiry.note(Level.FLOOR, f"it removes {arg.raw}, which holds everything")
        elif places.is_temporary(path) and not places.judge_write(gone).floor:
            continue
        elif recursive and places.judge_write(gone).outside:
            level = (
                Level.CONSENT
                if moved and not arg.glob and not _is_home_folder(inquiry, gone)
                else Level.FLOOR
            )
            inquiry.note(level, f"it removes {arg.raw}, which is outside the workspace")
        elif not moved and not is_product(inquiry, path) and (arg.glob or not path.endswith(".log")):
            inquiry.note(Level.CONSENT, f"it deletes {arg.raw} for good")


def _is_home_folder(inquiry: Inquiry, path: str) -> bool:
    return str(PurePath(path).parent) in (inquiry.places.home, inquiry.places.spelled_home)


def is_product(inquiry: Inquiry, path: str) -> bool:
    """Whether a path is what a build, a test run or an editor leaves behind."""
    try:
        local = PurePath(path).relative_to(inquiry.places.workspace)
    except ValueError:
        return False
    return any(PRODUCTS.fullmatch(part) for part in local.parts)
