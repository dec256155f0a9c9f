"""The profile of `find`: what it looks at, deletes, writes and runs."""

import fnmatch
import re
from collections.abc import Sequence
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.deleting import PRODUCTS, is_product
from aura.safety.expansion import Arg
from aura.safety.files import Reader
from aura.safety.inquiry import Inquiry
from aura.safety.options import parse_options

KEYS = (
    "id_rsa",
    "id_ed25519",
    "/home/x/.ssh/id_rsa",
    ".netrc",
    "credentials",
    ".git-credentials",
    ".env",
    "x.pem",
    "x.kdbx",
)
HUNTED = re.compile(
    r"PRIVATE.KEY|BEGIN.(RSA|OPENSSH|EC)|\bAKIA|\bgh[pos]_|passw(or)?d|secret|api.?key|access.?key|\btoken",
    re.IGNORECASE,
)
NARROWING = frozenset(
    {
        *("-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex"),
        *("-newer", "-mtime", "-mmin", "-cmin", "-ctime", "-size", "-empty", "-user", "-perm"),
    }
)


def find(inquiry: Inquiry, command: Command) -> None:
    """`find`: reads folders; some of its actions delete, write or run."""
    texts = command.texts
    roots = []
    for arg in command.args:
        if arg.text.startswith(("-", "(", "!")) and arg.text not in ("-L", "-H", "-P"):
            break
        roots.append(arg)
    inquiry.read(*[root for root in roots if root.text not in ("-L", "-H", "-P")])
    _look_for_keys(inquiry, command, roots)
    for index, text in enumerate(texts):
        if text == "-delete":
            _delete_found(inquiry, command, roots)
        elif text in ("-fprint", "-fprintf", "-fls", "-fprint0"):
            inquiry.write(*command.args[index + 1 : index + 2])
        elif text in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((at for at in range(index, len(texts)) if texts[at] in (";", "+")), len(texts))
            inner = texts[index + 1 : end]
            if inner and PurePath(inner[0]).name in ("rm", "rmdir", "unlink", "shred"):
                _delete_found(inquiry, command, roots)
            else:
                _run_on_found(inquiry, command, inner, roots)


def _look_for_keys(inquiry: Inquiry, command: Command, roots: list[Arg]) -> None:
    """Files outside the workspace that are found by the names of keys, and given to another program."""
    names = [
        after
        for before, after in zip(command.texts, command.texts[1:], strict=False)
        if before in ("-name", "-iname", "-path", "-wholename")
    ]
    is_key = any(
        fnmatch.fnmatchcase(key, name.lower()) for name in names if re.search(r"\w{2}", name) for key in KEYS
    )
    if not is_key or not any(text.startswith(("-exec", "-ok")) for text in command.texts):
        return
    if any(inquiry.places.judge_read(path, inquiry.cwd).outside for root in roots for path in root.values):
        inquiry.note(Level.FLOOR, "it looks for keys and gives them to another program")


class Hunter(Reader):
    """`grep`, `rg`: readers; keys and passwords are not looked for all over the home folder or the system."""

    __slots__ = ()

    def __call__(self, inquiry: Inquiry, command: Command) -> None:
        """Look at one search."""
        before = len(inquiry.reads)
        super().__call__(inquiry, command)
        far = any(inquiry.places.judge_read(path).outside for path in inquiry.reads[before:])
        if far and HUNTED.search(" ".join(command.texts)):
            inquiry.note(Level.FLOOR, "it looks for credentials outside the workspace")


def find_names(inquiry: Inquiry, command: Command) -> None:
    """`fd`: looks for names; `-x` runs a command on them."""
    runs = ("-x", "--exec", "-X", "--exec-batch")
    at = next((at for at, text in enumerate(command.texts) if text in runs), None)
    options = parse_options(
        command.args[:at], "-e -t -d -E -g --type --max-depth --extension --exclude --changed-within"
    )
    inquiry.read(*options.rest[1:])
    if any(text.startswith(("-x", "-X", "--exec")) for text in options.names):
        inquiry.note(Level.CONSENT, "it runs a command on what it finds")
    if at is None:
        return
    inner, roots = list(command.texts[at + 1 :]), list(options.rest[1:])
    if inner and PurePath(inner[0]).name in ("rm", "rmdir", "unlink", "shred"):
        _delete_found(inquiry, command, roots)
    else:
        _run_on_found(inquiry, command, inner if "{}" in " ".join(inner) else [*inner, "{}"], roots)


def _run_on_found(inquiry: Inquiry, command: Command, inner: Sequence[str], roots: list[Arg]) -> None:
    """A command that is run on what is found: what it changes, it changes all over the folder."""
    before = len(inquiry.writes)
    inquiry.run_all([text.replace("{}", _first_root(roots)) for text in inner], command)
    for path in inquiry.writes[before:]:
        if path == inquiry.places.workspace:
            inquiry.note(Level.CONSENT, "it changes what it finds all over the workspace")
        elif inquiry.places.is_ancestor(path):
            inquiry.note(Level.FLOOR, f"it changes everything that it finds in {_first_root(roots)}")


def _first_root(roots: list[Arg]) -> str:
    return roots[0].text if roots else "."


def _delete_found(inquiry: Inquiry, command: Command, roots: list[Arg]) -> None:
    """Deletes what is found: harmless only when the names looked for are what a build leaves behind."""
    narrows = {
        text
        for before, text in zip(("", *command.texts), command.texts, strict=False)
        if before not in ("-not", "!")
    } & NARROWING or command.name.startswith("fd")
    for root in roots or [Arg((".",), ".")]:
        if not root.values:
            inquiry.note(Level.FLOOR, f"it deletes what it finds where cannot be told ({root.raw})")
        for value in root.values:
            path = inquiry.places.resolve(value, inquiry.cwd)
            is_all = path == inquiry.places.workspace and not narrows
            if (
                inquiry.places.judge_write(path).outside
                or inquiry.places.judge_write(path).floor
                or {".git", ".aura"}.intersection(PurePath(path).parts)
                or path in ("/", inquiry.places.spelled_home)
                or is_all
            ):
                inquiry.note(Level.FLOOR, f"it deletes what it finds in {root.raw}")
    texts = command.texts
    names = [
        texts[at + 1]
        for at, text in enumerate(texts[:-1])
        if text in ("-name", "-iname") and texts[at - 1] not in ("-not", "!")
    ]
    inquiry.note(Level.CHANGES, "it deletes what it finds")
    places = [inquiry.locate(value) for root in roots for value in root.values]
    if places and all(is_product(inquiry, path) for path in places):
        return
    if not names or not all(PRODUCTS.fullmatch(name.replace("*", "x")) for name in names):
        inquiry.note(Level.CONSENT, "it deletes what it finds")
