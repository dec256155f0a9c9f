"""Plays the assistant as one user: runs commands behind Landlock and tells what came of them.

    python drive.py USER-ID    with a JSON object on stdin: spec, environment, commands, python

Everything is imported before the rights are given up: a plain user may not be able to read the code.
"""

import contextlib
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from aura.core.sandbox import SandboxSpec
from aura.safety.sandbox.landlock import LandlockSandbox
from aura.safety.sandbox.seccomp import MACHINES

for name in ("encodings.ascii", "encodings.idna", "encodings.latin_1"):
    importlib.import_module(name)


def become(user: int, python: str) -> None:
    """Give up the rights of root, and start Python where that user may."""
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    sys.executable = python


def open_targets(stack: contextlib.ExitStack, folder: Path) -> dict[str, str]:
    """Sockets that listen outside."""
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", 0))
    abstract = f"aura-test-{os.getpid()}"
    for name, kind in ((str(folder / "s"), 1), (str(folder / "d"), 2), (f"\0{abstract}", 1)):
        unix = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
        unix.bind(name)
        if kind == 1:
            unix.listen()
    return {
        "TCP": str(tcp.getsockname()[1]),
        "UDP": str(udp.getsockname()[1]),
        "UNIX": str(folder / "s"),
        "UNIX_DATAGRAM": str(folder / "d"),
        "ABSTRACT": abstract,
    }


def run(
    sandbox: LandlockSandbox, spec: SandboxSpec, argv: list[str], environment: dict[str, str]
) -> dict[str, Any]:
    """One command to its end."""
    launch = sandbox.launch(spec, argv, cwd=spec.workspace, environment=environment)
    try:
        done = subprocess.run(
            launch.argv,
            cwd=spec.workspace,
            env=launch.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=launch.pass_fds,
            start_new_session=True,
            timeout=60,
            check=False,
            text=True,
            errors="replace",
        )
        launch.on_started()
        said = [violation.text for violation in sandbox.after(spec, launch)]
    finally:
        launch.cleanup()
    return {"code": done.returncode, "output": done.stdout, "said": said}


def main() -> None:
    """See above."""
    order = json.load(sys.stdin)
    become(int(sys.argv[1]), order["python"])
    os.environ["HOME"] = order["home"]
    spec = SandboxSpec(Path(order["workspace"]), aside=Path(order["aside"]))
    sandbox = LandlockSandbox()
    numbers = MACHINES[os.uname().machine].numbers
    names = {"BPF": "bpf", "KEYCTL": "keyctl", "PERF": "perf_event_open", "IOCTL": "ioctl"}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "WS": order["workspace"],
            "ASSISTANT": str(os.getpid()),
            **{name: str(numbers[call]) for name, call in names.items()},
            **open_targets(stack, folder),
            **order["environment"],
        }
        found = {name: run(sandbox, spec, argv, environment) for name, argv in order["commands"].items()}
    capability = sandbox.probe()
    print(json.dumps({"found": found, "level": capability.level, "missing": capability.missing}))


if __name__ == "__main__":
    main()
