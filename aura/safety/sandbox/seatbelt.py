"""macOS: commands below sandbox-exec, with a profile built from what they may reach. Nobody has tried it on a Mac yet.

A profile is read from top to bottom and the last rule that fits decides: broad first, then what is opened, then what is
closed again. Paths are handed over as parameters, never as text of the profile.
"""

import contextlib
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from aura.core.errors import AuraError
from aura.core.sandbox import Capability, Launch, Level, SandboxSpec, Violation
from aura.safety.sandbox.furnishing import furnish, make_folder
from aura.safety.sandbox.pins import NAMES
from aura.safety.sandbox.proxy import DomainProxy

PROGRAM = "/usr/bin/sandbox-exec"
PROBE_SECONDS = 10
UNTRIED = "whether it holds: this wall was written for macOS and has not been tried on one"
MISSING = (
    UNTRIED,
    "what a command leaves running, when it leaves its process group",
    "limits of memory and of the number of processes",
)
HINT = "For jobs nobody watches, run aura in a container or a virtual machine and say --sandbox external."

GIT = (
    r"/\.git(/(modules|worktrees)/.+)?/(config|config\.worktree|hooks|info/attributes|commondir|gitdir)(/|$)"
)
GIT_ITSELF = r"/\.git$"
SERVICES = (  # that would act outside on a command's behalf, or hold secrets
    "com.apple.coreservices.launchservicesd",
    "com.apple.lsd.mapdb",
    "com.apple.pasteboard.1",
    "com.apple.SecurityServer",
    "com.apple.securityd.xpc",
    "com.apple.xpc.launchd.domain.user",
)


def build_profile(spec: SandboxSpec, home: Path, tmp: Path, port: int = 0) -> tuple[str, dict[str, str]]:
    """The profile and its parameters; `port` is the proxy's on loopback, 0: there is none."""
    paths: dict[str, str] = {}

    def name(kind: str, path: Path) -> str:
        key = f"{kind}_{len(paths)}"
        paths[key] = os.path.realpath(path)
        return f'(param "{key}")'

    writes = [f"(subpath {name('WRITE', path)})" for path in (spec.workspace, *spec.write, tmp)]
    reads = [f"(subpath {name('READ', path)})" for path in spec.read]
    hidden = [f"(subpath {name('HIDE', path)})" for path in spec.hide]
    kept = [f"(subpath {name('PROTECT', path)})" for path in spec.protect]
    private = f"(subpath {name('HOME', home)})"
    pinned = [f"(literal {name('PIN', path)})" for path in list_ancestors(spec)]
    inside = f"(require-any {' '.join(writes)})"
    names = "|".join(part.replace(".", r"\.") for part in NAMES)
    rules = [
        "(version 1)",
        "(allow default)",
        "(deny file-write*)",
        f"(allow file-write* {' '.join(writes)})",
        '(allow file-write-data (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty"))',
        f"(deny file-read* {private})",
        f"(allow file-read-metadata {private})",
        f"(allow file-read* {' '.join([*writes, *reads])})",
        *(f"(deny file-read* file-write* {rule})" for rule in hidden),
        *(f"(deny file-write* {rule})" for rule in kept),
        f'(deny file-write* (require-all {inside} (regex #"/({names})(/|$)")))',
        f'(deny file-write* (require-all {inside} (regex #"{GIT}")))',
        f'(deny file-write-unlink (require-all {inside} (regex #"{GIT_ITSELF}")))',
        *(f"(deny file-write-unlink {rule})" for rule in pinned),
        "(deny process-info* (target others))",
        "(allow process-info* (target same-sandbox))",
        "(deny signal (target others))",
        "(allow signal (target same-sandbox))",
        "(deny appleevent-send)",
        *(f'(deny mach-lookup (global-name "{service}"))' for service in SERVICES),
        *_rule_network(spec, port),
    ]
    return "\n".join(rules) + "\n", paths


def list_ancestors(spec: SandboxSpec) -> tuple[Path, ...]:
    """The folders between what is protected and the root it can be written through: none of them may be moved away."""
    roots = {Path(os.path.realpath(root)) for root in (spec.workspace, *spec.write)}
    found: dict[Path, None] = {}
    for path in spec.protect:
        for parent in Path(os.path.realpath(path)).parents:
            if parent in roots or not any(root in parent.parents for root in roots):
                break
            found[parent] = None
    return tuple(found)


def _rule_network(spec: SandboxSpec, port: int) -> list[str]:
    match spec.net:
        case "host":
            return []
        case "none":
            return ["(deny network*)"]
        case "proxy":
            return ["(deny network*)", f'(allow network-outbound (remote ip "localhost:{port:d}"))']


class SeatbeltSandbox:
    """Commands below sandbox-exec, with a temporary folder and a home of their own."""

    name = "seatbelt"

    def probe(self) -> Capability:
        """Runs one command below it, once per process; never more than partly, as long as nobody has tried it."""
        return _probe()

    def launch(
        self, spec: SandboxSpec, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
    ) -> Launch:
        """The command below sandbox-exec; raises `AuraError` when there is none."""
        if not Path(PROGRAM).exists():
            raise AuraError(f"{PROGRAM} is not there; the command was not run.")
        undo = contextlib.ExitStack()
        try:
            tmp = spec.tmp or make_folder(undo)
            links = {path: path for path in spec.read}
            settings = furnish(tmp, links, environment, (spec.workspace, *spec.write))
            proxy, port = None, 0
            if spec.net == "proxy":
                proxy = DomainProxy(spec.domains)
                undo.callback(proxy.close)
                port = proxy.listen()
                settings |= proxy.environment(port)
            profile, paths = build_profile(spec, Path.home(), tmp, port)
        except BaseException:
            undo.close()
            raise
        given = [part for key, path in paths.items() for part in ("-D", f"{key}={path}")]
        return Launch(
            [PROGRAM, "-p", profile, *given, "--", *argv], settings, cleanup=undo.close, notes=proxy
        )

    def after(self, spec: SandboxSpec, launch: Launch) -> tuple[Violation, ...]:
        """What was refused on the network."""
        return launch.notes.denials() if isinstance(launch.notes, DomainProxy) else ()


@cache
def _probe() -> Capability:
    nothing = Capability(Level.NONE, ("everything: there is no sandbox-exec that works here",), HINT)
    if platform.system() != "Darwin" or not Path(PROGRAM).exists():
        return nothing
    with contextlib.ExitStack() as undo:
        workspace, outside = make_folder(undo), make_folder(undo)
        launch = SeatbeltSandbox().launch(
            SandboxSpec(workspace),
            ("/bin/sh", "-c", 'echo >"$1/made"; echo >"$2/made"; exit 7', "sh", str(outside), str(workspace)),
            cwd=workspace,
            environment={},
        )
        undo.callback(launch.cleanup)
        try:
            done = subprocess.run(
                launch.argv,
                cwd=workspace,
                env=launch.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return nothing
        held = (workspace / "made").exists() and not (outside / "made").exists()
    return Capability(Level.PARTIAL, MISSING, HINT) if done.returncode == 7 and held else nothing
