"""Read: text with line numbers, images, notebooks, folders."""

import asyncio
import base64
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from aura.core.errors import ToolError
from aura.core.messages import Image
from aura.core.tools import Access, Effect, Tool, ToolContext, ToolOutput
from aura.tools._changes import cut_line, number_lines
from aura.tools._disk import hash_bytes
from aura.tools._reading import Window, read_window
from aura.tools.define import tool
from aura.tools.textfile import NotText
from aura.tools.workspace import Place, escape, explain_missing, explain_os_error, find_place, open_file

LINES = 2000
WIDTH = 2000  # characters of one line
SHOWN = 100_000  # characters of one answer
IMAGE_CAP = 3_750_000  # bytes; 5 MB in base64, the least that the providers take
NOTEBOOK_CAP = 50_000_000
CELL_OUTPUT = 2000  # characters of one cell's output
ENTRIES = 500

IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def _access(arguments: Mapping[str, Any]) -> Access:
    return Access(reads=(arguments["path"],))


@tool(
    name="Read",
    effect=Effect.READ,
    access=_access,
    aliases={"file_path": "path", "file": "path", "filename": "path"},
)
async def _read(
    context: ToolContext,
    path: Annotated[str, "File or folder, relative to the workspace or absolute."],
    offset: Annotated[int, "First line, from 1; negative counts from the end."] = 1,
    limit: Annotated[int, f"How many lines (default {LINES})."] = LINES,
) -> ToolOutput:
    """Read a file: text with line numbers, a PNG, JPEG, GIF or WebP image, a notebook cell by cell; or list a folder.

    Each line is its number in six columns, a tab, and the text exactly as it is in the file; the number and the tab
    are not part of it. Read whole files unless they are large.
    """
    place = find_place(context.workspace, path)
    if place.path.is_dir():
        return ToolOutput(_list_folder(place))
    try:
        descriptor = open_file(place.path)
    except (FileNotFoundError, NotADirectoryError):
        raise explain_missing(context.workspace, place) from None
    except OSError as error:
        raise explain_os_error(error, place, "read") from None
    try:
        return await asyncio.to_thread(_read_open, place, descriptor, offset, max(limit, 1))
    except OSError as error:
        raise explain_os_error(error, place, "read") from None
    finally:
        os.close(descriptor)


def make_read() -> Tool:
    """The tool."""
    return _read


def _read_open(place: Place, descriptor: int, offset: int, limit: int) -> ToolOutput:
    """What a file that is open holds, by its first bytes and its name."""
    size = os.fstat(descriptor).st_size
    start = os.read(descriptor, 16)
    os.lseek(descriptor, 0, os.SEEK_SET)
    media_type = _find_image_type(start)
    if media_type:
        return _show_image(place, descriptor, size, media_type)
    if place.path.suffix == ".ipynb" and offset == 1 and 0 < size <= NOTEBOOK_CAP:
        notebook = _show_notebook(place, descriptor)
        if notebook:
            return notebook
        os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        window = read_window(descriptor, size, offset, limit)
    except NotText as error:
        raise ToolError(f"{place.shown} cannot be read as text ({_count_bytes(size)}). {error}") from None
    return ToolOutput(_show_window(place, window), seen={place.key: window.sha})


def _show_window(place: Place, window: Window) -> str:
    """Numbered lines, and in brackets what else there is to know."""
    if not window.total:
        return f"[{place.shown} is empty]"
    if window.first > window.total:
        raise ToolError(f"{place.shown} has {window.total} lines; give an offset up to that.")
    text = number_lines(window.lines, window.first, WIDTH)
    last = window.first + len(window.lines) - 1
    if len(text) > SHOWN:
        text = text[: max(text.rfind("\n", 0, SHOWN), 0)] or text[:SHOWN]
        last = window.first + text.count("\n")
    notes = []
    if last < window.total:
        notes.append(f"lines {window.first}-{last} of {window.total}; read on with offset={last + 1}")
    if window.form:
        notes.append(window.form)
    return f"{text}\n[{'; '.join(notes)}]" if notes else text


def _find_image_type(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in IMAGES if start.startswith(magic)), "")


def _show_image(place: Place, descriptor: int, size: int, media_type: str) -> ToolOutput:
    if size > IMAGE_CAP:
        raise ToolError(
            f"{place.shown} is too large to look at ({_count_bytes(size)}, at most {_count_bytes(IMAGE_CAP)}); "
            "make a smaller copy with a command and read that."
        )
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read(IMAGE_CAP + 1)
    image = Image(media_type, base64.b64encode(data).decode())
    return ToolOutput(
        f"[{place.shown}: {media_type}, {_count_bytes(size)}]",
        images=(image,),
        seen={place.key: hash_bytes(data)},
    )


def _show_notebook(place: Place, descriptor: int) -> ToolOutput | None:
    """The cells of a notebook with their outputs; None when it is not one that can be read."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read()
    try:
        cells = json.loads(data)["cells"]
        shown = [_show_cell(number, cell) for number, cell in enumerate(cells, 1)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    text = "\n\n".join(shown) or "[no cells]"
    if len(text) > SHOWN:
        text = f"{text[:SHOWN]}\n… [cut; search the rest with Grep]"
    note = "[a notebook, shown cell by cell; to edit it, look at its JSON with Read(offset=2) or Grep]"
    return ToolOutput(f"{text}\n{note}", seen={place.key: hash_bytes(data)})


def _show_cell(number: int, cell: Mapping[str, Any]) -> str:
    kind = str(cell.get("cell_type", "?"))
    parts = [f"[cell {number}: {kind}]", _join(cell.get("source"))]
    outputs = [_show_output(output) for output in cell.get("outputs", ())]
    if outputs:
        told = "\n".join(output for output in outputs if output)
        cut = f"{told[:CELL_OUTPUT]}… [{len(told)} characters]" if len(told) > CELL_OUTPUT else told
        parts += [f"[output of cell {number}]", cut]
    return "\n".join(cut_line(line, WIDTH) for part in parts for line in part.rstrip("\n").split("\n"))


def _show_output(output: Mapping[str, Any]) -> str:
    if output.get("output_type") == "stream":
        return _join(output.get("text"))
    if output.get("output_type") == "error":
        return f"{output.get('ename')}: {output.get('evalue')}"
    data = output.get("data", {})
    if "text/plain" in data and not any(kind.startswith("image/") for kind in data):
        return _join(data["text/plain"])
    return "\n".join(f"[{kind}, not shown]" for kind in data)


def _join(text: Any) -> str:
    """Text of a notebook: one piece, or a list of lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")


def _list_folder(place: Place) -> str:
    try:
        entries = sorted(os.scandir(place.path), key=lambda entry: entry.name)
    except OSError as error:
        raise explain_os_error(error, place, "listed") from None
    if not entries:
        return f"[{place.shown} is an empty folder]"
    rows = [_show_entry(entry) for entry in entries[:ENTRIES]]
    if len(entries) > ENTRIES:
        rows.append(f"[{len(entries) - ENTRIES} more; narrow it with Glob]")
    return "\n".join(rows)


def _show_entry(entry: "os.DirEntry[str]") -> str:
    name = escape(entry.name).replace("\n", "\\n")
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return name
    if stat.S_ISDIR(found.st_mode):
        return f"{name}/"
    if stat.S_ISLNK(found.st_mode):
        return f"{name} -> {escape(Path(entry.path).readlink())}"
    return f"{name}  {_count_bytes(found.st_size)}"


def _count_bytes(size: int) -> str:
    """A size for people."""
    if size < 1000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1e3), ("MB", 1e6)):
        if size < factor * 1000:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1e9:.1f} GB"
