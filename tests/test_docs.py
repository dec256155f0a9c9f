"""The docs are true: reference pages current, links alive, examples run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
RUNS = re.compile(r"```python runs\n(.*?)```", re.DOTALL)


def test_reference_pages_are_current() -> None:
    """In a process of its own: commands remember how their help was first asked for."""
    command = [sys.executable, "-m", "aura.docs_reference", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def find_examples() -> list[tuple[str, str]]:
    return [
        (f"{page.name}-{number}", body)
        for page in PAGES
        for number, body in enumerate(RUNS.findall(page.read_text(encoding="utf-8")), start=1)
    ]


@pytest.mark.parametrize(("name", "body"), find_examples(), ids=[name for name, _ in find_examples()])
def test_examples_run(name: str, body: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", body], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"
