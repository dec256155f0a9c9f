"""What the interface's process loads: nothing heavy before it is needed, some things never."""

import subprocess
import sys

import pytest

NEVER = {
    "litellm",
    "pydantic",
    "httpx",
    "dbos",
    "mcp",
    "uvicorn",
    "starlette",
    "aura.app.build",
    "aura.config.schema",
}
LATE = {"pygments.lexers", "markdown_it", "rapidfuzz", "tenacity"}


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has after a statement."""
    script = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import aura.cli.tui, aura.ui.tui.run, aura.ui.tui.app",
        "import aura.ui.repl.run",
        (
            "import pkgutil, importlib, aura.ui.tui.docks as d; "
            "[importlib.import_module(f'aura.ui.tui.docks.{m.name}') for m in pkgutil.iter_modules(d.__path__)]"
        ),
        "import aura.ui.tui.paint, aura.ui.folding, aura.ui.archive",
    ],
    ids=["full screen", "plain", "dialogs", "blocks"],
)
def test_no_face_loads_what_belongs_to_the_engine(statement: str) -> None:
    assert not NEVER & loaded_by(statement)


def test_the_first_frame_needs_no_highlighting() -> None:
    assert not LATE & loaded_by("import aura.ui.tui.run, aura.ui.tui.app")


def test_plain_mode_loads_no_textual() -> None:
    assert "textual" not in loaded_by("import aura.ui.repl.run")
