"""What holds for every test: nothing private is read, nothing outside is reached, nothing is random in CI."""

import ipaddress
import itertools
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["LANG"] = "C.UTF-8"  # else it is that of whoever runs them, or none
os.environ.pop("LC_ALL", None)
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing litellm tries the network
for name in list(os.environ):
    if (name.startswith("AURA_") and name != "AURA_CRASH_SEED") or name.endswith("_API_KEY"):
        del os.environ[name]
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as below nohup; what the tests start would inherit it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Has the pytest that a test starts be there in a third of the time, without the plugins that are installed for us.
PLAIN_PYTEST = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: a test in this process may connect to this machine only."""
    if event != "socket.connect":
        return
    connection, address = arguments
    assert isinstance(connection, socket.socket)
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    assert isinstance(address, tuple)
    host = address[0]
    if host != "localhost" and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise RuntimeError(f"a test wanted to connect to {host}; tests use no network")


sys.addaudithook(refuse_network)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that are new, one after the other; found by counting, not by looking at those of all other tests."""
    place = tmp_path_factory.mktemp("homes")
    return (place / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_folders(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, so that none sees or changes the settings of who runs it."""
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv(PLAIN_PYTEST, "1")
    for kind in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME"):
        monkeypatch.delenv(f"XDG_{kind}_{'DIR' if kind == 'RUNTIME' else 'HOME'}", raising=False)
    return home
