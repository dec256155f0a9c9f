"""What `aura init` puts into a project, and nothing that is there already."""

from dataclasses import dataclass
from pathlib import Path

from aura.config.paths import project_dir
from aura.core.errors import AuraError

CONFIG = """\
# Settings of this project for aura. Yours, for all projects, are shown by `aura config`.
# They only tighten what is allowed until the folder is trusted: `aura trust`.
# All settings with their meaning: docs/reference/settings.md

# auto:
#   checks: ["pytest -q"]       # have to pass before the model may say that it is done
#   max_steps: 50

# permissions:                  # deny beats ask beats allow
#   allow: ["Bash(npm run lint:*)"]
#   ask: ["Edit(migrations/**)"]
#   deny: ["Bash(git push:*)"]
#   protect: ["fixtures/golden/**"]
"""
IGNORED = """\
# what is yours alone in this project
config.local.yaml
"""
INSTRUCTIONS = """\
# Working on this project

How it is built, tested and laid out, for people and for assistants. Say what cannot be seen from the code.

- Build:
- Test:
- Conventions:
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, and what was there and was left alone."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def make_project(workspace: Path, *, instructions: bool = False) -> Made:
    """Write the files of a project that are missing; `instructions` adds AGENTS.md. Raises `AuraError`."""
    folder = project_dir(workspace)
    files = {
        folder / "config.yaml": CONFIG,
        folder / ".gitignore": IGNORED,
        folder / "plugins" / ".gitkeep": "",
    }
    if instructions:
        files[workspace / "AGENTS.md"] = INSTRUCTIONS
    written, kept = [], []
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            written.append(path)
        except FileExistsError:
            kept.append(path)
        except OSError as error:
            raise AuraError(f"{path} cannot be written: {error.strerror or error}.") from None
    return Made(tuple(written), tuple(kept))
