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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of its own, without a database's name at its end."""
    programs = find_programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL here (Debian: apt-get install postgresql)")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and there is no runuser to become another user")
    place = Path(tempfile.mkdtemp(prefix="aura-pg-", dir="/tmp"))
    place.chmod(0o777)
    port, data = free_port(), place / "data"
    subprocess.run(
        as_anybody(
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "aura",
            "-A",
            "trust",
            "-N",
            "--locale=C",
            "-E",
            "UTF8",
        ),
        cwd=place,
        check=True,
        capture_output=True,
        timeout=STARTING,
    )
    options = f"-h 127.0.0.1 -p {port} -k {place} -F -c shared_buffers=16MB -c max_connections=200"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", str(STARTING), "-l", str(place / "log")]
    subprocess.run(
        as_anybody(*control, "-o", options, "start"),
        cwd=place,
        check=True,
        capture_output=True,
        timeout=STARTING,
    )
    try:
        yield f"postgresql://aura@127.0.0.1:{port}"
    finally:
        subprocess.run(
            as_anybody(*control, "-m", "immediate", "stop"), cwd=place, check=False, capture_output=True
        )
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
    return f"{request.getfixturevalue('postgres')}/runs_{uuid.uuid4().hex[:12]}"
