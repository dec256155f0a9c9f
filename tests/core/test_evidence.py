"""The ledger that aura keeps, and what it takes for a run of tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.evidence import KEEP, Check, CommandRun, Entry, FileChange, Ledger, add_check, add_entries

EDIT = FileChange("a.py", "modified", after="1")


@pytest.mark.parametrize(
    "command",
    [
        "pytest -q", "cd x && python -m pytest", "uv run pytest 2>&1 | tail -3", "npm test", "npm run test:unit",
        "make check", "go test ./...", "./run_tests.sh", "python tests/test_a.py",
        "timeout 60 cargo nextest run; echo $?",
        "FOO=1 pytest", "bash -c 'pytest'", "docker compose run app pytest", "cargo test", "pip install x && pytest",
    ],
)  # fmt: skip
def test_runs_of_tests(command: str) -> None:
    assert CommandRun(command, 0).is_test


@pytest.mark.parametrize(
    "command",
    [
        "ls", "cat tests/test_a.py", "grep -rn pytest .", "git diff tests/test_a.py", "pip install pytest",
        "python -m pip install pytest", "uv pip install pytest", "uv add pytest", "npm install jest", "echo pytest",
        "sed -i s/a/b/ tests/test_a.py", "rm tests/test_a.py", "vim test_a.py", "apt-get install pytest", "",
        "head -5 test_a.py | wc -l",
    ],
)  # fmt: skip
def test_what_only_reads_or_installs_is_no_run_of_tests(command: str) -> None:
    assert not CommandRun(command, 0).is_test


FACTS = st.sampled_from([EDIT, CommandRun("pytest", 1), CommandRun("ls", 0)])


@given(st.lists(FACTS | st.just("check"), max_size=30))
def test_tests_are_stale_when_the_last_edit_came_later(facts: list[FileChange | CommandRun | str]) -> None:
    ledger = Ledger()
    for fact in facts:
        if isinstance(fact, str):
            ledger = add_check(ledger, Check(CommandRun("pytest", 0), 1))
        else:
            ledger = add_entries(ledger, [Entry(1, "c", fact)])
    edits = [place for place, fact in enumerate(facts) if fact == EDIT]
    tests = [
        place
        for place, fact in enumerate(facts)
        if fact == "check" or (isinstance(fact, CommandRun) and fact.is_test)
    ]
    assert ledger.test_is_stale == (bool(edits) and max(edits) > max(tests, default=-1))
    assert ledger.edits == len(edits)
    assert ledger.commands == sum(isinstance(fact, CommandRun) for fact in facts)


def test_long_work_keeps_its_counts_and_the_newest_entries() -> None:
    ledger = Ledger()
    for number in range(KEEP + 20):
        ledger = add_entries(ledger, [Entry(number, "c", FileChange(f"{number}", "created"))])
    assert (len(ledger.entries), ledger.edits) == (KEEP, KEEP + 20)
    assert ledger.changed_files[-1] == str(KEEP + 19)


def test_a_file_is_named_once() -> None:
    ledger = Ledger()
    for path in ("b", "a", "b"):
        ledger = add_entries(ledger, [Entry(1, "c", FileChange(path, "modified"))])
    assert ledger.changed_files == ("b", "a")
