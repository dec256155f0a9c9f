"""A home and a temporary folder of a command's own, for walls that cannot mount any."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from aura.core.sandbox import SandboxSpec


def furnish(tmp: Path, spec: SandboxSpec, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command whose home and temporary folder lie in `tmp`.

    In that home stand links to what may be read of the real one. Names that lead into the rest of the real home go.
    """
    real, home = Path.home(), tmp / "home"
    with contextlib.suppress(OSError):
        home.mkdir(mode=0o700, exist_ok=True)
    for root in (*spec.read, *spec.write):
        if real in root.parents:
            link = home / root.relative_to(real)
            with contextlib.suppress(OSError):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(root)
    reached = (spec.workspace, *spec.read, *spec.write, tmp)
    kept = {name: value for name, value in environment.items() if not _leads_home(value, real, reached)}
    return kept | {"HOME": str(home), "TMPDIR": str(tmp), "TMP": str(tmp), "TEMP": str(tmp)}


def _leads_home(value: str, home: Path, reached: Iterable[Path]) -> bool:
    """Whether a value is one path below the real home that a command cannot reach."""
    path = Path(value)
    if not path.is_absolute() or ":" in value or (home not in path.parents and path != home):
        return False
    return not any(root == path or root in path.parents for root in reached)


def make_folder(undo: contextlib.ExitStack) -> Path:
    """A new temporary folder, removed with `undo`."""
    folder = Path(tempfile.mkdtemp(prefix="aura-"))
    undo.callback(_remove_folder, folder)
    return folder


def _remove_folder(folder: Path) -> None:
    """Remove a folder whatever a command did to the modes inside."""
    for inner, names, _ in os.walk(folder):
        for name in names:
            if not Path(inner, name).is_symlink():
                with contextlib.suppress(OSError):
                    Path(inner, name).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
