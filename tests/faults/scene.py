"""Where a fault happens: a workspace, a home, a provider on loopback; and what must hold whatever happened."""

import contextlib
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from aura.core.events import Recorded
from aura.core.messages import Message
from aura.core.repair import repair
from aura.core.turn import fold
from aura.demo.server import Asked, Server
from aura.demo.server import Fault as WireFault
from aura.models.script_yaml import parse_script
from aura.models.scripted import ScriptedModel
from aura.store.faults import LOG_NAME
from aura.store.rows import read_events
from tests.e2e.conftest import Ran
from tests.e2e.fixtures.warm import WarmProgram, warm

SECRET = (
    "sk-canary-5f2c9d7ab14e4c0f"  # the provider's key in every scene; it may be sent to the provider only
)
AUTO = ("run", "--auto", "-o", "stream-json", "--model", "openai/script")
TEXTS = 8 << 20  # bytes of a file that are looked through for the secret


@dataclass
class Scene:
    """One fault's place; `ran` collects the runs of the program, `facts` what assertions want to know."""

    place: Path
    seed: int = 0
    ran: list[Ran] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    server: Server | None = None
    _program: WarmProgram | None = None

    @property
    def program(self) -> WarmProgram:
        """The real program in an empty workspace with an empty home; made when it is first asked for."""
        if self._program is None:
            self._program = warm(self.place, litellm=True)
            self._program.settings = {"retry": {"base_seconds": 0.01}}
        return self._program

    @property
    def workspace(self) -> Path:
        """The folder that is worked in."""
        return self.program.workspace

    @property
    def random(self) -> random.Random:
        """Chance, the same for the same seed."""
        return random.Random(self.seed)

    @property
    def last(self) -> Ran:
        """The newest run."""
        return self.ran[-1]

    @property
    def asked(self) -> list[Asked]:
        """What the provider was sent."""
        assert self.server is not None
        return [one for one in self.server.asked if one.method == "POST"]

    @contextlib.contextmanager
    def provider(self, script: str, faults: Mapping[int, WireFault] | None = None) -> Iterator[Server]:
        """A provider that plays a script with faults by the number of the request."""
        server = Server(ScriptedModel(parse_script(script)), faults=faults).start()
        self.server = server
        self.program.extra = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": SECRET}
        try:
            yield server
        finally:
            server.close()

    def run(self, *arguments: str, **more: Any) -> Ran:
        """Run the program to its end: with arguments as they are, else one auto run."""
        self.ran.append(self.program(*(arguments or (*AUTO, "do it")), **more))
        return self.last

    def play(self, replies: Sequence[dict[str, Any]], *arguments: str, **script: Any) -> Ran:
        """Run the program with a model that needs no provider."""
        path = self.program.home / f"script{len(self.ran)}.yaml"
        path.write_text(yaml.safe_dump({**script, "replies": list(replies)}), encoding="utf-8")
        begin = arguments or ("run", "--auto", "-o", "stream-json", "do it")
        return self.run(*begin[:1], "--model", f"script:{path}", *begin[1:])

    @property
    def folders(self) -> list[Path]:
        """The folders of all sessions."""
        if self._program is None:
            return []
        return sorted({log.parent for log in self._program.home.rglob(LOG_NAME)})

    @property
    def events(self) -> list[Recorded]:
        """What is in the log of the only session."""
        (folder,) = self.folders
        return list(read_events(folder))


Injector = Callable[[Scene], None]
Assertion = Callable[[Scene], None]


@dataclass(frozen=True)
class Fault:
    """One row of the catalogue: how a fault is brought about, and what must hold then.

    `expected` says it for people; the docs page is made of these. A row with several `seeds` is played with each.
    Where tests beside the code do both already, `proof` names them (file::function) and there is no injector.
    """

    id: str
    name: str
    injected: str
    expected: str
    inject: Injector | None = None
    assertions: tuple[Assertion, ...] = ()
    proof: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    is_slow: bool = False


# --- what holds after every fault


def check_aftermath(scene: Scene) -> None:
    """No process is left, every log can be read and gone on with, the secret is nowhere, no traceback was shown."""
    assert not (left := find_processes(scene.place)), f"still running: {left}"
    for folder in scene.folders:
        check_log(folder)
    assert not (told := find_secret(scene)), f"the key is in {told}"
    for ran in scene.ran:
        assert "Traceback" not in ran.err + ran.out, ran.err


def find_processes(place: Path) -> list[str]:
    """The processes that work below a folder, or were started for a home there."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error, OSError):
            below = process.cwd().startswith(f"{place}/")
            if below or process.environ().get("HOME", "").startswith(f"{place}/"):
                found.append(f"{process.pid} {' '.join(process.cmdline())[:200]}")
    return found


def check_log(folder: Path) -> None:
    """A session's log can be read to its end, in order and without a gap, and makes a request that a provider takes."""
    recorded = list(read_events(folder))
    assert [one.seq for one in recorded] == list(range(1, len(recorded) + 1))
    if recorded:
        check_pairs(repair(tuple(fold(one.event for one in recorded).messages)))


def check_pairs(messages: Sequence[Message]) -> None:
    """Every call has exactly one result, right behind its message; ids are there once; texts are valid Unicode."""
    used: set[str] = set()
    waiting: list[str] = []
    for message in messages:
        for result in message.results:
            assert waiting.pop(0) == result.call_id, "a result stands where no provider takes it"
        assert message.role == "tool" or not waiting, f"not answered: {waiting}"
        waiting += [call.id for call in message.tool_calls]
        assert not used.intersection(call.id for call in message.tool_calls)
        used.update(call.id for call in message.tool_calls)
        message.text.encode()
    assert not waiting, f"not answered: {waiting}"


def find_secret(scene: Scene) -> list[str]:
    """The places below a home, and the outputs, in which the provider's key stands."""
    found = [f"output {number}" for number, ran in enumerate(scene.ran) if SECRET in ran.out + ran.err]
    home = scene._program.home if scene._program is not None else scene.place
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if SECRET.encode() in stream.read(TEXTS):
                    found.append(str(path.relative_to(home)))
    return found
