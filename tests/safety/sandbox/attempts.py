"""What a command may try behind a wall. Each part is run as Python inside; every target is a canary made by the test.

`held` is what it prints when the wall held: each line is compared. An attempt prints `escaped` when it got through.
"""

from collections.abc import Sequence
from dataclasses import dataclass

START = """
import ctypes, errno, os, signal, socket, subprocess, sys
sys.stdout.reconfigure(line_buffering=True)
libc = ctypes.CDLL(None, use_errno=True)
E = os.environ
WS, OUT, SECRET, PID = E["WS"], E["OUT"], E["SECRET"].removeprefix("at:"), int(E["ASSISTANT"])

def attempt(act, *allowed):
    try:
        result = act()
    except OSError:
        print("held")
        return
    print("held" if isinstance(result, int) and result == -1 else "escaped")

def write(path, text="changed", mode="w"):
    with open(path, mode) as file:
        file.write(text)

def system(*arguments):
    ctypes.set_errno(0)
    result = libc.syscall(*map(ctypes.c_long, arguments))
    return -1 if result < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS, errno.EACCES) else 0
"""


@dataclass(frozen=True)
class Attempt:
    """One row of the table."""

    name: str
    code: str
    lines: int = 1  # that say `held`


OUTSIDE = (
    Attempt("write a new file outside", "attempt(lambda: write(OUT + '/new'))"),
    Attempt("overwrite a file outside", "attempt(lambda: write(OUT + '/canary'))"),
    Attempt("empty a file outside", "attempt(lambda: os.truncate(OUT + '/canary', 0))"),
    Attempt("remove a file outside", "attempt(lambda: os.remove(OUT + '/canary'))"),
    Attempt("rename a file outside", "attempt(lambda: os.rename(OUT + '/canary', OUT + '/other'))"),
    Attempt("take a file outside in", "attempt(lambda: os.rename(OUT + '/canary', WS + '/taken'))"),
    Attempt("link a file outside in", "attempt(lambda: os.link(OUT + '/canary', WS + '/linked'))"),
    Attempt(
        "write through a link",
        "os.symlink(OUT, WS + '/way')\nattempt(lambda: write(WS + '/way/new'))\nos.remove(WS + '/way')",
    ),
    Attempt("make a folder outside", "attempt(lambda: os.mkdir(OUT + '/folder'))"),
    Attempt("read a secret of the home", "attempt(lambda: open(SECRET).read())"),
    Attempt("list the home", "attempt(lambda: os.listdir(os.path.dirname(SECRET)))"),
    Attempt("open a setting of the kernel", "attempt(lambda: open('/proc/sys/kernel/hostname', 'r+'))"),
    Attempt("make a device", "attempt(lambda: os.mknod(WS + '/device', 0o60600, os.makedev(7, 0)))"),
)

PRIVILEGES = (
    Attempt("mount", "attempt(lambda: libc.mount(b'none', OUT.encode(), b'tmpfs', 0, None))"),
    Attempt("bind over a folder", "attempt(lambda: libc.mount(WS.encode(), OUT.encode(), None, 4096, None))"),
    Attempt("unmount", "attempt(lambda: libc.umount2(OUT.encode(), 2))"),
    Attempt("a user namespace", "attempt(lambda: libc.unshare(0x10000000))"),
    Attempt("a mount namespace", "attempt(lambda: libc.unshare(0x20000))"),
    Attempt("change the root", "attempt(lambda: os.chroot(WS))"),
    Attempt(
        "capabilities",
        "said = dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)\n"
        "for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):\n"
        "    print('held' if int(said[name], 16) == 0 else 'escaped')\n"
        "print('held' if said['NoNewPrivs'] == '1' and said['Seccomp'] == '2' else 'escaped')",
        5,
    ),
    Attempt(
        "capabilities by running a program",
        "out = subprocess.run(['cat', '/proc/self/status'], capture_output=True, text=True).stdout\n"
        "print('held' if 'CapEff:\\t0000000000000000' in out else 'escaped')",
    ),
)

NETWORK = (
    Attempt("a TCP connection", "attempt(lambda: socket.create_connection(('127.0.0.1', int(E['TCP'])), 3))"),
    Attempt("a TCP server", "attempt(lambda: socket.create_server(('127.0.0.1', 0)))"),
    Attempt(
        "a datagram",
        "attempt(lambda: socket.socket(2, 2).sendto(b'x', ('127.0.0.1', int(E['UDP']))))",
    ),
    Attempt(
        "a connection without connect",
        "attempt(lambda: socket.socket(2, 1).sendto(b'x', 0x20000000, ('127.0.0.1', int(E['TCP']))))",
    ),
    Attempt(
        "a connection of many paths",
        "def act():\n    s = socket.socket(2, 1, 262)\n    s.connect(('127.0.0.1', int(E['TCP'])))\nattempt(act)",
    ),
    Attempt("a socket in the file system", "attempt(lambda: socket.socket(1, 1).connect(E['UNIX']))"),
    Attempt("an abstract socket", "attempt(lambda: socket.socket(1, 1).connect('\\0' + E['ABSTRACT']))"),
    Attempt(
        "datagrams of a pair",
        "attempt(lambda: socket.socketpair(1, 2)[0].sendto(b'x', E['UNIX_DATAGRAM']))",
    ),
    Attempt("the host's vsock", "attempt(lambda: socket.socket(40, 1))"),
    Attempt("packets", "attempt(lambda: socket.socket(17, 3))"),
    Attempt("messages of the kernel", "attempt(lambda: socket.socket(16, 3, 15))"),
)

OTHERS = (
    Attempt("read the assistant's environment", "attempt(lambda: open(f'/proc/{PID}/environ').read())"),
    Attempt("read the assistant's memory", "attempt(lambda: open(f'/proc/{PID}/mem', 'rb'))"),
    Attempt("signal the assistant", "attempt(lambda: os.kill(PID, signal.SIGURG))"),
    Attempt("signal the one that waits outside", "attempt(lambda: os.kill(os.getppid(), signal.SIGURG))"),
    Attempt("trace the assistant", "attempt(lambda: libc.ptrace(16, PID, 0, 0))"),
    Attempt("io_uring", "attempt(lambda: system(425, 1, 0))"),
    Attempt("bpf", "attempt(lambda: libc.syscall(E['BPF'] and int(E['BPF']), 0, 0, 0))"),
    Attempt("a key", "attempt(lambda: system(int(E['KEYCTL']), 0, -3, 0))"),
    Attempt("watching performance", "attempt(lambda: system(int(E['PERF']), 0, 0, -1, -1, 0))"),
    Attempt(
        "typing into the terminal",
        "attempt(lambda: system(int(E['IOCTL']), 0, 0x5412, 0))\n"
        "attempt(lambda: system(int(E['IOCTL']), 0, 0x100005412, 0))",
        2,
    ),
)

ORDINARY = (
    Attempt("write in the workspace", "write(WS + '/made')\nprint('held')"),
    Attempt("a temporary file", "import tempfile\ntempfile.NamedTemporaryFile().write(b'x')\nprint('held')"),
    Attempt("a home of its own", "write(os.path.expanduser('~/note'))\nprint('held')"),
    Attempt("a lock between processes", "import multiprocessing\nmultiprocessing.Lock()\nprint('held')"),
    Attempt(
        "a child and a pipe",
        "print(subprocess.run('echo held | cat', shell=True, capture_output=True, text=True).stdout.strip())",
    ),
    Attempt(
        "threads", "import threading\nt = threading.Thread(target=lambda: print('held'))\nt.start(); t.join()"
    ),
    Attempt("a connected pair", "a, b = socket.socketpair()\na.send(b'held')\nprint(b.recv(9).decode())"),
    Attempt("nowhere", "write('/dev/null')\nprint('held')"),
)

TABLE = (*OUTSIDE, *PRIVILEGES, *NETWORK, *OTHERS, *ORDINARY)


def join(rows: Sequence[Attempt]) -> str:
    """One program that tries them all, each below its name; what an attempt raises stands among its lines."""
    tried = [(row.name, row.code) for row in rows]
    return f"""{START}
for name, code in {tried!r}:
    print("==", name)
    try:
        exec(code)
    except BaseException as error:
        print(repr(error))
print("== end")
"""
