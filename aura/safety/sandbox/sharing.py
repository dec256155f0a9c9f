"""A network of their own for the commands of one session: a job that serves and a command that asks meet on loopback.

A process holds it for as long as the session lasts; it does nothing else. Nothing of it reaches the machine's network.
"""

import contextlib
import select
import subprocess
from pathlib import Path

PATIENCE = 5.0  # seconds
HOLD = "echo ready; exec sleep 2147483647"
LONGEST_LINE = 64  # bytes


class SharedNetwork:
    """One network, held by a process until `close`; raises `OSError` when it cannot be made."""

    def __init__(self, bwrap: str, nsenter: str) -> None:
        self._nsenter = nsenter
        flags = ("--unshare-user", "--unshare-net", "--cap-drop", "ALL", "--die-with-parent", "--new-session")
        self._holder = subprocess.Popen(
            [bwrap, *flags, "--dev-bind", "/", "/", "--", "/bin/sh", "-c", HOLD],
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._holder.stdout is not None
        try:
            ready = select.select([self._holder.stdout], [], [], PATIENCE)[0]
            if not ready or not self._holder.stdout.readline(LONGEST_LINE):
                raise OSError("the network of the session could not be made")
            self._inner = _find_last(self._holder.pid)
        except BaseException:
            self.close()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether it can be entered."""
        return self._holder.poll() is None

    def enter(self) -> tuple[str, ...]:
        """What a command line begins with to run in it."""
        place = f"/proc/{self._inner}/ns"
        return (self._nsenter, f"--user={place}/user", f"--net={place}/net", "--preserve-credentials", "--")

    def close(self) -> None:
        """Let it go; what runs in it keeps it until it ends."""
        self._holder.kill()
        if self._holder.stdout is not None:
            self._holder.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._holder.wait(PATIENCE)


def _find_last(pid: int) -> int:
    """The innermost descendant of a process that has one child at most."""
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        pid = int(children[0])
    return pid
