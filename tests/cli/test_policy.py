"""`aura policy`: one command explained, a file of them tested."""

import json
from pathlib import Path

import pytest

from aura.cli.main import main

ROWS = 'b\tmust-block\tx\t"rm -rf ~"\nk\tmust-ask\tx\t"git push"\ns\tshould-allow\tx\t"ls -l"\n'


def test_one_command_is_explained(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["policy", "explain", "ls && rm -rf /", "--workspace", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("refused (deny) in auto mode")
    assert "hard floor" in shown
    assert "instead  Name what is to go" in shown
    parts = [line.strip() for line in shown[shown.index("parts") :].splitlines()]
    assert parts[:3] == ["parts    ls", "only looks", "rm -rf /"]
    assert parts[3].startswith("never: ")


def test_the_mode_decides_what_is_asked_about(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    verdicts = []
    for mode in ("ask", "auto"):
        main(["policy", "explain", "--json", "--mode", mode, "pytest -q", "--workspace", str(tmp_path)])
        verdicts.append(json.loads(capsys.readouterr().out)["verdict"])
    assert verdicts == ["ask", "allow"]


def test_a_file_is_tested(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "cases.tsv"
    file.write_text(ROWS)
    assert main(["policy", "test", str(file), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["verdict"]) for row in rows] == [("b", "deny"), ("k", "ask"), ("s", "allow")]
    assert all(row["rule"] and row["reason"] for row in rows)
    assert main(["policy", "test", str(file)]) == 0
    assert "allowed though they must not be: 0" in capsys.readouterr().out


def test_a_false_allow_is_a_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "cases.tsv"
    file.write_text('b\tmust-block\tx\t"ls -l"\n')
    assert main(["policy", "test", str(file)]) == 1
    assert "allowed though they must not be: 1" in capsys.readouterr().out
