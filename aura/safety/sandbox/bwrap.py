"""The sandbox of Linux: bubblewrap, with namespaces of its own for each command and no capability left."""

import contextlib
import os
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from aura.core.errors import ConfigError, ToolError
from aura.core.sandbox import Capability, Launch, Level, SandboxSpec, Violation
from aura.safety.sandbox.aside import find_armed, find_new, set_aside
from aura.safety.sandbox.ground import describe, survey
from aura.safety.sandbox.mounts import Right, Rule, find_right, settle_rules, write_mounts
from aura.safety.sandbox.outside import find_program, split_environment
from aura.safety.sandbox.pins import Pins, Repositories, find_pins
from aura.safety.sandbox.proxy import DomainProxy, Door
from aura.safety.sandbox.seccomp import build_filter
from aura.safety.sandbox.sharing import SharedNetwork

ISOLATION = (
    *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--disable-userns", "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
)
PATIENCE = 10  # seconds that the probe may take

# Runs the command inside: with limits, as the first to go when memory ends, and with a word on what it leaves behind.
# The end of this shell is the end of everything in the sandbox.
INSIDE = """\
exec 9>&2 2>/dev/null
ulimit -c 0
[ "$1" -gt 0 ] && { ulimit -u "$1" || ulimit -p "$1"; }
echo 900 >/proc/self/oom_score_adj
shift
trap : TERM INT HUP
"$@" 2>&9 9>&-
code=$?
set -- /proc/[0-9]*
if [ $# -gt 2 ]; then
  sleep 0.15
  set -- /proc/[0-9]*
  [ $# -gt 2 ] && printf '\\n[what the command left running in the background was stopped]'
fi
exit $code
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """What was there when a command began, and the proxy that it may use."""

    absent: tuple[Path, ...]
    repositories: frozenset[Path]
    proxy: DomainProxy | None = None


class BwrapSandbox:
    """Runs each command in namespaces of its own: it sees the machine read-only, no home, and writes the workspace.

    Commands have to be started from a thread that lives as long as they do: they die with it.
    """

    name = "bwrap"

    def __init__(self, program: str | None = None) -> None:
        self._program = find_program("bwrap") if program is None else program
        self._networks: dict[Path, SharedNetwork] = {}
        self._ground: dict[tuple[str | None, ...], tuple[Rule, ...]] = {}
        self._repositories: dict[Path, Repositories] = {}
        self._pins: dict[Path, Pins] = {}
        self._alive: Counter[Path] = Counter()
        self._lock = threading.Lock()

    def probe(self) -> Capability:
        """Run the real flags once."""
        return self._capability

    @cached_property
    def _capability(self) -> Capability:
        if not self._program:
            return Capability(Level.NONE, EVERYTHING, _advise("not installed"))
        place = Path(os.path.realpath(tempfile.gettempdir()))
        spec = SandboxSpec(place)
        inside = ["--", "/bin/sh", "-c", INSIDE, "aura", "64", "/bin/sh", "-c", "exit 42"]
        rules = settle_rules(describe(spec, Pins(), survey(os.environ)))
        seccomp, passed = pass_filter()
        argv = [*self._write(spec, rules, place), *seccomp, *inside]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
                pass_fds=passed,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Capability(Level.NONE, EVERYTHING, _advise(str(error)))
        finally:
            close_all(passed)
        if done.returncode != 42:
            said = done.stderr.decode("utf-8", "replace").strip() or f"it ended with {done.returncode}"
            return Capability(Level.NONE, EVERYTHING, _advise(said))
        missing = ["how many processes a command of root starts"] if os.getuid() == 0 else []
        if not seccomp:
            missing.append("rare calls of the kernel")
        return Capability(Level.FULL, tuple(missing))

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """The command inside; raises `ToolError` when the sandbox does not work or cannot show the folder."""
        capability = self.probe()
        if capability.level is Level.NONE:
            raise ToolError(f"The command was not run: the sandbox does not work. {capability.hint}")
        workspace = spec.workspace
        if workspace == Path("/"):
            raise ToolError("The command was not run: the whole machine cannot be a sandbox's workspace.")
        for folder in (spec.tmp, spec.cache):
            if folder is not None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pins = self._look(workspace)
        rules = settle_rules(describe(spec, pins, self._survey(environment)))
        folder = Path(os.path.realpath(cwd))
        if find_right({rule.path: rule for rule in rules}, folder) in (Right.COVER, Right.HIDE):
            raise ToolError(
                f"The command was not run: {folder} cannot be seen in the sandbox (see sandbox.read)."
            )
        inside = self._write(spec, rules, folder)
        limit = spec.procs if os.getuid() else 0
        told = {name: "/tmp" if name in TEMPORARY else value for name, value in environment.items()}  # noqa: S108
        outer, loading = split_environment(told)
        inside += [part for name, value in loading.items() for part in ("--setenv", name, value)]
        noted = Noted(find_absent(pins), frozenset(self._repositories[workspace].known))
        launch = Launch(argv, outer, find_group=find_inner_group, notes=noted)
        if spec.net == "proxy":
            open_door(launch, DomainProxy(spec.domains))
        seccomp, passed = pass_filter()
        launch.argv = [*inside, *seccomp, "--", "/bin/sh", "-c", INSIDE, "aura", str(limit), *launch.argv]
        launch.pass_fds += passed
        launch.on_started = chain(launch.on_started, lambda: close_all(passed))
        launch.cleanup = chain(launch.cleanup, lambda: self._count(workspace, -1))
        self._count(workspace, 1)
        return launch

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """Set aside what came into being where nothing may, and what a new repository would run."""
        noted = launch.notes
        if not isinstance(noted, Noted):
            return ()
        found = list(find_new(noted.absent))
        for folder in self._repositories[spec.workspace].find():
            if folder not in noted.repositories:
                found += find_armed(folder)
        denied = noted.proxy.denials() if noted.proxy else ()
        return (*set_aside(found, spec.workspace, spec.aside), *denied)

    def share(self, spec: SandboxSpec) -> None:
        """From here on the commands with this spec's /tmp meet on one loopback, where that can be done."""
        nsenter = find_program("nsenter")
        key = spec.tmp
        if key is None or spec.net != "none" or key in self._networks or not nsenter or not self._program:
            return
        with contextlib.suppress(OSError):
            self._networks[key] = SharedNetwork(self._program, nsenter)

    def part(self, spec: SandboxSpec) -> None:
        """Let go of what `share` made."""
        network = self._networks.pop(spec.tmp, None) if spec.tmp else None
        if network is not None:
            network.close()

    def _look(self, workspace: Path) -> Pins:
        """What is pinned: looked at afresh only while no command runs that could change it in between."""
        with self._lock:
            repositories = self._repositories.setdefault(workspace, Repositories(workspace))
            if workspace not in self._pins or not self._alive[workspace]:
                self._pins[workspace] = find_pins(workspace, repositories.find())
            return self._pins[workspace]

    def _count(self, workspace: Path, change: int) -> None:
        with self._lock:
            self._alive[workspace] += change

    def _survey(self, environment: Mapping[str, str]) -> tuple[Rule, ...]:
        key = tuple(environment.get(name) for name in ("HOME", "PATH", "VIRTUAL_ENV", "CONDA_PREFIX"))
        if key not in self._ground:
            self._ground[key] = survey(environment)
        return self._ground[key]

    def _write(self, spec: SandboxSpec, rules: Sequence[Rule], cwd: Path) -> list[str]:
        """The arguments of bwrap up to the command."""
        shared = self._networks.get(spec.tmp) if spec.tmp and spec.net == "none" else None
        entering = shared.enter() if shared is not None and shared.is_alive else ()
        network = () if entering or spec.net == "host" else ("--unshare-net",)
        mounts = write_mounts(rules)
        return [
            *(*entering, self._program, *ISOLATION, *network),
            *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
            *(*mounts, "--chdir", str(cwd)),
        ]


EVERYTHING = ("files outside the workspace", "the network", "other processes")
TEMPORARY = frozenset({"TMPDIR", "TMP", "TEMP"})


def open_door(launch: Launch, proxy: DomainProxy) -> None:
    """Have a command find a proxy on its own loopback."""
    door = Door(proxy, launch.argv)
    launch.argv = door.argv
    launch.environment = {**launch.environment, **door.environment}
    launch.pass_fds = door.pass_fds
    launch.on_started = door.started
    launch.cleanup = chain(door.close, proxy.close)
    if isinstance(launch.notes, Noted):
        launch.notes = replace(launch.notes, proxy=proxy)


def chain(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    """Both, one after the other."""

    def act() -> None:
        try:
            first()
        finally:
            second()

    return act


def pass_filter() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The arguments for the filter of system calls, and the descriptor it is read from; none on an unknown machine."""
    program = _filter()
    if not program:
        return (), ()
    descriptor = os.memfd_create("filter")
    os.write(descriptor, program)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return ("--seccomp", str(descriptor)), (descriptor,)


@cache
def _filter() -> bytes:
    try:
        return build_filter(allow_unix=True)
    except ConfigError:
        return b""


def close_all(descriptors: Sequence[int]) -> None:
    """Close what was only for the child."""
    for descriptor in descriptors:
        os.close(descriptor)


def find_absent(pins: Pins) -> tuple[Path, ...]:
    """Those protected names that are not there now."""
    return tuple(path for path in pins.absent if not os.path.lexists(path))


def find_inner_group(pid: int) -> int:
    """The process group inside the sandbox that bwrap keeps; bwrap's own when it cannot be found.

    A request to end that reached bwrap itself would kill everything inside at once.
    """
    with contextlib.suppress(OSError, ValueError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        if children:
            return os.getpgid(int(children[0]))
    return pid


def _advise(said: str) -> str:
    """What to do about a bwrap that does not work, by what it said."""
    first = said.splitlines()[-1] if said else ""
    if "not installed" in said:
        return "Install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap)."
    if "Unknown option" in said:
        return f"This bubblewrap is too old ({first}); 0.8 or newer is needed."
    if "No space left" in said or "max_user_namespaces" in said:
        return f"User namespaces are switched off ({first}): sysctl -w user.max_user_namespaces=15000."
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    with contextlib.suppress(OSError):
        if restricted.read_text(encoding="ascii").strip() == "1":
            return (
                f"AppArmor keeps bubblewrap from making namespaces ({first}): give /usr/bin/bwrap a profile with"
                " `userns,`, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0."
            )
    if "not permitted" in said or "Permission denied" in said:
        return (
            f"Namespaces are not permitted here ({first}). In a container: start it with --security-opt"
            " seccomp=unconfined --security-opt apparmor=unconfined, or say --sandbox external when the container is"
            " the wall; else sysctl -w kernel.unprivileged_userns_clone=1."
        )
    return f"bubblewrap could not start: {first}."
