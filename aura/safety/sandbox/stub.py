"""What stands between aura and a command behind Landlock: run as `python -I -S -c SOURCE`, never imported by aura.

    SOURCE PARENT RULES FILTER COMMAND...    (pid of the parent; descriptors of a ruleset and of a compiled filter)

It forks. The child gives up every privilege, goes behind the wall and becomes the command; any step that fails ends it
before the command runs. The parent stays outside, adopts what the command leaves behind and ends it with the command,
or as soon as aura is gone. It ends with the command's exit code, 128 and its number for a signal.
"""

import ctypes
import os
import signal
import sys

NEVER_RAN = 126
PDEATHSIG, CAPBSET_DROP, SECCOMP, SECUREBITS, SUBREAPER, NO_NEW_PRIVS, AMBIENT = 1, 24, 22, 28, 36, 38, 47
NO_ROOT_LOCKED = (
    0xEF  # uid 0 means nothing, for good: NOROOT, NO_SETUID_FIXUP, no KEEP_CAPS, no ambient; all locked
)
CAPSET, RESTRICT_SELF = {"x86_64": 126, "aarch64": 91}, 446
VERSION_3 = 0x20080522
GONE = signal.SIGUSR1  # what the kernel says when aura has ended
SWEEPS = 1000

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


class Filter(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def fail(what: str) -> None:
    """End without having run the command, and say why."""
    reason = os.strerror(ctypes.get_errno())
    os.write(2, f"aura: the sandbox did not start ({what}: {reason}); the command was not run.\n".encode())
    os._exit(NEVER_RAN)


def control(option: int, value: object = 0, *more: object) -> int:
    """prctl; below 0 when it failed."""
    arguments = [value, *more, *[0] * (3 - len(more))]
    return int(
        libc.prctl(option, *(ctypes.c_ulong(item) if isinstance(item, int) else item for item in arguments))
    )


def give_up_privileges() -> None:
    """No capability is left, and none comes back by running a program."""
    control(SECUREBITS, NO_ROOT_LOCKED)  # root may; for others there is nothing to lock
    for capability in range(64):
        if control(CAPBSET_DROP, capability) < 0:
            break
    control(AMBIENT, 4)  # clear all
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.syscall(CAPSET[os.uname().machine], ctypes.byref(header), ctypes.byref(nothing)) < 0:
        fail("capabilities")
    if control(NO_NEW_PRIVS, 1) < 0:
        fail("no_new_privs")


def become(rules: int, filter_: int, command: "list[str]") -> None:
    """Go behind the wall and run the command there."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, GONE, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:  # the kernel shall end a command that takes all memory, not aura
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib loads slowly
            file.write("900")
    except OSError:
        pass
    program = os.pread(filter_, 1 << 16, 0)
    give_up_privileges()
    if libc.syscall(RESTRICT_SELF, rules, 0) < 0:
        fail("landlock")
    os.close(rules)
    os.close(filter_)
    held = ctypes.create_string_buffer(program, len(program))
    instructions = Filter(len(program) // 8, ctypes.cast(held, ctypes.c_void_p))
    if not program or control(SECCOMP, 2, ctypes.byref(instructions)) < 0:
        fail("seccomp")
    try:
        os.execv(command[0], command)
    except OSError as error:
        ctypes.set_errno(error.errno or 0)
    fail(command[0])


def list_children() -> "list[int]":
    """The children of this process."""
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as file:  # noqa: PTH123 - as above
            return [int(word) for word in file.read().split()]
    except OSError:
        pass
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - as above
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                parent = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == me:
            found.append(int(name))
    return found


def end_all() -> None:
    """End every descendant: those whose parent dies become children of this process."""
    for _ in range(SWEEPS):
        for child in list_children():
            try:  # noqa: SIM105 - contextlib loads slowly
                os.kill(child, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def stay(child: int) -> int:
    """Wait for the command; its exit code."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def leave(number: int, frame: object) -> None:
    """Aura has ended: so does everything it began."""
    end_all()
    os._exit(128 + number)


def main(parent: int, rules: int, filter_: int, command: "list[str]") -> None:
    """See above."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, frame: None)  # meant for the command, which is in the same group
    signal.signal(GONE, leave)
    me = os.getpid()
    if control(SUBREAPER, 1) < 0 or control(PDEATHSIG, int(GONE)) < 0:
        fail("prctl")
    if os.getppid() != parent:
        os._exit(NEVER_RAN)
    child = os.fork()
    if child == 0:
        control(PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() == me:
            become(rules, filter_, command)
        os._exit(NEVER_RAN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.closerange(3, 64)
    code = stay(child)
    end_all()
    os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
