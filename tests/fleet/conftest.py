"""A PostgreSQL of the tests' own, on loopback, and the databases that a queue is tried on."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.workers import Nursery

STARTING = 60  # seconds
FOLDERS = Path("/usr/lib/postgresql")


def find_programs() -> Path | None:
    """The folder with PostgreSQL's programs, newest version first; Debian keeps them away from PATH."""
    packaged = sorted(FOLDERS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = shutil.which("initdb")
    return packaged[0].parent if packaged else Path(found).parent if found else None


def as_anybody(*command: str) -> list[str]:
    """The command, run by an unprivileged user when root runs the tests: PostgreSQL refuses root."""
    return ["runuser", "-u", "nobody", "--", *command] if os.geteuid() == 0 else list(command)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A PostgreSQL server of its own on loopback; `url` is without a database's name at its end."""

    def __init__(self, programs: Path, place: Path) -> None:
        port = free_port()
        self.url = f"postgresql://aura@127.0.0.1:{port}"
        self._place = place
        data = str(place / "data")
        self._options = f"-h 127.0.0.1 -p {port} -k {place} -F -c shared_buffers=16MB -c max_connections=200"
        self._control = [
            str(programs / "pg_ctl"),
            "-D",
            data,
            "-w",
            "-t",
            str(STARTING),
            "-l",
            str(place / "log"),
        ]
        layout = ["-U", "aura", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"]
        self._run([str(programs / "initdb"), "-D", data, *layout])

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._run([*self._control, "-o", self._options, "start"])

    def stop(self) -> None:
        """Stop it as a loss of power would."""
        self._run([*self._control, "-m", "immediate", "stop"])

    def _run(self, command: list[str]) -> None:
        subprocess.run(
            as_anybody(*command), cwd=self._place, check=True, capture_output=True, timeout=2 * STARTING
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server."""
    programs = find_programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL here (Debian: apt-get install postgresql)")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and there is no runuser to become another user")
    place = Path(tempfile.mkdtemp(prefix="aura-pg-", dir="/tmp"))  # another user has to reach it
    place.chmod(0o777)
    server = Server(programs, place)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Starts worker processes."""
    found = Nursery(tmp_path_factory.mktemp("workers"))
    yield found
    found.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of runs that is not there yet: once a file, once on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "runs.sqlite")
    return f"{request.getfixturevalue('postgres').url}/runs_{uuid.uuid4().hex[:12]}"
