"""A home and a temporary folder of a command's own, for walls that cannot mount any."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from aura.safety.sandbox.ground import find_homes


def furnish(
    tmp: Path, links: Mapping[Path, Path], environment: Mapping[str, str], reached: Iterable[Path] = ()
) -> dict[str, str]:
    """The environment of a command whose home and temporary folder lie in `tmp`, which is made.

    `links` are places below the real homes that may be read, and what lies there: they stand in the new home, too.
    Names that lead into the rest of a real home go; `reached` is what else may be reached.
    """
    home = tmp / "home"
    with contextlib.suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    homes = find_homes()
    for place, target in links.items():
        real = next((one for one in homes if one in place.parents), None)
        if real is not None:
            link = home / place.relative_to(real)
            with contextlib.suppress(OSError):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(target)
    open_ = (*reached, *links, *links.values(), tmp)
    kept = {name: value for name, value in environment.items() if not _leads_home(value, homes, open_)}
    return kept | {"HOME": str(home), "TMPDIR": str(tmp), "TMP": str(tmp), "TEMP": str(tmp)}


def _leads_home(value: str, homes: Iterable[Path], reached: Iterable[Path]) -> bool:
    """Whether a value is one path at or below a real home that a command cannot reach."""
    path = Path(value)
    if not path.is_absolute() or ":" in value or not any(path.is_relative_to(home) for home in homes):
        return False
    return not any(path.is_relative_to(root) for root in reached)


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
