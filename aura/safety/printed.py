"""What simple commands print, told from their words alone: `echo`, `printf`, and filters that decode or turn a text.

Only what is certain is told; everything else is unknown, and unknown is what a caller has to be careful about.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence

from aura.safety.words import decode_ansi

FOUND = "found\u2026"  # a file of the workspace that is found by its name; which one shows only when it runs
MADE = "/tmp/tmp.made"  # noqa: S108 - what mktemp prints, to be judged
LONGEST = 20_000  # characters that are passed from one command to the next
PRINTS = {
    "nproc": "4",
    "jobs -p": "%1",
    "uname -s": "Linux",
    "uname -m": "x86_64",
    "git rev-parse HEAD": "0a1b2c3d",
    "git rev-parse --short HEAD": "0a1b2c3d",
}  # what tells nothing about files, and is a plain word wherever it is put
FILTERS = (
    "cut",
    "tr",
    "sed",
    "awk",
    "gawk",
    "rev",
    "fold",
    "colrm",
    "paste",
    "head",
    "tail",
    "xxd",
    "od",
    "iconv",
    "expand",
)
SILENT = (("echo", "-n"), ("printf", ""), ("cat", "/dev/null"), ("head", "-c0"), ("head", "-c", "0"))
NO_PLAIN_NAME = re.compile(
    r"^[/~]|(^|/)\.\.(/|$)|\.env|\.pem|secret|credential|passw|token|\bkey|id_(rsa|ed)|\.ssh|\.aws|\.netrc|\.npmrc",
    re.IGNORECASE,
)
DISGUISED = re.compile(r"\\(x[0-9a-fA-F]|[0-7]{2}|u[0-9a-fA-F])")


def tell_printed(words: Sequence[str], given: str | None, cwd: str) -> str | None:
    """What a command prints when it is given a text on its standard input; None when that cannot be told."""
    name = words[0].rpartition("/")[2] if words else ""
    args = list(words[1:])
    if name in ("which", "command", "type") and args and not args[-1].startswith("-"):
        return args[-1]
    if name == "pwd":
        return cwd or None
    if (
        name == "date"
        and all(re.fullmatch(r"\+[%\w:.-]+|-u|-I\w*|--utc|--iso-8601", arg) for arg in args)
        and args
    ):
        return "20260102"
    if " ".join(words) in PRINTS:
        return PRINTS[" ".join(words)]
    if name == "echo":
        return _echo(args)
    if name == "mktemp" and not any("/" in arg for arg in args):
        return MADE
    if name == "xargs" and given is not None and args in ([], ["-0"], ["echo"]):
        return " ".join(given.replace("\0", " ").split()) + "\n"
    if name == "printf":
        return _format(args)
    if name in ("cat", "tee", "head", "tail", "sort", "uniq") and given is not None:
        return given if not [arg for arg in args if not arg.startswith("-")] or name == "tee" else None
    turn = TURNS.get(name)
    if turn is None or given is None or len(given) > LONGEST:
        return None
    try:
        return turn(args, given)
    except (ValueError, binascii.Error):
        return None


def finds_files(stages: Sequence[Sequence[str | None]]) -> bool:
    """Whether commands of a pipe print nothing but names of files of this folder, none of which sounds secret."""
    words = [word for stage in stages for word in stage]
    if not stages or any(word is None or NO_PLAIN_NAME.search(word) for word in words):
        return False
    first, *rest = ([str(word) for word in stage] for stage in stages)
    args = first[1:]
    match first[0] if first else "":
        case "git":
            lists = args[:1] == ["ls-files"] or (args[:1] == ["diff"] and "--name-only" in args)
        case "find":
            lists = "-name" in args and not any(
                arg.startswith(("-exec", "-ok", "-delete", "-f", "-printf")) for arg in args
            )
        case "fd" | "fdfind":
            lists = bool(args) and not any(
                re.match(r"-[xXHuI]|--(exec|hidden|unres|no-ig)", arg) for arg in args
            )
        case "rg" | "grep":
            lists = any(re.match(r"-\w*l\w*$|--files-with|--files$", arg) for arg in args)
        case "ls":
            lists = not any(re.match(r"-\w*[aAdl]|--a", arg) for arg in args)
        case _:
            lists = False
    return lists and all(stage[0] in ("grep", "rg", "sort", "uniq", "head", "tail") for stage in rest)


def prints_nothing(words: Sequence[str | None]) -> bool:
    """Whether a command (no words: none) prints nothing for certain."""
    return not words or words[0] in (":", "true") or tuple(words) in SILENT


def join_printed(before: str | None, after: str | None) -> str | None:
    """What two commands print one after the other; None when either cannot be told."""
    return None if before is None or after is None else before + after


def is_disguised(words: Sequence[str]) -> bool:
    """Whether a command turns an unreadable text into a readable one."""
    name = words[0].rpartition("/")[2] if words else ""
    if name in TURNS and name != "sed":
        return True
    return name in ("echo", "printf") and any(DISGUISED.search(word) for word in words[1:])


def _echo(args: list[str]) -> str:
    decodes = ends = False
    while args and re.fullmatch(r"-[neE]+", args[0]):
        decodes = decodes or "e" in args[0]
        ends = ends or "n" in args[0]
        args.pop(0)
    text = " ".join(args) + ("" if ends else "\n")
    return decode_ansi(text.replace("\\0", "\\")) if decodes else text


def _format(args: list[str]) -> str | None:
    if args[:1] == ["--"]:
        args.pop(0)
    if not args or args[0].startswith("-"):
        return None
    template, values = decode_ansi(args[0]), args[1:]
    printed, first = "", True
    while first or (values and "%" in template and len(printed) < LONGEST):
        first, before = False, len(values)

        def fill(found: re.Match[str]) -> str:
            if found.group() == "%%":
                return "%"
            value = values.pop(0) if values else ""
            return decode_ansi(value.replace("\\0", "\\")) if found.group().endswith("b") else value

        printed += re.sub(r"%%|%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]", fill, template)
        if len(values) == before:
            break
    return printed


def _decode_base64(args: list[str], given: str) -> str | None:
    if not any(arg in ("-d", "-D", "--decode", "-di", "-id") or "--decode".startswith(arg) for arg in args):
        return base64.b64encode(given.encode()).decode()
    return base64.b64decode(re.sub(r"\s", "", given) + "==", validate=False).decode("utf-8", "replace")


def _decode_hex(args: list[str], given: str) -> str | None:
    if not any("r" in arg for arg in args if arg.startswith("-")):
        return None
    return bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", given)).decode("utf-8", "replace")


def _open(args: list[str], given: str) -> str | None:
    return _decode_base64(["-d"], given) if args and args[0] in ("base64", "enc") and "-d" in args else None


def _translate(args: list[str], given: str) -> str | None:
    if len(args) == 2 and args[0] == "-d":
        return "".join(char for char in given if char not in _set(args[1]))
    if len(args) != 2 or args[0].startswith("-"):
        return None
    old, new = _set(args[0]), _set(args[1])
    if not new:
        return None
    new += new[-1] * max(0, len(old) - len(new))
    return given.translate({ord(one): other for one, other in zip(old, new, strict=False)})


def _set(text: str) -> str:
    """The characters of a set such as `a-zA-Z`, in order."""
    text = decode_ansi(text)
    for name, chars in (("[:upper:]", "A-Z"), ("[:lower:]", "a-z")):
        text = text.replace(name, chars)
    return re.sub(
        r"(.)-(.)",
        lambda found: "".join(map(chr, range(ord(found[1]), min(ord(found[2]), ord(found[1]) + 256) + 1))),
        text,
    )


def _substitute(args: list[str], given: str) -> str | None:
    """`sed s/a/b/` with a plain pattern."""
    scripts = [arg for arg in args if arg not in ("-e", "-E", "-r")]
    found = (
        re.fullmatch(r"s([/|,#@:])([\w ./~-]*)\1([\w ./~-]*)\1(g?)", scripts[0])
        if len(scripts) == 1
        else None
    )
    if found is None or "." in found[2]:
        return None
    return "\n".join(line.replace(found[2], found[3], -1 if found[4] else 1) for line in given.split("\n"))


def _reverse(args: list[str], given: str) -> str:
    return "\n".join(line[::-1] for line in given.split("\n"))


def _decode_named(args: list[str], given: str) -> str | None:
    """`basenc --base16 -d`."""
    if not any(arg in ("-d", "-D", "--decode") for arg in args):
        return None
    text = re.sub(r"\s", "", given)
    if "--base16" in args:
        return bytes.fromhex(text).decode("utf-8", "replace")
    if "--base32" in args:
        return base64.b32decode(text).decode("utf-8", "replace")
    return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "==").decode("utf-8", "replace")


TURNS: dict[str, Callable[[list[str], str], str | None]] = {
    "base64": _decode_base64,
    "base32": lambda args, given: base64.b32decode(given.strip()).decode("utf-8", "replace"),
    "basenc": _decode_named,
    "xxd": _decode_hex,
    "openssl": _open,
    "tr": _translate,
    "rev": _reverse,
    "sed": _substitute,
    "tac": lambda args, given: "\n".join(reversed(given.rstrip("\n").split("\n"))),
}
