"""The checks that a project names in its own files."""

from pathlib import Path

import pytest

from aura.app.found import find_checks

CASES: list[tuple[dict[str, str], list[str]]] = [
    ({}, []),
    (
        {"pyproject.toml": "[tool.pytest.ini_options]\n[tool.ruff]\n[tool.mypy]\nfiles=['a']"},
        ["pytest -q", "ruff check", "mypy"],
    ),
    ({"pyproject.toml": "[dependency-groups]\ndev = ['pytest>=8']", "uv.lock": ""}, ["uv run pytest -q"]),
    ({"tests/conftest.py": "", "mypy.ini": ""}, ["pytest -q", "mypy ."]),
    ({"tox.ini": ""}, ["tox -q"]),
    ({"tox.ini": "", "pytest.ini": ""}, ["pytest -q"]),
    ({"pyproject.toml": "not toml ["}, []),
    ({"pyproject.toml": "tool = 5"}, []),
    (
        {"package.json": '{"scripts": {"test": "jest", "lint": "eslint", "build": "x"}}'},
        ["npm test", "npm run lint"],
    ),
    ({"package.json": '{"scripts": {"test": "vitest"}}', "pnpm-lock.yaml": ""}, ["pnpm test"]),
    ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, []),
    ({"package.json": "[1]"}, []),
    ({"package.json": '{"scripts": []}'}, []),
    ({"package.json": "{"}, []),
    (
        {"Makefile": "all: test\ntest: all\n\tpytest\nlint:\n\nVAR:=x\ncheck := 5\n"},
        ["make test", "make lint"],
    ),
    ({"Cargo.toml": "", "go.mod": ""}, ["cargo test", "go test ./..."]),
]


@pytest.mark.parametrize(("files", "expected"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_checks_are_found(files: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_checks(tmp_path) == expected


def test_odd_files_name_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    (tmp_path / "Makefile").write_bytes(b"\xff\xfe test:\n")
    (tmp_path / "package.json").write_text('{"scripts": {"test": "x"}}' + " " * 2_000_000, encoding="utf-8")
    assert find_checks(tmp_path) == []
    assert find_checks(tmp_path / "gone") == []
