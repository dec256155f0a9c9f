"""The second wall: Landlock and a filter of system calls. Needs no package and no namespaces, and covers less.

Landlock can only add rights, so what is protected inside the workspace is compared and put back after each command
(`integrity.py`); the rest that it does not see is refused by the filter, or stated in `Capability.missing`.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aura.config.paths import state_dir
from aura.core.errors import AuraError
from aura.core.sandbox import Capability, Launch, Level, SandboxSpec, Violation
from aura.core.text import shorten
from aura.safety.sandbox.furnishing import furnish, make_folder
from aura.safety.sandbox.integrity import Kept, keep, restore
from aura.safety.sandbox.proxy import DomainProxy, interpret
from aura.safety.sandbox.rulesets import DEVICE, READ, WRITE, Ruleset, ask_version, carve
from aura.safety.sandbox.seccomp import Inet, build_filter

STUB = Path(__file__).with_name("stub.py")
PROBE_SECONDS = 10
# of others, of services, and what a command has its own of
CLOSED = ("/home", "/root", "/run", "/tmp", "/var/tmp", "/var/run", "/dev")  # noqa: S108 - closed
SECRETS = (
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ssl/private",
    "/etc/sudoers.d",
)
NEEDED = ("/run/current-system", "/run/opengl-driver")  # where some systems keep their programs
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - semaphores of ordinary programs lie there
INETS: Mapping[str, Inet] = {"none": "none", "proxy": "tcp", "host": "any"}

MISSING = (
    "owners, modes and times of files outside the workspace can be changed where your user may",
    "protected files in the workspace are put back after each command, not before",
    "private files in the workspace can be read",
    "shared memory (/dev/shm) is that of all programs",
    "sockets of the file system, servers on loopback and pseudo-terminals do not work",
)
OLDER = (
    (3, "files outside can be emptied (Linux before 6.2)"),
    (6, "your other processes can be signalled (Linux before 6.12)"),
)
HINT = "Install bubblewrap for a whole sandbox: sudo apt-get install bubblewrap (or dnf, pacman, zypper)."


@dataclass(slots=True)
class Notes:
    """What `after` has to know of one command."""

    kept: Kept
    proxy: DomainProxy | None = None


class LandlockSandbox:
    """Commands behind Landlock, without capabilities, in a home and a temporary folder of their own.

    `quarantine` is where a changed or forbidden file is moved to (None: aura's state folder).
    """

    name = "landlock"

    def __init__(self, quarantine: Path | None = None) -> None:
        self._quarantine = quarantine

    def probe(self) -> Capability:
        """Runs one command behind the wall, once per process, and asks it what it can still do."""
        return _probe()

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """The command behind the stub; raises `AuraError` when the wall cannot be built."""
        version = ask_version()
        if version < 1:
            raise AuraError("This kernel has no Landlock; the command was not run.")
        if spec.net == "proxy" and version < 4:
            raise AuraError(
                "network.domains needs bubblewrap, or Linux 6.7 or newer; the command was not run."
            )
        undo = contextlib.ExitStack()
        try:
            return self._launch(spec, argv, environment, version, undo)
        except BaseException:
            undo.close()
            raise

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """What is protected is put back; what was refused on the network is told."""
        if not isinstance(launch.notes, Notes):
            return ()
        denied = launch.notes.proxy.denials() if launch.notes.proxy else ()
        return (*restore(launch.notes.kept, self._quarantine or state_dir() / "quarantine"), *denied)

    def _launch(
        self,
        spec: SandboxSpec,
        argv: Sequence[str],
        environment: Mapping[str, str],
        version: int,
        undo: contextlib.ExitStack,
    ) -> Launch:
        tmp = spec.tmp or make_folder(undo)
        rules = Ruleset(version, is_network_closed=spec.net != "host")
        undo.callback(rules.close)
        allow_files(rules, spec, tmp)
        settings = furnish(tmp, spec, environment)
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
        given = [str(os.getpid()), str(rules.descriptor), str(program)]
        return Launch(
            [*interpret(_stub()), *given, *command],
            settings,
            (rules.descriptor, program),
            on_started=rules.close,
            cleanup=undo.close,
            notes=Notes(keep(spec), proxy),
        )


def allow_files(rules: Ruleset, spec: SandboxSpec, tmp: Path) -> None:
    """What a command may read and write: programs and settings of the system, the roots of `spec`, its own folder."""
    home = Path.home()
    closed = {Path(path) for path in (*CLOSED, *SECRETS)} | {home, *map(Path, spec.hide)}
    for path in carve(Path("/"), closed):
        rules.allow(path, READ)
    for path in NEEDED:
        rules.allow(path, READ)
    for root in spec.read:
        for path in carve(Path(os.path.realpath(root)), spec.hide):
            rules.allow(path, READ)
    for root in (spec.workspace, *spec.write, tmp):
        rules.allow(root, WRITE)
    for name in DEVICES:
        rules.allow(Path("/dev", name), DEVICE)
    rules.allow(SHARED_MEMORY, WRITE)


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
        return Capability(Level.NONE, ("everything: this kernel has no Landlock",), HINT)
    sandbox = LandlockSandbox()
    with contextlib.ExitStack() as undo:
        workspace, outside = make_folder(undo), make_folder(undo)
        (outside / "secret").write_text("seen", encoding="ascii")
        program = 'cat "$1/secret"; echo >"$1/made"; echo >"$2/made"; exit 7'
        argv = ("/bin/sh", "-c", program, "sh", str(outside), str(workspace))
        try:
            launch = sandbox.launch(SandboxSpec(workspace), argv, cwd=workspace, environment={})
        except AuraError as error:
            return Capability(Level.NONE, (f"everything: {error.sentence}",), HINT)
        undo.callback(launch.cleanup)
        code, said = _try_out(launch, workspace)
        held = not (outside / "made").exists() and (workspace / "made").exists() and "seen" not in said
    if code != 7 or not held:
        reason = shorten(said, 200) or f"exit code {code}"
        return Capability(
            Level.NONE, (f"everything: the wall did not hold when it was tried ({reason})",), HINT
        )
    older = tuple(text for needed, text in OLDER if version < needed)
    return Capability(Level.PARTIAL, (*MISSING, *older), HINT)


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
