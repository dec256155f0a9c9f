"""Attempts to get out of a sandbox, run inside it: `python ways_out.py NAME SCENE`.

Only canaries of the test are touched. Each prints `ESCAPED`, or `HELD` and what stopped it. SCENE is a JSON file in the
workspace: the folders of the scene, the sockets that the test listens on, the process that stands for the assistant.
"""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MS_BIND, MS_REMOUNT, MNT_DETACH, CLONE_NEWUSER = 4096, 32, 2, 0x10000000
# x86_64, aarch64
NUMBERS = {
    "ptrace": (101, 117),
    "bpf": (321, 280),
    "keyctl": (250, 219),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
}
ARM = os.uname().machine in ("aarch64", "arm64")

Scene = dict[str, Any]


class Held(Exception):
    """What stopped an attempt."""


def libc(name: str, *arguments: Any) -> int:
    """Call into the C library; an error is what stopped the attempt."""
    library = ctypes.CDLL(None, use_errno=True)
    result = int(getattr(library, name)(*arguments))
    if result == -1:
        raise Held(os.strerror(ctypes.get_errno()))
    return result


def write_outside(scene: Scene) -> None:
    (Path(scene["outside"]) / "planted").write_text("x")


def read_ssh_key(scene: Scene) -> None:
    if "canary" not in (Path(scene["home"]) / ".ssh" / "id_canary").read_text():
        raise Held("another file")


def list_home(scene: Scene) -> None:
    if "private.txt" not in {path.name for path in Path(scene["home"]).iterdir()}:
        raise Held("not in sight")


def read_carved_credentials(scene: Scene) -> None:
    if "canary" not in (Path(scene["home"]) / ".cargo" / "credentials.toml").read_text():
        raise Held("masked")


def read_own_state(scene: Scene) -> None:
    if "canary" not in (Path(scene["session"]) / "session.canary").read_text():
        raise Held("masked")


def remount_root(scene: Scene) -> None:
    libc("mount", b"none", b"/", None, ctypes.c_ulong(MS_REMOUNT | MS_BIND), None)
    write_outside(scene)


def remount_pin(scene: Scene) -> None:
    config = Path(scene["workspace"]) / ".git" / "config"
    libc("mount", b"none", bytes(config), None, ctypes.c_ulong(MS_REMOUNT | MS_BIND), None)
    with config.open("a") as file:
        file.write("[x]\n")


def unmount_pin(scene: Scene) -> None:
    hooks = Path(scene["workspace"]) / ".git" / "hooks"
    libc("umount2", bytes(hooks), MNT_DETACH)
    (hooks / "planted").write_text("x")


def unmount_home(scene: Scene) -> None:
    libc("umount2", os.fsencode(scene["home"]), MNT_DETACH)
    read_ssh_key(scene)


def make_user_namespace(scene: Scene) -> None:
    libc("unshare", CLONE_NEWUSER)


def append_git_config(scene: Scene) -> None:
    with (Path(scene["workspace"]) / ".git" / "config").open("a") as file:
        file.write("[core]\n\tfsmonitor = false\n")


def plant_hook(scene: Scene) -> None:
    (Path(scene["workspace"]) / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\n")


def plant_nested_hook(scene: Scene) -> None:
    (Path(scene["workspace"]) / "deep" / "er" / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\n")


def plant_module_config(scene: Scene) -> None:
    with (Path(scene["workspace"]) / ".git" / "modules" / "lib" / "config").open("a") as file:
        file.write("[core]\n")


def move_git(scene: Scene) -> None:
    folder = Path(scene["workspace"])
    (folder / ".git").rename(folder / "gone")
    (folder / ".git").mkdir()


def move_nested_parent(scene: Scene) -> None:
    folder = Path(scene["workspace"])
    (folder / "deep").rename(folder / "shallow")


def rename_over_config(scene: Scene) -> None:
    folder = Path(scene["workspace"]) / ".git"
    (folder / "config.planted").write_text("[core]\n")
    (folder / "config.planted").replace(folder / "config")


def link_over_config(scene: Scene) -> None:
    folder = Path(scene["workspace"]) / ".git"
    (folder / "config").unlink()
    (folder / "config").symlink_to(Path(scene["workspace"]) / "planted")


def write_settings(scene: Scene) -> None:
    (Path(scene["workspace"]) / ".aura" / "config.yaml").write_text("x: 1\n")


def replace_settings(scene: Scene) -> None:
    shutil.rmtree(Path(scene["workspace"]) / ".aura")


def connect_tcp(scene: Scene) -> None:
    socket.create_connection(("127.0.0.1", scene["tcp"]), 2).close()


def send_udp(scene: Scene) -> None:
    """The far end tells whether something arrived: sending alone proves nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"canary", ("127.0.0.1", scene["udp"]))
        client.settimeout(1)
        client.recv(16)


def connect_unix(scene: Scene) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(scene["unix"])


def connect_unix_of_tmp(scene: Scene) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(scene["unix_tmp"])


def connect_abstract(scene: Scene) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(b"\0" + scene["abstract"].encode())


def open_vsock(scene: Scene) -> None:
    socket.socket(40, socket.SOCK_STREAM).close()


def open_packet(scene: Scene) -> None:
    socket.socket(17, socket.SOCK_RAW).close()


def open_netlink_audit(scene: Scene) -> None:
    socket.socket(16, socket.SOCK_RAW, 9).close()


def make_call(name: str) -> Callable[[Scene], None]:
    def attempt(scene: Scene) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        library.syscall(NUMBERS[name][ARM], 0, 0, 0, 0, 0)
        error = ctypes.get_errno()
        if error in (1, 38):  # EPERM, ENOSYS: the call was refused; all else is the call's own opinion
            raise Held(os.strerror(error))

    return attempt


def read_environment(scene: Scene) -> None:
    if b"canary" not in Path(f"/proc/{scene['assistant']}/environ").read_bytes():
        raise Held("another process")


def read_any_environment(scene: Scene) -> None:
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"ASSISTANT=canary" in (entry / "environ").read_bytes():
                return
        except OSError:
            continue
    raise Held("in no process")


def signal_assistant(scene: Scene) -> None:
    os.kill(scene["assistant"], 0)


def change_mode_outside(scene: Scene) -> None:
    (Path(scene["outside"]) / "file").chmod(0o600)


def change_times_outside(scene: Scene) -> None:
    os.utime(Path(scene["outside"]) / "file", (1, 1))


def race_links(scene: Scene) -> None:
    """Swap a folder for a link to the outside, again and again, while something is written below its name."""
    folder = Path(scene["workspace"]) / "race"
    folder.mkdir()
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            try:
                folder.rename(folder.with_name("race-away"))
                folder.symlink_to(scene["outside"])
                folder.unlink()
                folder.with_name("race-away").rename(folder)
            except OSError:
                continue

    thread = threading.Thread(target=swap)
    thread.start()
    written = 0
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        try:
            (folder / "raced").write_text("x")
            written += 1
        except OSError:
            continue
    stop.set()
    thread.join()
    if not (Path(scene["outside"]) / "raced").exists():
        raise Held(f"none of {written} writes")


def leave_daemon(scene: Scene) -> None:
    """Leave a process behind in a session of its own; whether it survives is looked at from outside."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3):
                os.close(descriptor)
            os.execvp("sleep", ["sleep", scene["seconds"]])
        os._exit(0)
    os.wait()
    raise Held("left behind; see who lives")


def open_terminal(scene: Scene) -> None:
    os.close(os.open("/dev/tty", os.O_RDWR))


def commit(scene: Scene) -> None:
    """What has to work: an ordinary commit."""
    folder = scene["workspace"]
    (Path(folder) / "new.txt").write_text("new\n")
    for line in ("git add new.txt", "git -c user.name=a -c user.email=a@b.c commit -q -m new", "git log -1"):
        done = subprocess.run(line.split(), cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Held(done.stderr)


def write_inside(scene: Scene) -> None:
    """What has to work: writing the workspace, /tmp and the home's cache, and talking to oneself."""
    for place in (Path(scene["workspace"]), Path("/tmp"), Path.home() / ".cache"):
        (place / "written").write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 2).close()


def plant_absent(scene: Scene) -> None:
    """Make what is protected and not there; it must be gone again after the command."""
    folder = Path(scene["workspace"])
    (folder / ".mcp.json").write_text("{}")
    (folder / ".vscode").mkdir(exist_ok=True)
    (folder / ".vscode" / "tasks.json").write_text("{}")
    (folder / ".git" / "commondir").write_text("../evil\n")


def plant_armed_repository(scene: Scene) -> None:
    folder = Path(scene["workspace"]) / "made"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    with (folder / ".git" / "config").open("a") as file:
        file.write("[core]\n\tfsmonitor = ./canary\n")


ATTEMPTS: dict[str, Callable[[Scene], None]] = {
    one.__name__: one
    for one in (
        *(write_outside, read_ssh_key, list_home, read_carved_credentials, read_own_state),
        *(remount_root, remount_pin, unmount_pin, unmount_home, make_user_namespace),
        *(
            append_git_config,
            plant_hook,
            plant_nested_hook,
            plant_module_config,
            move_git,
            move_nested_parent,
        ),
        *(rename_over_config, link_over_config, write_settings, replace_settings),
        *(connect_tcp, send_udp, connect_unix, connect_unix_of_tmp, connect_abstract),
        *(open_vsock, open_packet, open_netlink_audit),
        *(read_environment, read_any_environment, signal_assistant),
        *(change_mode_outside, change_times_outside, race_links, leave_daemon, open_terminal),
        *(commit, write_inside, plant_absent, plant_armed_repository),
    )
} | {f"call_{name}": make_call(name) for name in NUMBERS}


def main() -> None:
    scene = json.loads(Path(sys.argv[2]).read_text())
    try:
        ATTEMPTS[sys.argv[1]](scene)
    except (OSError, Held) as error:
        print("HELD", error)
    else:
        print("ESCAPED")


if __name__ == "__main__":
    main()
