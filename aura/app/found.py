"""The commands that a project is checked with, as its own files name them; nothing is run."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

LARGEST = 1_000_000  # bytes of a file that is looked at
MOST = 8
NO_TEST = "no test specified"  # what npm writes where there is none
TARGET = re.compile(r"^(test|check|lint)\s*:(?!=)", re.MULTILINE)
NODE = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lockb": "bun", "bun.lock": "bun"}


def find_checks(workspace: Path) -> list[str]:
    """Commands that fit, the tests first; at most `MOST`, each once."""
    found: list[str] = []
    for look in LOOKS:
        try:
            found += look(workspace)
        except (
            OSError,
            ValueError,
            TypeError,
            AttributeError,
            RecursionError,
        ):  # unreadable: it names nothing
            continue
    return list(dict.fromkeys(found))[:MOST]


def _read(path: Path) -> str:
    """The text of a file; empty when there is none, or too much of it."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def _look_at_python(workspace: Path) -> Iterator[str]:
    text = _read(workspace / "pyproject.toml")
    project = tomllib.loads(text)
    tools: Mapping[str, Any] = project.get("tool", {})
    prefix = "uv run " if (workspace / "uv.lock").is_file() else ""
    names = ("pytest.ini", "conftest.py", "tests/conftest.py")
    has_pytest = "pytest" in tools or "pytest" in text or any((workspace / name).is_file() for name in names)
    if has_pytest:
        yield f"{prefix}pytest -q"
    elif (workspace / "tox.ini").is_file():
        yield f"{prefix}tox -q"
    if "ruff" in tools or (workspace / "ruff.toml").is_file() or (workspace / ".ruff.toml").is_file():
        yield f"{prefix}ruff check"
    if "mypy" in tools or (workspace / "mypy.ini").is_file():
        knows_files = bool(tools.get("mypy", {}).get("files") or tools.get("mypy", {}).get("packages"))
        yield f"{prefix}mypy" if knows_files else f"{prefix}mypy ."


def _look_at_node(workspace: Path) -> Iterator[str]:
    package = json.loads(_read(workspace / "package.json") or "{}")
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict):
        return
    manager = next((name for lock, name in NODE.items() if (workspace / lock).is_file()), "npm")
    for script in ("test", "lint", "typecheck"):
        if script in scripts and NO_TEST not in str(scripts[script]):
            yield f"{manager} test" if script == "test" else f"{manager} run {script}"


def _look_at_makefile(workspace: Path) -> Iterator[str]:
    found = set(TARGET.findall(_read(workspace / "Makefile") or _read(workspace / "makefile")))
    yield from (f"make {name}" for name in ("test", "check", "lint") if name in found)


def _look_at_others(workspace: Path) -> Iterator[str]:
    if (workspace / "Cargo.toml").is_file():
        yield "cargo test"
    if (workspace / "go.mod").is_file():
        yield "go test ./..."


LOOKS: tuple[Callable[[Path], Iterator[str]], ...] = (
    _look_at_python,
    _look_at_node,
    _look_at_makefile,
    _look_at_others,
)
