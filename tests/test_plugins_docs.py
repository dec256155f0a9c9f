"""The pages about plugins are true: the tutorial is followed word by word, the tables are those of the code."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aura.config.paths import shipped_plugins
from aura.core.conditions import TERMS
from aura.plugins import Circumstances, Plugins, Sources
from aura.plugins.declared import OF_A_CALL, PLACEHOLDERS
from aura.plugins.relay import HOOKS

DOCS = Path(__file__).resolve().parent.parent / "docs"
TUTORIAL = (DOCS / "tutorial" / "first-plugin.md").read_text(encoding="utf-8")
GUIDE = (DOCS / "guides" / "plugins.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FORMS = {"nothing": "", "count": ":N", "amount": ":N", "text": ":TEXT"}


@dataclass(frozen=True)
class Block:
    """One code block: its language, the file it is (empty: none), its text."""

    language: str
    title: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    for language, title, text in BLOCK.findall(page):
        yield Block(language, title, text)


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines it is said to print."""
    command, expected = "", list[str]()
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, expected
            command, expected = line.removeprefix("$ "), []
        else:
            expected.append(line)
    yield command, expected


def pattern(expected: list[str]) -> re.Pattern[str]:
    """What the output has to look like: `…` stands for anything; spaces at the end of a line do not matter."""
    parts = (re.escape(line).replace("…", r".*?") for line in expected)
    return re.compile(r"[ \t]*\n".join(parts) + r"\s*", re.DOTALL)


@pytest.mark.slow
def test_the_tutorial_is_followed_word_by_word(tmp_path: Path) -> None:
    workspace, programs = tmp_path / "project", tmp_path / "bin"
    workspace.mkdir()
    programs.mkdir()
    aura = programs / "aura"
    aura.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aura "$@"\n', encoding="utf-8")
    aura.chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AURA_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(Path(__file__).with_name("plain")),
    }
    ran = 0
    for block in blocks(TUTORIAL):
        if block.title:
            (workspace / block.title).write_text(block.text, encoding="utf-8")
            continue
        assert block.language == "console"
        for command, expected in commands(block):
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=workspace,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            assert pattern(expected).fullmatch(done.stdout), f"{command}\n{done.stdout}\n{done.stderr}"
            ran += 1
    assert ran == TUTORIAL.count("\n$ ")
    assert (workspace / "greet.py").read_text(encoding="utf-8") == "print('hello')\n"


def rows(title: str) -> list[str]:
    """The rows of a table of the guide that the code decides."""
    return GUIDE.split(f"<!-- {title} -->\n")[1].split("<!-- end -->")[0].splitlines()


def test_the_guide_lists_every_term() -> None:
    expected = [f"| `{name}{FORMS[kind.argument]}` | {kind.meaning} |" for name, kind in TERMS.items()]
    assert rows("terms") == expected


def test_the_guide_lists_every_placeholder() -> None:
    after = " (`after_tool` only)"
    expected = [
        f"| `{{{name}}}` | {meaning}{after if name in OF_A_CALL else ''} |"
        for name, (meaning, _) in PLACEHOLDERS.items()
    ]
    assert rows("placeholders") == expected


def test_the_guide_lists_every_hook() -> None:
    listed = re.findall(r"^\| `(\w+)\(.*?\)` \|", GUIDE, re.MULTILINE)
    assert sorted(listed) == sorted(HOOKS)


def test_the_guide_lists_the_shipped_injectors_as_they_are() -> None:
    plugins = Plugins(Sources(shipped=shipped_plugins()), Circumstances(Path("/nowhere")))
    section = GUIDE.split("## What is shipped")[1].split("## Commands")[0]
    found = re.findall(r"^\| `([\w-]+)` \| `(\w+)` \| .* \| (.*)\|$", section, re.MULTILINE)
    expected = [
        (
            each.name,
            *each.callers,
            ", ".join(f"`{key}` {value}" for key, value in each.settings.items()),
        )
        for each in plugins.plugged
    ]
    assert [(name, hook, settings.strip()) for name, hook, settings in found] == expected


@pytest.mark.parametrize("page", [TUTORIAL, GUIDE])
def test_links_lead_somewhere(page: str) -> None:
    folder = DOCS / ("tutorial" if page is TUTORIAL else "guides")
    links = re.findall(r"\]\(([^)#]+)\)", page)
    assert links
    assert all((folder / link).is_file() for link in links)
