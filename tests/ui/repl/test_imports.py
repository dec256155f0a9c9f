"""Plain mode starts at once: what it takes is little."""

import subprocess
import sys

HEAVY = (
    "textual",
    "litellm",
    "pydantic",
    "httpx",
    "pygments",
    "markdown_it",
    "aura.app.build",
    "aura.config.schema",
)
SCRIPT = """
import sys
import aura.ui.repl.run, aura.ui.repl.talk, aura.ui.repl.prompting, aura.ui.repl.bare
print(*(name for name in {heavy!r} if name in sys.modules))
"""


def test_nothing_heavy_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == ""


def test_the_manners_need_nearly_nothing() -> None:
    script = (
        "import sys, aura.ui.manners, aura.ui.probe\n"
        "print(*(name for name in ('rich', 'prompt_toolkit', 'asyncio') if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
