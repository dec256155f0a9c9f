import errno
import itertools
import json
import platform
import re
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ConfigError
from aura.safety.sandbox.seccomp import FORBIDDEN, MACHINES, Inet, build_filter
from tests.safety.sandbox.bpf import judge

CALLS = st.integers(0, 2**32 - 1)
WORDS = st.lists(st.integers(0, 2**64 - 1), max_size=6)
OPTIONS = list(itertools.product(("x86_64", "aarch64"), (False, True), ("any", "tcp", "none")))
FILTERS = {
    (machine, unix, inet): build_filter(allow_unix=unix, inet=inet, machine=machine)  # type: ignore[arg-type]
    for machine, unix, inet in OPTIONS
}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
# what would do harm if the filter were broken is only asked of the interpreter above
HARMLESS_CALLS = """
io_uring_setup ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp bpf perf_event_open userfaultfd
add_key request_key keyctl mount umount2 pivot_root chroot open_tree move_mount fsopen setns open_by_handle_at
init_module finit_module delete_module
"""
HARMLESS = tuple(HARMLESS_CALLS.split())
NEWUSER, NEWNS, SIGCHLD = 0x10000000, 0x20000, 17


def ask(
    call: str, *arguments: int, inet: Inet = "any", unix: bool = True, machine: str = "x86_64"
) -> str | int:
    known = MACHINES[machine]
    return judge(FILTERS[machine, unix, inet], known.audit, known.numbers[call], arguments)


def test_a_machine_whose_numbers_are_not_known_is_refused() -> None:
    with pytest.raises(ConfigError, match="riscv64"):
        build_filter(allow_unix=True, machine="riscv64")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_filter_is_one_the_kernel_would_take(option: tuple[str, bool, str]) -> None:
    instructions = list(struct.iter_unpack("=HBBI", FILTERS[option]))
    assert 0 < len(instructions) < 4096
    assert instructions[0] == (0x20, 0, 0, 4)  # the architecture, before anything else
    for at, (code, if_true, if_false, operand) in enumerate(instructions):
        if code & 0x07 == 0x05:
            assert at + 1 + max(if_true, if_false) < len(instructions)
        if code == 0x20:
            assert operand % 4 == 0 and operand < 64
    assert instructions[-1][0] == 0x06


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_those_of_the_headers(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip("no kernel headers on this machine")
    defined = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text(encoding="utf-8")))
    ours = MACHINES[machine].numbers
    known = {name: number for name, number in ours.items() if name in defined}
    assert known == {name: int(defined[name]) for name in known}
    assert set(ours) - set(known) <= {"open_tree_attr", "quotactl_fd", "clone3"}  # newer than some headers


def test_every_machine_has_a_number_for_every_forbidden_call() -> None:
    x86_only = {"iopl", "ioperm"}
    assert set(FORBIDDEN) - set(MACHINES["x86_64"].numbers) == set()
    assert set(FORBIDDEN) - set(MACHINES["aarch64"].numbers) == x86_only


@given(st.sampled_from(OPTIONS), st.integers(0, 2**32 - 1), CALLS, WORDS)
def test_another_architecture_is_killed(
    option: tuple[str, bool, str], audit: int, call: int, words: list[int]
) -> None:
    if audit != MACHINES[option[0]].audit:
        assert judge(FILTERS[option], audit, call, words) == "kill"


@given(st.sampled_from(OPTIONS), st.integers(0x40000000, 2**32 - 1), WORDS)
def test_no_call_has_a_second_number(option: tuple[str, bool, str], call: int, words: list[int]) -> None:
    assert judge(FILTERS[option], MACHINES[option[0]].audit, call, words) == errno.ENOSYS


@given(st.sampled_from(OPTIONS), st.integers(0, 600), WORDS)
def test_what_is_not_named_is_allowed_and_what_is_forbidden_never(
    option: tuple[str, bool, str], call: int, words: list[int]
) -> None:
    known = MACHINES[option[0]]
    names = {number: name for name, number in known.numbers.items()}
    verdict = judge(FILTERS[option], known.audit, call, words)
    name = names.get(call, "")
    if not name:
        assert verdict == "allow"
    elif name in FORBIDDEN:
        assert verdict == errno.EPERM
    else:
        assert verdict in {"allow", errno.EPERM, errno.ENOSYS}


@given(
    st.sampled_from(OPTIONS), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)
)
def test_sockets_are_judged_by_what_the_kernel_makes_of_them(
    option: tuple[str, bool, str], family: int, kind: int, protocol: int
) -> None:
    machine, unix, inet = option
    known = MACHINES[machine]
    family_seen, kind_seen, protocol_seen = family & 0xFFFFFFFF, kind & 0xF, protocol & 0xFFFFFFFF
    fits = {
        1: unix,
        2: kind_seen != 10 if inet == "any" else inet == "tcp" and kind_seen == 1 and protocol_seen in {0, 6},
        16: protocol_seen == 0,
    }
    fits[10] = fits[2]
    verdict = judge(FILTERS[option], known.audit, known.numbers["socket"], (family, kind, protocol))
    assert verdict == ("allow" if fits.get(family_seen, False) else errno.EPERM)


@given(st.sampled_from(OPTIONS), st.integers(0, 2**64 - 1))
def test_no_new_user_namespace(option: tuple[str, bool, str], flags: int) -> None:
    known = MACHINES[option[0]]
    for call in ("clone", "unshare"):
        assert judge(FILTERS[option], known.audit, known.numbers[call], (flags | NEWUSER,)) == errno.EPERM
    assert judge(FILTERS[option], known.audit, known.numbers["clone3"], (flags,)) == errno.ENOSYS


@given(st.integers(0, 2**32 - 1), st.sampled_from((0x5412, 0x541C)))
def test_the_terminal_cannot_be_typed_into_whatever_the_high_bits_are(high: int, request: int) -> None:
    for machine in HEADERS:
        assert ask("ioctl", 0, high << 32 | request, machine=machine) == errno.EPERM
        assert ask("ioctl", 0, high << 32 | 0x5401, machine=machine) == "allow"


def test_ordinary_work_goes_on() -> None:
    for machine in HEADERS:
        assert ask("clone", SIGCHLD, machine=machine) == "allow"
        assert ask("clone", 0x3D0F00, machine=machine) == "allow"  # a thread
        assert ask("unshare", 0x400, machine=machine) == "allow"  # its own table of files
        assert ask("socketpair", 1, 1 | 0o2000000, unix=False, machine=machine) == "allow"
        assert ask("socketpair", 1, 2, unix=False, machine=machine) == errno.EPERM
        assert ask("socketpair", 1, 2, machine=machine) == "allow"
        assert ask("sendto", 3, 0, 0, 0x4000, inet="tcp", machine=machine) == "allow"


def test_nothing_is_connected_without_connect_where_tcp_is_judged_by_port() -> None:
    for call, place in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        arguments = [3, 0, 0, 0]
        arguments[place] = 0x20004000
        assert ask(call, *arguments, inet="tcp") == errno.EPERM
        assert ask(call, *arguments) == "allow"
    for protocol in (132, 256, 262):
        assert ask("socket", 2, 1, protocol, inet="tcp") == errno.EPERM


# --- the kernel's own opinion -------------------------------------------------------------------------------

ATTEMPTS = f"""
import ctypes, errno, json, os, socket, subprocess, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
program = open(0, "rb").read()
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
buffer = ctypes.create_string_buffer(program, len(program))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))), 0, 0) == 0

def call(*arguments):
    ctypes.set_errno(0)
    result = libc.syscall(*map(ctypes.c_long, arguments))
    return "ok" if result >= 0 else errno.errorcode[ctypes.get_errno()]

def make(*arguments):
    try:
        socket.socket(*arguments).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "ok"

numbers = json.loads(sys.argv[1])
found = {{name: call(numbers[name], *[0] * 6) for name in [*{HARMLESS!r}, "clone3"]}}
found["unshare user"] = call(numbers["unshare"], {NEWUSER})
found["unshare mounts"] = call(numbers["unshare"], {NEWNS})
found["type"] = call(numbers["ioctl"], 0, 0x5412, 0)
found["type high"] = call(numbers["ioctl"], 0, 0x100005412, 0)
found["vsock"] = make(40, 1)
found["packet"] = make(17, 3)
found["crypto"] = make(38, 5)
found["route"] = make(16, 3, 0)
found["uevent"] = make(16, 3, 15)
found["unix"] = make(1, 1)
found["tcp"] = make(2, 1)
found["tcp6"] = make(10, 1)
found["udp"] = make(2, 2)
found["mptcp"] = make(2, 1, 262)
found["pair"] = "ok" if socket.socketpair() else ""
thread = threading.Thread(target=lambda: found.update(thread="ok"))
thread.start(); thread.join()
ran = subprocess.run([sys.executable, "-I", "-S", "-c", "print('ok')"], capture_output=True, text=True)
found["child"] = ran.stdout.strip()
print(json.dumps(found))
"""


def attempt(inet: Inet, *, allow_unix: bool) -> dict[str, str]:
    numbers = MACHINES[platform.machine()].numbers
    done = subprocess.run(
        [sys.executable, "-I", "-c", ATTEMPTS, json.dumps(numbers)],
        input=build_filter(allow_unix=allow_unix, inet=inet),
        capture_output=True,
        check=True,
        timeout=60,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in MACHINES,
    reason="a filter is for Linux on two processors",
)
@pytest.mark.parametrize(
    ("inet", "unix", "tcp", "udp"),
    [("any", True, "ok", "ok"), ("tcp", False, "ok", "EPERM"), ("none", False, "EPERM", "EPERM")],
)
def test_the_kernel_refuses_what_the_filter_names(inet: Inet, unix: bool, tcp: str, udp: str) -> None:
    found = attempt(inet, allow_unix=unix)
    refused = (*HARMLESS, "unshare user", "unshare mounts", "type", "type high")
    assert {name: found[name] for name in refused} == dict.fromkeys(refused, "EPERM")
    assert found["clone3"] == "ENOSYS"
    families = ("vsock", "packet", "crypto", "uevent")
    assert {name: found[name] for name in families} == dict.fromkeys(families, "EPERM")
    assert (found["route"], found["pair"], found["thread"], found["child"]) == ("ok", "ok", "ok", "ok")
    assert (found["tcp"], found["udp"], found["unix"]) == (tcp, udp, "ok" if unix else "EPERM")
    if socket.has_ipv6:
        assert found["tcp6"] in {tcp, "EAFNOSUPPORT"}
    if inet != "any":
        assert found["mptcp"] == "EPERM"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a filter is for Linux")
def test_a_foreign_machine_s_filter_kills_at_once() -> None:
    other = next(name for name in ("x86_64", "aarch64") if MACHINES[name] != MACHINES.get(platform.machine()))
    numbers = json.dumps(MACHINES[other].numbers)
    done = subprocess.run(
        [sys.executable, "-I", "-c", ATTEMPTS, numbers],
        input=build_filter(allow_unix=True, machine=other),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -31  # SIGSYS
