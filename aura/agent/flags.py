"""What to look at in a change: weakened tests, loosened timeouts, swallowed errors. Pure rules over diffs."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aura.core.evidence import FileChange

TEST_FILE = re.compile(
    r"(^|/)(tests?|specs?|__tests__)/|(^|/)test_[^/]+$|_test\.[a-z]+$|\.(test|spec)\.[a-z]+$|Tests?\.(java|cs|kt)$"
)
TEST_START = re.compile(
    r"^\s*(async\s+)?def\s+(test\w*)|^\s*(?:it|test|describe)(?:\.\w+)?\s*\(\s*['\"](.+?)['\"]|^\s*func\s+(Test\w+)|^\s*fn\s+(test\w*)"
)
ASSERTION = re.compile(
    r"\bassert\w*\b|\bexpect\s*\(|\.should\b|\bt\.(Error|Fatal|Fail)\w*|\bREQUIRE\(|\bpytest\.raises\b"
)
SKIP = re.compile(
    r"pytest\.mark\.(skip|xfail)|pytest\.skip\(|unittest\.skip|@skip\b|\b(it|test|describe)\.(skip|todo|only)\b"
    r"|\bxit\(|\bxdescribe\(|#\[ignore\]|\bt\.Skip\(|@Disabled|@Ignore\b"
)
IGNORE = re.compile(
    r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover)|eslint-disable|@ts-(ignore|nocheck)|nolint|#\[allow\("
)
SWALLOW = re.compile(
    r"\bexcept(\s+[\w.(), ]+?)?(\s+as\s+\w+)?\s*:\s*(#.*)?\s*(pass|\.\.\.)\s*(#.*)?$|\bcatch\s*(\([^)]*\))?\s*\{\s*\}",
    re.MULTILINE,
)
TIMEOUT = re.compile(
    r"\b(timeout|sleep|retries|max_retries|tolerance|rel_tol|abs_tol|atol|rtol|delta)\w*\s*[=(:]\s*([\d.]+)"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What all edits made of one file: lines that came, lines that went, whether it is gone."""

    path: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    is_deleted: bool


def find_flags(changes: Iterable[FileChange]) -> tuple[str, ...]:
    """One line per thing that a person should look at, each once, in order.

    What one edit took away and another put back is no news; a test may move to another file.
    """
    files = _sum_up(changes)
    tests = [file for file in files if TEST_FILE.search(file.path)]
    moved = _names(line for file in tests for line in file.added)
    flags: list[str] = []
    for file in files:
        if file in tests:
            flags.extend(_flag_tests(file, moved))
        if any(IGNORE.search(line) for line in file.added):
            flags.append(f"{file.path}: a checker is told to look away")
        if SWALLOW.search("\n".join(file.added)):
            flags.append(f"{file.path}: an error is swallowed")
        flags.extend(_flag_numbers(file))
    return tuple(dict.fromkeys(flags))


def _sum_up(changes: Iterable[FileChange]) -> list[Change]:
    """The changes by file; a line that was removed and added in equal numbers counts as neither."""
    by_path: dict[str, list[FileChange]] = {}
    for change in changes:
        by_path.setdefault(change.path, []).append(change)
    files = []
    for path, several in by_path.items():
        lines = [line for change in several for line in change.diff.splitlines()]
        added = [line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")]
        removed = [line[1:] for line in lines if line.startswith("-") and not line.startswith("---")]
        files.append(
            Change(path, _subtract(added, removed), _subtract(removed, added), several[-1].kind == "deleted")
        )
    return files


def _subtract(lines: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    left = Counter(others)
    kept = []
    for line in lines:
        if left[line] > 0:
            left[line] -= 1
        else:
            kept.append(line)
    return tuple(kept)


def _flag_tests(file: Change, moved: set[str]) -> Iterator[str]:
    if file.is_deleted:
        yield f"{file.path}: the test file is deleted"
        return
    gone = _names(file.removed) - moved
    if gone:
        yield f"{file.path}: tests removed: {', '.join(sorted(gone))}"
    fewer = _count(ASSERTION, file.removed) - _count(ASSERTION, file.added)
    if fewer > 0:
        yield f"{file.path}: {fewer} assertion{'s' if fewer > 1 else ''} fewer"
    if _count(SKIP, file.added) > _count(SKIP, file.removed):
        yield f"{file.path}: a test is skipped or expected to fail"


def _flag_numbers(file: Change) -> Iterator[str]:
    before = {name: value for line in file.removed for name, value in TIMEOUT.findall(line)}
    for line in file.added:
        for name, value in TIMEOUT.findall(line):
            if name in before and _number(value) > _number(before[name]):
                yield f"{file.path}: {name} raised from {before[name]} to {value}"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _names(lines: Iterable[str]) -> set[str]:
    found = (TEST_START.search(line) for line in lines)
    return {next(name for name in match.groups()[1:] if name) for match in found if match}


def _count(pattern: re.Pattern[str], lines: Iterable[str]) -> int:
    return sum(1 for line in lines if pattern.search(line))
