"""A filter for system calls, built by hand: it keeps the kernel's side doors shut, whatever wall stands around it.

Programs are lists of classic BPF instructions, as seccomp(2) takes them and `bwrap --seccomp` reads them. The first
thing a filter looks at is the machine's architecture: numbers of another one would mean other calls.
"""

import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aura.core.errors import ConfigError

Inet = Literal["any", "tcp", "none"]
Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand

# linux/bpf_common.h, linux/filter.h
LOAD = 0x20  # a word of seccomp_data
AND = 0x54
JUMP_EQUAL = 0x15
JUMP_AT_LEAST = 0x35
JUMP_ANY_BIT = 0x45
RETURN = 0x06

# linux/seccomp.h
KILL_PROCESS = 0x80000000
FAIL = 0x00050000  # with the error number in the low bits
ALLOW = 0x7FFF0000

NUMBER, ARCHITECTURE = 0, 4  # places in struct seccomp_data
X32 = 0x40000000  # added to the numbers of the x32 calls of x86_64

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_STREAM, SOCK_SEQPACKET, SOCK_PACKET, SOCK_KIND = 1, 5, 10, 0xF
TCP = (0, 6)  # protocols of a TCP socket; Multipath TCP, SCTP and SMC have numbers of their own
NETLINK_ROUTE = 0
MSG_FASTOPEN = 0x20000000
NAMESPACES = 0x7E020000  # CLONE_NEW*: mount, cgroup, uts, ipc, user, pid, net
CLONE_NEWTIME = 0x80  # for unshare; in clone the bit belongs to the signal
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

FORBIDDEN_CALLS = """
io_uring_setup io_uring_enter io_uring_register
ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
bpf perf_event_open userfaultfd add_key request_key keyctl
mount umount2 pivot_root chroot open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr
setns open_by_handle_at fanotify_init
kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff
acct quotactl quotactl_fd syslog iopl ioperm vhangup settimeofday clock_settime sethostname setdomainname
"""
FORBIDDEN = tuple(FORBIDDEN_CALLS.split())


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor as seccomp sees it: its AUDIT_ARCH, and the numbers of its system calls."""

    audit: int
    numbers: dict[str, int]


def _read_numbers(table: str) -> dict[str, int]:
    words = table.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


# asm/unistd_64.h and asm-generic/unistd.h; a test compares them with the headers where there are some
MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        _read_numbers("""
        ioctl 16 socket 41 sendto 44 sendmsg 46 socketpair 53 clone 56 ptrace 101 syslog 103 vhangup 153
        pivot_root 155 chroot 161 acct 163 settimeofday 164 mount 165 umount2 166 swapon 167 swapoff 168 reboot 169
        sethostname 170 setdomainname 171 iopl 172 ioperm 173 init_module 175 delete_module 176 quotactl 179
        clock_settime 227 kexec_load 246 add_key 248 request_key 249 keyctl 250 unshare 272 perf_event_open 298
        fanotify_init 300 open_by_handle_at 304 sendmmsg 307 setns 308 process_vm_readv 310 process_vm_writev 311
        kcmp 312 finit_module 313 kexec_file_load 320 bpf 321 userfaultfd 323 io_uring_setup 425 io_uring_enter 426
        io_uring_register 427 open_tree 428 move_mount 429 fsopen 430 fsconfig 431 fsmount 432 fspick 433 clone3 435
        pidfd_getfd 438 process_madvise 440 mount_setattr 442 quotactl_fd 443 open_tree_attr 467
        """),
    ),
    "aarch64": Machine(
        0xC00000B7,
        _read_numbers("""
        ioctl 29 umount2 39 mount 40 pivot_root 41 chroot 51 vhangup 58 quotactl 60 acct 89 unshare 97 kexec_load 104
        init_module 105 delete_module 106 clock_settime 112 syslog 116 ptrace 117 reboot 142 sethostname 161
        setdomainname 162 settimeofday 170 socket 198 socketpair 199 sendto 206 sendmsg 211 add_key 217
        request_key 218 keyctl 219 clone 220 swapon 224 swapoff 225 perf_event_open 241 fanotify_init 262
        open_by_handle_at 265 setns 268 sendmmsg 269 process_vm_readv 270 process_vm_writev 271 kcmp 272
        finit_module 273 bpf 280 userfaultfd 282 kexec_file_load 294 io_uring_setup 425 io_uring_enter 426
        io_uring_register 427 open_tree 428 move_mount 429 fsopen 430 fsconfig 431 fsmount 432 fspick 433 clone3 435
        pidfd_getfd 438 process_madvise 440 mount_setattr 442 quotactl_fd 443 open_tree_attr 467
        """),
    ),
}
MACHINES["arm64"] = MACHINES["aarch64"]
FAILED = FAIL | errno.EPERM
UNKNOWN = FAIL | errno.ENOSYS  # programs take it for an older kernel and ask in another way


def build_filter(*, allow_unix: bool, inet: Inet = "any", machine: str = "") -> bytes:
    """The compiled filter: an array of struct sock_filter, for this machine unless another is named.

    `allow_unix` lets sockets of the file system be used; connected pairs always work. `inet` is which Internet sockets
    can be made: any, TCP only (for a wall that cannot see the others), or none. Raises `ConfigError` on a machine whose
    numbers are not known here.
    """
    name = machine or platform.machine()
    if name not in MACHINES:
        raise ConfigError(
            f"System calls cannot be filtered here: the numbers of {name or 'it'} are not known."
        )
    known = MACHINES[name]
    rules: dict[str, list[Instruction]] = {
        call: [_end(FAILED)] for call in FORBIDDEN if call in known.numbers
    }
    rules |= {
        "socket": _judge_socket(inet, allow_unix=allow_unix),
        "socketpair": _judge_pair(allow_unix=allow_unix),
        "clone": _refuse_bits(0, NAMESPACES),
        "unshare": _refuse_bits(0, NAMESPACES | CLONE_NEWTIME),
        "clone3": [_end(UNKNOWN)],  # its flags lie in memory, where a filter cannot look
        "ioctl": [_load_argument(1), *_when_equal((TIOCSTI, TIOCLINUX), [_end(FAILED)]), _end(ALLOW)],
    }
    if inet == "tcp":  # it connects without connect, which is where walls look
        rules |= {
            call: _refuse_bits(at, MSG_FASTOPEN)
            for call, at in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3))
        }
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, known.audit),
        _end(KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 0, 1, X32),
        _end(UNKNOWN),
    ]
    for call, body in rules.items():
        program += _when_equal((known.numbers[call],), body)
    program.append(_end(ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _end(verdict: int) -> Instruction:
    return (RETURN, 0, 0, verdict)


def _load_argument(index: int) -> Instruction:
    """The low word of an argument: all that the kernel takes of those judged here (little-endian)."""
    return (LOAD, 0, 0, 16 + 8 * index)


def _when_equal(values: Iterable[int], body: list[Instruction]) -> list[Instruction]:
    """`body`, which ends with a verdict on every path, for each of these values; past it otherwise."""
    return [part for value in values for part in [(JUMP_EQUAL, 0, len(body), value), *body]]


def _refuse_bits(argument: int, bits: int) -> list[Instruction]:
    return [_load_argument(argument), (JUMP_ANY_BIT, 0, 1, bits), _end(FAILED), _end(ALLOW)]


def _judge_socket(inet: Inet, *, allow_unix: bool) -> list[Instruction]:
    """By family: what is not named is refused (packet, vsock, bluetooth, crypto and whatever comes later)."""
    unix = [_end(ALLOW if allow_unix else FAILED)]
    netlink = [_load_argument(2), *_when_equal((NETLINK_ROUTE,), [_end(ALLOW)]), _end(FAILED)]  # names, `ip`
    return [
        _load_argument(0),
        *_when_equal((AF_UNIX,), unix),
        *_when_equal((AF_INET, AF_INET6), _judge_inet(inet)),
        *_when_equal((AF_NETLINK,), netlink),
        _end(FAILED),
    ]


def _judge_inet(inet: Inet) -> list[Instruction]:
    kind: list[Instruction] = [_load_argument(1), (AND, 0, 0, SOCK_KIND)]
    match inet:
        case "none":
            return [_end(FAILED)]
        case "tcp":
            protocol = [_load_argument(2), *_when_equal(TCP, [_end(ALLOW)]), _end(FAILED)]
            return [*kind, *_when_equal((SOCK_STREAM,), protocol), _end(FAILED)]
        case "any":  # the old name of a packet socket is a kind, not a family
            return [*kind, *_when_equal((SOCK_PACKET,), [_end(FAILED)]), _end(ALLOW)]


def _judge_pair(*, allow_unix: bool) -> list[Instruction]:
    """Connected pairs; datagrams could be sent elsewhere than to the other end."""
    stream: list[Instruction] = [
        _load_argument(1),
        (AND, 0, 0, SOCK_KIND),
        *_when_equal((SOCK_STREAM, SOCK_SEQPACKET), [_end(ALLOW)]),
        _end(FAILED),
    ]
    unix = [_end(ALLOW)] if allow_unix else stream
    return [_load_argument(0), *_when_equal((AF_UNIX,), unix), _end(FAILED)]
