"""What should not happen: kept in a file, and told in one sentence that names it."""

import os
import sys
import time
from pathlib import Path

from aura import __version__


def describe_crash(error: BaseException) -> str:
    """Keep the traceback in a file and name it; without a capital, for behind `aura: `."""
    what = _redact(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".rstrip(": "))
    try:
        kept = f"details are in {_write(error)}."
    except OSError as problem:
        kept = f"details could not be written ({problem.strerror})."
    return f"something went wrong inside aura ({what}); {kept}"


def _write(error: BaseException) -> Path:
    """A file with versions, the command line without secrets, and the traceback."""
    import platform
    import traceback

    from aura.config.paths import private_folder, state_dir

    folder = private_folder(state_dir() / "crashes")
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    lines = [
        f"aura {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {sys.argv[1:]}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_redact("\n".join(lines)))
    return path


def _redact(text: str) -> str:
    from aura.safety.redact import redact

    return redact(text)
