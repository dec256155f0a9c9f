"""A worker for this machine: it is brought up when none is there, apart from whoever needs it."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from aura.app.opening import make_environment
from aura.config.paths import private_folder, state_dir
from aura.core.errors import AuraError
from aura.fleet.site import Site

LOG_NAME = "worker.log"
OUT_NAME = "worker.out"  # what a worker says that could not open its log
DATABASE = "AURA_DATABASE"


class Presence:
    """A shared lock that every worker of a site holds on this machine; whoever gets it alone knows there is none.

    `descriptor` is one that is locked already, handed down by who started this process (-1: none).
    """

    def __init__(self, site: Site, descriptor: int = -1) -> None:
        self._site = site
        self._descriptor = descriptor

    def hold(self) -> None:
        """Show that a worker is here, until `release` or the end of the process; raises `AuraError`."""
        if self._descriptor < 0:
            self._descriptor = _open(self._site)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Show it no longer."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def ensure_worker(site: Site) -> int:
    """Start a worker unless one of this site runs on this machine; its process number, 0 when there was one.

    It runs on when this process ends, and keeps its log in the state folder. Raises `AuraError`.
    """
    descriptor = _open(site)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # the worker inherits it, so that nobody starts a second one
    except OSError:
        os.close(descriptor)
        return 0
    try:
        return _spawn(site, descriptor)
    except OSError as error:
        raise AuraError(
            f"The run is queued, but no worker could be started ({error.strerror or error}); start one with"
            " `aura worker`."
        ) from None
    finally:
        os.close(descriptor)


def _spawn(site: Site, descriptor: int) -> int:
    out = state_dir() / OUT_NAME
    command = [sys.executable, "-P", "-m", "aura", "worker", "--detached", str(descriptor)]
    said = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=(descriptor,),
            start_new_session=True,
            cwd=state_dir(),
            env={**make_environment(), DATABASE: site.database},
        )
    finally:
        os.close(said)
    threading.Thread(target=process.wait, name="end of a worker", daemon=True).start()
    return process.pid


def _open(site: Site) -> int:
    """The lock file of a site's workers on this machine; raises `AuraError`."""
    name = hashlib.sha256(f"{site.database}\n{site.host}".encode()).hexdigest()[:16]
    path = Path(state_dir() / "workers" / f"{name}.lock")
    try:
        private_folder(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise AuraError(f"{path} cannot be written ({error.strerror}); make it writable.") from None


def log_path() -> Path:
    """The log of a worker that was brought up; older parts lie beside it."""
    with contextlib.suppress(OSError):
        private_folder(state_dir())
    return state_dir() / LOG_NAME
