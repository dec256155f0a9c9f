"""What to look at in a change: weakened tests, loosened timeouts, swallowed errors. Pure rules over diffs."""

import re
from collections.abc import Iterable, Iterator

from aura.core.evidence import FileChange

TEST_FILE = re.compile(
    r"(^|/)(tests?|specs?|__tests__)/|(^|/)test_[^/]+$|_test\.[a-z]+$|\.(test|spec)\.[a-z]+$|Tests?\.(java|cs|kt)$"
)
TEST_START = re.compile(
    r"^\s*(async\s+)?def\s+(test\w*)|^\s*(?:it|test|describe)\s*\(\s*['\"](.+?)['\"]|^\s*func\s+(Test\w+)|^\s*fn\s+(test\w*)"
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
    r"\bexcept(\s+(Base)?Exception)?(\s+as\s+\w+)?\s*:\s*(pass\s*)?$|\bcatch\s*(\(\s*\w*\s*\))?\s*\{\s*\}"
)
TIMEOUT = re.compile(
    r"\b(timeout|sleep|retries|max_retries|tolerance|rel_tol|abs_tol|atol|rtol|delta)\w*\s*[=(:]\s*([\d.]+)"
)


def find_flags(changes: Iterable[FileChange]) -> tuple[str, ...]:
    """One line per thing that a person should look at, each once, in order."""
    flags: list[str] = []
    for change in changes:
        flags.extend(_flag_file(change))
    return tuple(dict.fromkeys(flags))


def _flag_file(change: FileChange) -> Iterator[str]:
    added = [
        line[1:] for line in change.diff.splitlines() if line.startswith("+") and not line.startswith("+++")
    ]
    removed = [
        line[1:] for line in change.diff.splitlines() if line.startswith("-") and not line.startswith("---")
    ]
    if TEST_FILE.search(change.path):
        yield from _flag_tests(change, added, removed)
    if any(IGNORE.search(line) for line in added):
        yield f"{change.path}: a checker is told to look away"
    if any(SWALLOW.search(line) for line in added):
        yield f"{change.path}: an error is swallowed"
    yield from _flag_numbers(change.path, added, removed)


def _flag_tests(change: FileChange, added: list[str], removed: list[str]) -> Iterator[str]:
    if change.kind == "deleted":
        yield f"{change.path}: the test file is deleted"
        return
    gone = _names(removed) - _names(added)
    if gone:
        yield f"{change.path}: tests removed: {', '.join(sorted(gone))}"
    fewer = _count(ASSERTION, removed) - _count(ASSERTION, added)
    if fewer > 0:
        yield f"{change.path}: {fewer} assertion{'s' if fewer > 1 else ''} fewer"
    if _count(SKIP, added) > _count(SKIP, removed):
        yield f"{change.path}: a test is skipped or expected to fail"


def _flag_numbers(path: str, added: list[str], removed: list[str]) -> Iterator[str]:
    before = {name: value for line in removed for name, value in TIMEOUT.findall(line)}
    for line in added:
        for name, value in TIMEOUT.findall(line):
            if name in before and _number(value) > _number(before[name]):
                yield f"{path}: {name} raised from {before[name]} to {value}"


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
