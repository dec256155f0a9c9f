"""What runs outside of a wall to put it up: where its programs come from, and what they must not be told.

A wall's own program is started before the wall stands. A library or a program of that name in the workspace would be
loaded with all rights, so neither the search path nor the loader's settings of commands reach it.
"""

import os
import shutil
from collections.abc import Mapping

PLACES = "/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin"
LOADING = ("LD_", "DYLD_")  # beginnings of names
LOADING_NAMES = frozenset({"GCONV_PATH", "GLIBC_TUNABLES", "LOCPATH"})


def find_program(name: str) -> str:
    """Where a program of the system is; empty when it is nowhere. One that is found elsewhere has to belong to root."""
    if found := shutil.which(name, path=PLACES):
        return found
    for folder in os.environ.get("PATH", "").split(":"):
        found = shutil.which(name, path=folder) if folder.startswith("/") else None
        if found and os.stat(found).st_uid == 0 and os.getuid() != 0:  # noqa: PTH116 - a text
            return found
    return ""


def split_environment(environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The part for the wall's own program, and what is only given to the command inside."""
    inside = {
        name: value
        for name, value in environment.items()
        if name.startswith(LOADING) or name in LOADING_NAMES
    }
    return {name: value for name, value in environment.items() if name not in inside}, inside
