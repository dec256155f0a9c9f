"""The second wall: Landlock and a filter of system calls. Needs no package and no namespaces, and covers less.

Landlock can only add rights, so what is protected inside the workspace is compared and put back after each command
(`integrity.py`); the rest that it does not see is refused by the filter, or stated in `Capability.missing`.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from aura.config.paths import state_dir
from aura.core.errors import AuraError, ToolError
from aura.core.sandbox import Capability, Launch, Level, SandboxSpec, Violation
from aura.core.text import shorten
from aura.safety.sandbox.aside import find_armed, set_aside
from aura.safety.sandbox.furnishing import furnish, make_folder
from aura.safety.sandbox.ground import describe, find_homes, survey
from aura.safety.sandbox.integrity import Kept, keep, restore
from aura.safety.sandbox.mounts import Right, Rule, settle_rules
from aura.safety.sandbox.outside import find_program, split_environment
from aura.safety.sandbox.pins import Pins, Repositories, find_pins
from aura.safety.sandbox.proxy import DomainProxy, interpret
from aura.safety.sandbox.rulesets import DEVICE, READ, WRITE, Ruleset, ask_version, carve
from aura.safety.sandbox.seccomp import Inet, build_filter

STUB = Path(__file__).with_name("stub.py")
PROBE_SECONDS = 10
# of others, of services, and what a command has its own of
CLOSED = ("/home", "/root", "/run", "/tmp", "/var/tmp", "/var/run", "/dev")  # noqa: S108 - closed
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - semaphores of ordinary programs lie there
INETS: Mapping[str, Inet] = {"none": "none", "proxy": "tcp", "host": "any"}

MISSING = (
    "owners, modes and times of files outside",
    "protected files while a command runs (they are put back after it)",
    "names and arguments of other processes",
    "shared memory (/dev/shm)",
    "with network.domains: other hosts at the port of the proxy",
)
STOPPED = ("/tmp (there is $TMPDIR)", "Unix sockets", "servers on loopback", "pseudo-terminals", "listing /")  # noqa: S108 - told
OLDER = (
    (3, "emptying files outside (Linux before 6.2)"),
    (6, "signals to your other processes (Linux before 6.12)"),
)
HINT = "Install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap)."


@dataclass(slots=True)
class Guard:
    """What was there when a workspace was last left alone, and how many commands run in it since.

    Commands that overlap share it: what one has changed is not what the next one has to leave behind.
    """

    pins: Pins
    kept: Kept
    repositories: frozenset[Path]
    alive: int = 0


@dataclass(slots=True)
class Notes:
    """What `after` has to know of one command."""

    guard: Guard
    proxy: DomainProxy | None = None


class LandlockSandbox:
    """Commands behind Landlock, without capabilities, in a home and a temporary folder of their own.

    `advise` says how to get the better wall.
    """

    name = "landlock"

    def __init__(self, advise: Callable[[], str] = lambda: HINT) -> None:
        self._advise = advise
        self._ground: dict[tuple[str | None, ...], tuple[Rule, ...]] = {}
        self._repositories: dict[Path, Repositories] = {}
        self._guards: dict[Path, Guard] = {}

    def probe(self) -> Capability:
        """Runs one command behind the wall, once per process, and asks it what it can still do."""
        return replace(_probe(), hint=f"For a whole sandbox: {self._advise()}")

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """The command behind the stub; raises `AuraError` when the wall cannot be built."""
        version = ask_version()
        if version < 1:
            raise ToolError("The command was not run: this kernel has no Landlock.")
        if spec.net == "proxy" and version < 4:
            raise AuraError(
                "network.domains needs bubblewrap, or Linux 6.7 or newer; the command was not run."
            )
        if spec.workspace == Path("/"):
            raise ToolError("The command was not run: the whole machine cannot be a sandbox's workspace.")
        undo = contextlib.ExitStack()
        try:
            return self._launch(spec, argv, environment, version, undo)
        except BaseException:
            undo.close()
            raise

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """What is protected is put back; what was refused on the network is told."""
        notes = launch.notes
        if not isinstance(notes, Notes):
            return ()
        said = list(restore(notes.guard.kept, spec.aside or state_dir() / "aside"))
        for folder in self._repositories[spec.workspace].find():
            if folder not in notes.guard.repositories:
                said += set_aside(find_armed(folder), spec.workspace, spec.aside or state_dir() / "aside")
        return (*said, *(notes.proxy.denials() if notes.proxy else ()))

    def _launch(
        self,
        spec: SandboxSpec,
        argv: Sequence[str],
        environment: Mapping[str, str],
        version: int,
        undo: contextlib.ExitStack,
    ) -> Launch:
        tmp = spec.tmp or make_folder(undo)
        for folder in filter(None, (tmp, spec.cache)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        guard, told = self._look(replace(spec, tmp=tmp), environment, undo)
        links = {home / ".cache": spec.cache for home in find_homes()} if spec.cache else {}
        links |= {rule.path: rule.source or rule.path for rule in told if rule.right is Right.READ}
        settings = furnish(tmp, links, environment, [rule.path for rule in told if rule.right is Right.WRITE])
        rules = Ruleset(version, is_network_closed=spec.net != "host")
        undo.callback(rules.close)
        allow_files(rules, told)
        proxy = None
        if spec.net == "proxy":
            proxy = DomainProxy(spec.domains)
            undo.callback(proxy.close)
            port = proxy.listen()
            rules.allow_port(port)
            settings |= proxy.environment(port)
        program = _hold(build_filter(allow_unix=False, inet=INETS[spec.net]))
        undo.callback(os.close, program)
        command = [shutil.which(argv[0], path=environment.get("PATH")) or argv[0], *argv[1:]]
        outer, loading = split_environment(settings)
        if loading:
            command = [find_program("env"), *(f"{name}={value}" for name, value in loading.items()), *command]
        given = [str(os.getpid()), str(rules.descriptor), str(program)]
        return Launch(
            [*interpret(_stub()), *given, *command],
            outer,
            (rules.descriptor, program),
            on_started=rules.close,
            cleanup=undo.close,
            notes=Notes(guard, proxy),
        )

    def _look(
        self, spec: SandboxSpec, environment: Mapping[str, str], undo: contextlib.ExitStack
    ) -> tuple[Guard, tuple[Rule, ...]]:
        """What is there, looked at only while no command runs that could be changing it; one more runs from now on."""
        repositories = self._repositories.setdefault(spec.workspace, Repositories(spec.workspace))
        guard = self._guards.get(spec.workspace)
        pins = guard.pins if guard and guard.alive else find_pins(spec.workspace, repositories.find())
        told = settle_rules(describe(spec, pins, self._survey(environment)))
        refuse_what_cannot_be_held(told)
        if guard is None or not guard.alive:
            places = (
                *pins.absent,
                *spec.protect,
                *(rule.path for rule in told if rule.right is Right.PROTECT),
            )
            kept = keep(spec.workspace, places)
            guard = self._guards[spec.workspace] = Guard(pins, kept, frozenset(repositories.known))
        guard.alive += 1
        undo.callback(_end_one, guard)
        return guard, told

    def _survey(self, environment: Mapping[str, str]) -> tuple[Rule, ...]:
        key = tuple(environment.get(name) for name in ("HOME", "PATH", "VIRTUAL_ENV", "CONDA_PREFIX"))
        if key not in self._ground:
            self._ground[key] = survey(environment)
        return self._ground[key]


def _end_one(guard: Guard) -> None:
    guard.alive -= 1


def allow_files(rules: Ruleset, told: Iterable[Rule]) -> None:
    """What a command may read and write, of what was told of this machine and of its workspace."""
    told = tuple(told)
    closed = [rule.path for rule in told if rule.right in (Right.COVER, Right.HIDE)]
    for path in carve(Path("/"), [*closed, *map(Path, CLOSED)]):
        rules.allow(path, READ)
    hidden = [rule.path for rule in told if rule.right is Right.HIDE]
    for rule in told:
        if rule.right is Right.READ:
            for path in carve(rule.source or rule.path, hidden):
                rules.allow(path, READ)
        elif rule.right is Right.WRITE and not rule.keep:
            rules.allow(rule.source or rule.path, WRITE)
        elif rule.right is Right.COVER and rule.source:
            rules.allow(rule.source, WRITE)
    for name in DEVICES:
        rules.allow(Path("/dev", name), DEVICE)
    rules.allow(SHARED_MEMORY, WRITE)


def refuse_what_cannot_be_held(told: Iterable[Rule]) -> None:
    """Raises `ToolError` when a folder that may be written holds something secret, or the Python of the stub.

    There is no hiding the one, and the other runs outside of the wall.
    """
    told = tuple(told)
    open_ = [rule.path for rule in told if rule.right is Right.WRITE and not rule.keep]
    for own in (Path(os.path.realpath(sys.executable)), Path(os.path.realpath(sys.base_prefix))):
        if any(own.is_relative_to(root) for root in open_):
            raise ToolError(
                f"The command was not run: aura's own Python ({own}) lies in the workspace, where commands could change"
                " it. Install bubblewrap, or aura elsewhere."
            )
    for rule in told:
        if rule.right is Right.HIDE and any(rule.path.is_relative_to(root) for root in open_):
            raise ToolError(
                f"The command was not run: Landlock cannot hide {rule.path} inside the workspace."
                " Install bubblewrap, or work in a folder without it."
            )


def _hold(content: bytes) -> int:
    """A descriptor of a file in memory."""
    descriptor = os.memfd_create("aura-filter", os.MFD_CLOEXEC)
    os.write(descriptor, content)
    return descriptor


@cache
def _stub() -> str:
    return STUB.read_text(encoding="utf-8")


@cache
def _probe() -> Capability:
    version = ask_version()
    if version < 1:
        return Capability(Level.NONE, ("everything: this kernel has no Landlock",))
    sandbox = LandlockSandbox()
    with contextlib.ExitStack() as undo:
        workspace, outside = make_folder(undo), make_folder(undo)
        (outside / "secret").write_text("seen", encoding="ascii")
        program = 'cat "$1/secret"; echo >"$1/made"; echo >"$2/made"; exit 7'
        argv = ("/bin/sh", "-c", program, "sh", str(outside), str(workspace))
        try:
            launch = sandbox.launch(SandboxSpec(workspace), argv, cwd=workspace, environment={})
        except AuraError as error:
            return Capability(Level.NONE, (f"everything: {error.sentence}",))
        undo.callback(launch.cleanup)
        code, said = _try_out(launch, workspace)
        held = not (outside / "made").exists() and (workspace / "made").exists() and "seen" not in said
    if code != 7 or not held:
        reason = shorten(said, 200) or f"exit code {code}"
        return Capability(
            Level.NONE, (f"everything: the wall did not hold when it was tried ({reason})",), HINT
        )
    older = tuple(text for needed, text in OLDER if version < needed)
    return Capability(Level.PARTIAL, (*MISSING, *older), stopped=STOPPED)


def _try_out(launch: Launch, cwd: Path) -> tuple[int, str]:
    """The exit code and the output of one command."""
    try:
        done = subprocess.run(
            launch.argv,
            cwd=cwd,
            env=launch.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=launch.pass_fds,
            start_new_session=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return -1, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace")
