"""What keeps other programs of the same user from reading this process."""

import ctypes
import sys

from aura.safety.redact import known_secrets

PR_SET_DUMPABLE = 4


def keep_to_itself() -> bool:
    """Have nobody but root read the memory and the environment of this process, if it holds keys; whether it does so.

    No core file is written of it either. Programs that it starts are as readable as ever: they get no keys.
    """
    if sys.platform != "linux" or not known_secrets():
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
