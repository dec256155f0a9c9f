"""`aura demo`: the engine, the tools and the project work together, or the demo fails and says where."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import aura.demo
from aura.cli.cmd_demo import PLAIN_TESTS, TESTS, read_script
from aura.core.messages import MODEL, Message, ToolCall, ToolResult, tool_message, user
from aura.core.models import Request
from aura.models.script import Script, choose, look

FOLDER = Path(aura.demo.__file__).parent
PLAIN_PYTEST = Path(__file__).resolve().parents[1] / "plain"


def run(*arguments: str, folder: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run `aura` in a process of its own; `before` is Python that runs first."""
    script = f"import sys; {before}\nfrom aura.__main__ import main\nsys.exit(main())"
    environ = {
        **os.environ,
        "PYTHONPATH": str(PLAIN_PYTEST),
        "TMPDIR": str(folder),
        "AURA_HOME": str(folder / "home"),
        "AURA_MODEL": "not/this-one",
    }
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def calls_of(script: Script) -> list[str]:
    return [call.tool for reply in script.replies for call in reply.calls]


def test_the_script_uses_the_tools_that_people_should_see() -> None:
    calls = calls_of(read_script(TESTS, 0))
    assert set(calls) == {"Glob", "Read", "Grep", "Bash", "TodoWrite", "Edit", "Done"}
    assert calls[-1] == "Done"
    assert calls.count("Bash") == 4


def test_every_reply_waits_for_something_that_a_tool_or_the_person_said() -> None:
    for reply in read_script(TESTS, 0).replies:
        assert reply.when is not None
        assert reply.when.user_contains or (reply.when.tool and (reply.when.contains or reply.when.matches))


def test_the_command_for_the_tests_and_the_pace_are_put_in() -> None:
    script = read_script(PLAIN_TESTS, 1.5)
    commands = {
        call.arguments["command"] for reply in script.replies for call in reply.calls if call.tool == "Bash"
    }
    assert commands == {PLAIN_TESTS}
    assert {reply.delay for reply in script.replies} == {1.5}


def test_the_project_fails_as_the_script_expects(tmp_path: Path) -> None:
    project = shutil.copytree(FOLDER / "project", tmp_path / "project")
    done = subprocess.run(
        [sys.executable, *PLAIN_TESTS.split()[1:]],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert set(re.findall(r"^(?:ERROR|FAIL): (\w+)", done.stderr, re.MULTILINE)) == {
        "test_december_ends_in_the_next_year",
        "test_short_months_end_early",
        "test_parses_thousands",
        "test_large_orders_have_a_discount",
        "test_discount_starts_at_the_limit",
    }


@pytest.mark.slow
def test_the_demo_repairs_the_project_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run("demo", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The language model is a script" in done.stdout
    assert "14 model calls" in done.stdout
    assert "aura auth set" in done.stdout
    assert list(tmp_path.glob("aura-demo-*")) == []
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_the_demo_with_plain_unittest_keeps_a_repaired_project(tmp_path: Path) -> None:
    before = "import aura.cli.cmd_demo as demo; demo.find_test_command = lambda: demo.PLAIN_TESTS"
    done = run("demo", "--json", "--keep", folder=tmp_path, before=before)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["reason"], result["verified"]) == ("done", True)
    assert [check["command"] for check in result["checks"]] == [PLAIN_TESTS]
    assert {change["path"] for change in result["changed"]} == {
        "invoicing/money.py",
        "invoicing/orders.py",
        "invoicing/dates.py",
    }
    assert result["usage"]["cost_usd"] == 0
    (project,) = tmp_path.glob("aura-demo-*/invoicing")
    again = [sys.executable, *PLAIN_TESTS.split()[1:]]
    assert subprocess.run(again, cwd=project, capture_output=True, check=False, timeout=60).returncode == 0
    assert (project / "tests" / "test_dates.py").read_bytes() == (
        FOLDER / "project/tests/test_dates.py"
    ).read_bytes()


@pytest.mark.slow
def test_the_demo_fails_when_the_tools_show_something_else(tmp_path: Path) -> None:
    other = shutil.copytree(FOLDER, tmp_path / "demo")
    money = other / "project" / "invoicing" / "money.py"
    money.write_text(money.read_text().replace('replace(",", ".")', 'replace(",", "")'))
    before = (
        f"import aura.cli.cmd_demo as demo, pathlib; demo.demo_folder = lambda: pathlib.Path({str(other)!r})"
    )
    done = run("demo", folder=tmp_path, before=before)
    assert done.returncode != 0
    assert "no reply at step 3 for" in done.stderr
    assert "test_parses_thousands" in done.stderr
    (kept,) = tmp_path.glob("aura-demo-*")
    assert f"The demo failed, see above. Its folder is kept: {kept}" in done.stderr
    assert "Done by the script" not in done.stdout


@pytest.mark.parametrize(
    ("tool", "content"),
    [
        ("Glob", "No files match."),
        ("Read", "There is no file invoicing/money.py."),
        ("Grep", "No matches."),
        (
            "Edit",
            "invoicing/dates.py: Edit 2 of 2: The old text was not found in invoicing/money.py, invoicing/orders.py.",
        ),
        ("Bash", "bash: python: command not found\n[exit code 127]"),
        ("Bash", "13 passed"),
        ("Bash", "ERROR: usage: python -m pytest\n[exit code 4]"),
        ("TodoWrite", "The list was refused and the old one stays: two items are in progress."),
        ("Done", "Refused: a check fails."),
    ],
)
def test_no_reply_fits_what_a_broken_tool_says(tool: str, content: str) -> None:
    call = ToolCall("1", tool)
    shown = look(
        Request(
            "",
            [user("invoicing"), Message("assistant", (call,), MODEL), tool_message(ToolResult("1", content))],
        )
    )
    assert choose(read_script(TESTS, 0), set(), shown) is None
