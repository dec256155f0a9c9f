"""What a command sees of the file system, as rules that become mounts. Pure: nothing here looks at a disk.

Shallow rules are mounted before deep ones, so that the nearest rule above a path decides, whatever the order in which
the rules were given. The workspace may therefore lie below a home that is hidden, and hold a folder that is hidden.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

ROOT = Path("/")
NOWHERE = "/dev/null"


class Right(IntEnum):
    """What a rule gives; where two rules name the same path, the greater one holds."""

    COVER = 0  # an empty folder lies over it
    READ = 1
    WRITE = 2
    PROTECT = 3  # read-only in what may be written; it opens nothing that is hidden
    HIDE = 4  # empty, whatever is above it


@dataclass(frozen=True, slots=True)
class Rule:
    """One path, resolved and present, and what a command may do there.

    `source` is what lies there instead of the path itself (None: itself). `keep` holds a path in place: it is as its
    surroundings are, but cannot be renamed or replaced. `is_open` when another rule lets the same path be seen.
    """

    right: Right
    path: Path
    is_dir: bool = True
    source: Path | None = None
    keep: bool = False
    is_open: bool = False


def settle_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules that have to be mounted, shallow ones first; what changes nothing is left out.

    What may be read is mounted only below something hidden, what is kept in place only below something that may be
    written. The root itself is read-only and needs no rule.
    """
    chosen: dict[Path, Rule] = {}
    opened: set[Path] = set()
    for rule in rules:
        before = chosen.get(rule.path)
        if before is None or (not rule.keep, rule.right) > (not before.keep, before.right):
            chosen[rule.path] = rule
        if rule.right in (Right.READ, Right.WRITE) and not rule.keep:
            opened.add(rule.path)
    settled: dict[Path, Rule] = {}
    for path in sorted(chosen, key=lambda one: (len(one.parts), one)):
        rule = replace(chosen[path], is_open=path in opened)
        if path != ROOT and _changes(rule, find_right(settled, path)):
            settled[path] = rule
    return tuple(settled.values())


def find_right(settled: dict[Path, Rule], path: Path) -> Right:
    """What the nearest settled rule at or above a path gives; without one it may be read."""
    for place in (path, *path.parents):
        if place in settled:
            return settled[place].right
    return Right.READ


def _changes(rule: Rule, above: Right) -> bool:
    is_empty = above in (Right.COVER, Right.HIDE)
    if rule.keep:
        return above is Right.WRITE
    if rule.right is Right.READ:
        return is_empty
    if rule.right is Right.PROTECT:
        return above is Right.WRITE or (is_empty and rule.is_open)
    if rule.right is Right.HIDE:
        return not is_empty
    return True


def write_mounts(rules: Sequence[Rule]) -> list[str]:
    """The arguments of bwrap for settled rules."""
    arguments: list[str] = []
    for rule in rules:
        path = str(rule.path)
        source = str(rule.source or rule.path)
        if rule.right in (Right.COVER, Right.HIDE):
            if rule.source:
                arguments += ["--bind", source, path]
            elif rule.is_dir:
                arguments += ["--tmpfs", path]
            else:
                arguments += ["--ro-bind", NOWHERE, path]
        elif rule.right is Right.WRITE:
            arguments += ["--bind", source, path]
        else:
            arguments += ["--ro-bind", source, path]
    return arguments
