"""The files and folders of a workspace, listed as git or ripgrep know them and found by a few letters.

A listing is loaded in a thread; a search goes on in slices, so that whoever draws the screen is never kept waiting.
"""

import os
import shutil
import sysconfig
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import accumulate, islice
from pathlib import Path

from aura.core.sandbox import Launch
from aura.core.text import clean
from aura.ui.fuzzy import subsequence

MOST = 50_000  # files
FRESH = 5.0  # seconds after which a listing is loaded again when it is needed
PATIENCE = 20.0  # seconds for one listing
SLICE = 1_000  # paths that are looked at before others may run
NEVER = ("node_modules", "__pycache__")  # folders that nobody means, where neither git nor ripgrep can say so
TRACKED = ("ls-files", "-z", "--cached")
UNTRACKED = ("ls-files", "-z", "--others", "--exclude-standard")


@dataclass(frozen=True, slots=True)
class Listing:
    """The paths of a workspace below it, with `/`; folders end with one. `lines` are slices in lower case, joined."""

    paths: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    starts: tuple[tuple[int, ...], ...] = field(default=(), repr=False)


def make_listing(files: Iterable[str]) -> Listing:
    """The listing of files, with the folders they lie in; at most `MOST` files.

    Nothing in it takes long in one go (no sort): it may run in a thread beside a screen.
    """
    folders: dict[str, None] = {}
    paths: dict[str, None] = {}
    for path in islice(files, MOST):
        paths[path] = None
        folder = path.rpartition("/")[0]
        while folder and (name := f"{folder}/") not in folders:
            folders[name] = None
            folder = folder.rpartition("/")[0]
    every = (*folders, *paths)
    slices = [every[at : at + SLICE] for at in range(0, len(every), SLICE)]
    lowered = [[_lower(path) for path in one] for one in slices]
    starts = tuple(tuple(accumulate((len(path) + 1 for path in one), initial=0)) for one in lowered)
    top = tuple(sorted(path for path in every if "/" not in path[:-1]))
    return Listing(every, top, tuple("\n".join(one) for one in lowered), starts)


def _lower(path: str) -> str:
    lowered = path.lower()
    return lowered if len(lowered) == len(path) else path  # a letter may be longer in lower case


# --- listing ------------------------------------------------------------------------------------------------


def list_files(folder: Path, publish: Callable[[list[str]], None] = lambda files: None) -> list[str]:
    """The files below a folder that are not ignored, at most `MOST`; what is known early is published on the way."""
    tracked = _ask_git(TRACKED, folder, publish)
    if tracked is not None:
        return [*tracked, *(_ask_git(UNTRACKED, folder) or ())][:MOST]
    ripgrep = find_ripgrep()
    if ripgrep:
        options = ("--files", "--null", "--no-config", "--no-messages", "--hidden", "--glob=!.git")
        environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        found = _run(Launch([ripgrep, *options], environ), folder, publish, codes=(0, 1, 2))
        if found is not None:
            return found
    return list(islice(_walk(folder), MOST))


def find_ripgrep() -> str:
    """The `rg` of this environment, else the one on PATH; empty when there is none."""
    own = Path(sysconfig.get_path("scripts"), "rg")
    return str(own) if os.access(own, os.X_OK) else shutil.which("rg") or ""


def _ask_git(
    arguments: Sequence[str], folder: Path, publish: Callable[[list[str]], None] = lambda files: None
) -> list[str] | None:
    from aura.safety.own_git import prepare_git  # late: nothing of it is needed to paint

    launch = prepare_git(arguments, folder)
    return None if launch is None else _run(launch, folder, publish)


def _run(
    launch: Launch,
    folder: Path,
    publish: Callable[[list[str]], None] = lambda files: None,
    *,
    codes: tuple[int, ...] = (0,),
) -> list[str] | None:
    """The NUL-separated names that a command prints, cleaned, at most `MOST`; None when it cannot say."""
    from aura.safety.own_git import begin  # late: nothing of it is needed to paint

    try:
        process = begin(launch, folder)
    except OSError:
        return None
    assert process.stdout
    ending = threading.Timer(PATIENCE, process.kill)
    ending.start()
    names: list[str] = []
    rest = b""
    with process.stdout as stream:
        while len(names) < MOST and (data := os.read(stream.fileno(), 64 * 1024)):
            *whole, rest = (rest + data).split(b"\0")
            is_first = not names
            names += [name for raw in whole if (name := _read_name(raw))]
            if is_first and names:
                publish(names)
    is_cut = len(names) >= MOST
    if is_cut:
        process.kill()
    code = process.wait()
    launch.cleanup()
    was_late = not ending.is_alive()
    ending.cancel()
    return names[:MOST] if is_cut or was_late or code in codes else None


def _read_name(raw: bytes) -> str:
    """A name as it can be shown and typed; empty for one that cannot."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return ""
    name = name.removeprefix("./")
    return name if name.isprintable() and (name.isascii() or clean(name) == name) else ""


def _walk(folder: Path) -> Iterator[str]:
    end = time.monotonic() + PATIENCE
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NEVER)
        below = Path(place).relative_to(folder).as_posix()
        for name in sorted(names):
            path = name if below == "." else f"{below}/{name}"
            if _read_name(path.encode(errors="surrogateescape")):
                yield path
        if time.monotonic() > end:
            return


# --- searching ----------------------------------------------------------------------------------------------


class Search:
    """A search through a listing, slice by slice; a narrower query goes on with what the wider one found."""

    def __init__(self, listing: Listing, query: str, recent: Sequence[str] = (), limit: int = 50) -> None:
        self.query = query
        self.listing = listing
        self._lowered = query.lower()
        self._recent = {path: place for place, path in enumerate(recent)}
        self._limit = limit
        self._found: list[tuple[int, int]] = []  # slice, place in it
        self._best: list[tuple[tuple[int, int, int, str], str]] = []
        self._is_over = False

    @property
    def paths(self) -> list[str]:
        """The best answers so far."""
        return [path for _, path in self._best]

    def steps(self, wider: "Search | None" = None) -> Iterator[None]:
        """Search on with each step; `wider` is a search for the beginning of this query in the same listing."""
        if not self._lowered:
            self._show_first()
            return
        pattern = subsequence(self._lowered)
        places: Iterable[tuple[int, Sequence[int] | None]]
        if wider is not None and wider.covers(self):
            places = wider.by_slice()
        else:
            places = ((number, None) for number in range(len(self.listing.lines)))
        for number, among in places:
            lines, starts = self.listing.lines[number], self.listing.starts[number]
            if among is None:
                found = [bisect_right(starts, one.start()) - 1 for one in pattern.finditer(lines)]
            else:
                found = [at for at in among if pattern.match(lines, starts[at], starts[at + 1] - 1)]
            self._take(number, found)
            yield
        self._is_over = True

    def run(self) -> list[str]:
        """Search to the end."""
        for _ in self.steps():
            pass
        return self.paths

    def covers(self, other: "Search") -> bool:
        """Whether all that answers another search was found by this one."""
        is_wider = bool(self._lowered) and other.query.lower().startswith(self._lowered)
        return self._is_over and is_wider and self.listing is other.listing

    def by_slice(self) -> Iterator[tuple[int, Sequence[int]]]:
        """What was found, by slice."""
        places: list[int] = []
        before = -1
        for number, at in self._found:
            if number != before and places:
                yield before, places
                places = []
            before = number
            places.append(at)
        if places:
            yield before, places

    def _take(self, number: int, found: list[int]) -> None:
        self._found += [(number, at) for at in found]
        lines, starts = self.listing.lines[number], self.listing.starts[number]
        weighed = [
            (self._weigh(lines[starts[at] : starts[at + 1] - 1], path), path)
            for at in found
            for path in (self.listing.paths[number * SLICE + at],)
        ]
        self._best = nsmallest(self._limit, [*self._best, *weighed])

    def _weigh(self, lowered: str, path: str) -> tuple[int, int, int, str]:
        """What is sought at the start of the name, in the name, in the path, spread; recent ones first, then short.

        Behind the name of a folder what lies in it comes first, then what lies below that.
        """
        if self._lowered.endswith("/") and lowered.startswith(self._lowered):
            depth = lowered.count("/", len(self._lowered), len(lowered) - 1)
            return int(depth > 0), 0, len(path), path
        name = lowered.rstrip("/").rpartition("/")[2]
        if self._lowered in name:
            tier = 0 if name.startswith(self._lowered) else 1
        else:
            tier = 2 if self._lowered in lowered else 3
        return tier, self._recent.get(path, len(self._recent)), len(path), path

    def _show_first(self) -> None:
        """Without a query: what was used last, then the top of the workspace."""
        top = (path for path in self.listing.top if path not in self._recent)
        chosen = islice((*self._recent, *islice(top, self._limit)), self._limit)
        self._best = [((0, place, 0, ""), path) for place, path in enumerate(chosen)]
        self._is_over = True


def go_inside(query: str, paths: Sequence[str]) -> Sequence[str]:
    """Behind the name of a folder (it ends in `/`) what lies below it; all paths when there is nothing."""
    if not query.endswith("/"):
        return paths
    lowered = query.lower()
    return [path for path in paths if path.lower().startswith(lowered) and path.lower() != lowered] or paths


class Files:
    """The files of a workspace: what is known of them, and when that was."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.listing = Listing()
        self.recent: tuple[str, ...] = ()
        self._loaded = -FRESH
        self._lock = threading.Lock()

    @property
    def is_fresh(self) -> bool:
        """Whether the listing is new enough, or being loaded."""
        return self._lock.locked() or time.monotonic() - self._loaded < FRESH

    def load(self, tell: Callable[[], None] = lambda: None) -> None:
        """List the files anew; for a thread. `tell` is called once there is something to search."""

        def publish(files: list[str]) -> None:
            if not self.listing.paths:
                self.listing = make_listing(files)
                tell()

        if not self._lock.acquire(blocking=False):
            return
        try:
            self.listing = make_listing(list_files(self.workspace, publish))
            self._loaded = time.monotonic()
        finally:
            self._lock.release()

    def search(self, query: str, limit: int = 50) -> Search:
        """A search that has not begun."""
        return Search(self.listing, query, self.recent, limit)

    def near(self, path: str) -> str:
        """A path as it stands in the listing."""
        return path.removeprefix(f"{self.workspace}/")

    def exists(self, path: str) -> bool:
        """Whether a path is still there."""
        return os.path.lexists(self.workspace / path)
