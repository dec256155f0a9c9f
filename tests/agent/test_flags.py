"""What a person should look at in a change, and what is left in peace."""

import pytest

from aura.agent.flags import find_flags
from aura.core.evidence import FileChange


def change(path: str, *lines: str, kind: str = "modified") -> FileChange:
    head = ["--- a/file", "+++ b/file", "@@ -1 +1 @@"]
    return FileChange(path, kind, diff="\n".join([*head, *lines]))  # type: ignore[arg-type] # one of the kinds


FLAGGED = [
    (
        change("tests/test_a.py", "-def test_x():", "-    assert f() == 1"),
        ["tests removed: test_x", "1 assertion fewer"],
    ),
    (change("tests/test_a.py", "-async def test_y(self):"), ["tests removed: test_y"]),
    (change("src/a.test.ts", "-  it('adds numbers', () => {"), ["tests removed: adds numbers"]),
    (
        change("a_test.go", "-func TestSum(t *testing.T) {", "-  t.Fatal(err)"),
        ["tests removed: TestSum", "1 assertion"],
    ),
    (change("tests/test_a.py", "-    assert a", "-    assert b"), ["2 assertions fewer"]),
    (change("spec/a.spec.js", "-  expect(a).toBe(1)", "+  a()"), ["1 assertion fewer"]),
    (change("tests/test_a.py", "+@pytest.mark.skip(reason='slow')"), ["a test is skipped"]),
    (change("tests/test_a.py", "+@pytest.mark.xfail"), ["a test is skipped"]),
    (change("a.test.js", "-it('a', f)", "+it.only('a', f)"), ["a test is skipped"]),
    (change("tests/a.rs", "+#[ignore]"), ["a test is skipped"]),
    (change("tests/test_a.py", kind="deleted"), ["the test file is deleted"]),
    (change("src/a.py", "+    x = f()  # type: ignore"), ["told to look away"]),
    (change("src/a.ts", "+// eslint-disable-next-line"), ["told to look away"]),
    (change("src/a.py", "+    except Exception:", "+        pass"), ["an error is swallowed"]),
    (change("src/a.py", "+    except: pass"), ["an error is swallowed"]),
    (
        change("src/a.py", "+    except (OSError, ValueError) as e:  # well", "+        ..."),
        ["an error is swallowed"],
    ),
    (change("src/a.js", "+  } catch (e) {}"), ["an error is swallowed"]),
    (change("src/a.py", "-    run(timeout=5)", "+    run(timeout=500)"), ["timeout raised from 5 to 500"]),
    (change("src/a.py", "-ATOL = 1", "-x(atol=0.1)", "+x(atol=0.5)"), ["atol raised from 0.1 to 0.5"]),
]

PEACEFUL = [
    change("src/a.py", "-    assert a"),
    change("src/a.py", "-def test_connection():"),
    change("tests/test_a.py", "-    assert a == 1", "+    assert a == 2"),
    change("tests/test_a.py", "-def test_x():", "+def test_x() -> None:"),
    change("tests/test_a.py", "+def test_new():", "+    assert True"),
    change("src/a.py", "-    run(timeout=500)", "+    run(timeout=5)"),
    change("src/a.py", "+    except ValueError:", "+        return None"),
    change("src/a.py", "+    except Exception as error:", "+        raise Wrapped(error)"),
    change("src/contest/a.py", "-    assert a"),
    change("src/latest.py", kind="deleted"),
    change("src/a.py", " # type: ignore", "-    # noqa"),
]


@pytest.mark.parametrize(("changed", "expected"), FLAGGED, ids=lambda value: getattr(value, "diff", "")[-30:])
def test_flagged(changed: FileChange, expected: list[str]) -> None:
    flags = find_flags([changed])
    assert len(flags) == len(expected)
    for flag, words in zip(flags, expected, strict=True):
        assert flag.startswith(f"{changed.path}: ")
        assert words in flag


@pytest.mark.parametrize("changed", PEACEFUL, ids=lambda value: value.diff[-30:])
def test_not_flagged(changed: FileChange) -> None:
    assert find_flags([changed]) == ()


def test_each_is_said_once() -> None:
    twice = [change("tests/test_a.py", "+@pytest.mark.skip")] * 2
    assert find_flags(twice) == ("tests/test_a.py: a test is skipped or expected to fail",)


def test_a_test_that_moves_within_the_changes_of_a_turn_is_not_gone() -> None:
    away = change("tests/test_a.py", "-def test_x():", "-    assert a")
    there = change("tests/test_b.py", "+def test_x():", "+    assert a")
    assert find_flags([away, there]) == ("tests/test_a.py: 1 assertion fewer",)


def test_what_was_removed_first_and_put_back_later_is_not_gone() -> None:
    away = change("tests/test_a.py", "-    assert a")
    back = change("tests/test_a.py", "+    assert a")
    assert find_flags([away, back]) == ()
