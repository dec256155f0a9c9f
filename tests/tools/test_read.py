"""Read: lines, ranges, encodings, images, notebooks, folders, and large files in little memory."""

import base64
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aura.core.errors import ToolError
from aura.core.tools import Access, ToolOutput
from aura.tools import _reading
from aura.tools._disk import hash_bytes
from aura.tools._reading import read_window
from aura.tools.read import IMAGE_CAP, SHOWN, make_read
from tests.tools.fakes import make_context

READ = make_read()
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def read(folder: Path, path: str, **arguments: Any) -> ToolOutput:
    given = READ.validate({"path": path, **arguments})
    assert READ.access(given) == Access(reads=(path,))
    return await READ(make_context(folder), given)


async def test_lines_have_numbers(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("def f():\n\treturn 1\n")
    output = await read(tmp_path, "f.py")
    assert output.content == "     1\tdef f():\n     2\t\treturn 1"
    assert output.seen == {str(tmp_path / "f.py"): hash_bytes(b"def f():\n\treturn 1\n")}


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        ({"offset": 3}, 3, 10),
        ({"offset": 3, "limit": 2}, 3, 4),
        ({"limit": 2}, 1, 2),
        ({"offset": -2}, 9, 10),
        ({"offset": -99}, 1, 10),
        ({"offset": 0}, 1, 10),
        ({"offset": "4", "limit": "1"}, 4, 4),
    ],
)
@pytest.mark.parametrize("whole", [1, 1 << 22])
async def test_ranges(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    first: int,
    last: int,
    whole: int,
) -> None:
    monkeypatch.setattr(_reading, "WHOLE", whole)
    (tmp_path / "f").write_text("".join(f"line {number}\n" for number in range(1, 11)))
    content = (await read(tmp_path, "f", **arguments)).content
    body = [line for line in content.split("\n") if not line.startswith("[")]
    assert body == [f"{number:>6}\tline {number}" for number in range(first, last + 1)]
    assert (f"lines {first}-{last} of 10; read on with offset={last + 1}" in content) == (last < 10)


async def test_beyond_the_end(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\nb\n")
    with pytest.raises(ToolError, match="f has 2 lines"):
        await read(tmp_path, "f", offset=3)


async def test_an_empty_file_is_said_to_be_empty_and_is_known(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    output = await read(tmp_path, "f")
    assert output.content == "[f is empty]" and output.seen == {str(tmp_path / "f"): hash_bytes(b"")}


@pytest.mark.parametrize(
    ("data", "lines", "note"),
    [
        (b"a\r\nb\r\n", ["a", "b"], "CRLF line endings"),
        (b"a\nb\r\nc", ["a", "b", "c"], "mixed line endings"),
        (b"a\rb\r", ["a", "b"], "CR line endings"),
        (b"\xef\xbb\xbfa\n", ["a"], "byte order mark"),
        ("ä\nö\n".encode("utf-16"), ["ä", "ö"], "utf-16-le, byte order mark"),
        ("ä\n".encode("utf-16-be"), None, ""),
        ("caf\xe9 cr\xe8me\n".encode("latin-1"), ["caf\xe9 cr\xe8me"], "latin-1"),
        ("ä ö ü ß é\n".encode() + b"\xff\n", ["ä ö ü ß é", "\ufffd"], "not valid"),
        (b"no end", ["no end"], ""),
        (b"\n\n", ["", ""], ""),
    ],
)
async def test_encodings_and_endings_are_told(
    tmp_path: Path, data: bytes, lines: list[str] | None, note: str
) -> None:
    (tmp_path / "f").write_bytes(data)
    if lines is None:
        return
    content = (await read(tmp_path, "f")).content
    content.encode()
    body, _, tail = content.partition("\n[")
    assert body == "\n".join(f"{number:>6}\t{line}" for number, line in enumerate(lines, 1))
    assert note in tail and bool(tail) == bool(note)


async def test_binary_is_refused_with_type_and_size(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(ToolError, match=r"f cannot be read as text \(5.1 kB\). This is binary"):
        await read(tmp_path, "f")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n\x00\x01")
    with pytest.raises(ToolError, match="This is a PDF document"):
        await read(tmp_path, "a.pdf")


async def test_long_lines_and_long_answers_are_cut(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x" * 5000 + "\nshort\n")
    content = (await read(tmp_path, "f")).content
    assert content == f"     1\t{'x' * 2000}… [cut at 2000 characters]\n     2\tshort"
    (tmp_path / "g").write_text(("y" * 999 + "\n") * 2000)
    content = (await read(tmp_path, "g")).content
    assert len(content) < SHOWN + 200
    last = int(content.rsplit("\n", 2)[1].split("\t")[0])
    assert f"lines 1-{last} of 2000; read on with offset={last + 1}" in content


@pytest.mark.parametrize("kind", ["lines", "one line"])
async def test_50_mb_in_little_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        for _ in range(50):
            piece = b"x" * 99 + (b"\n" if kind == "lines" else b"x")
            file.write(piece * 10_000)
    tracemalloc.start()
    output = await read(tmp_path, "big", offset=400_000 if kind == "lines" else 1, limit=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000
    if kind == "lines":
        assert output.content.startswith("400000\txxx") and "lines 400000-400002 of 500000" in output.content
    else:
        assert output.content.endswith("[cut at 2000 characters]")
    assert output.seen[str(path)] == hash_bytes(path.read_bytes())


TEXT = st.text(st.sampled_from("aä\n\r€😀 "), max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    text=TEXT,
    chunk=st.integers(1, 7),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
    offset=st.integers(1, 6),
    limit=st.integers(1, 5),
)
def test_pieces_and_the_whole_read_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    chunk: int,
    encoding: str,
    offset: int,
    limit: int,
) -> None:
    path = tmp_path / "f"
    path.write_bytes(text.encode(encoding))
    with path.open("rb") as file:
        whole = read_window(file.fileno(), path.stat().st_size, offset, limit)
        with monkeypatch.context() as patch:
            patch.setattr(_reading, "WHOLE", -1)
            patch.setattr(_reading, "CHUNK", max(chunk, 4))
            patch.setattr(_reading, "SAMPLE", 1 << 16)
            pieces = _reading._scan(file.fileno(), offset, limit)
    assert (pieces.lines, pieces.total, pieces.sha) == (whole.lines, whole.total, whole.sha)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
async def test_images_are_shown_whatever_their_name(tmp_path: Path, data: bytes, media_type: str) -> None:
    (tmp_path / "picture").write_bytes(data)
    output = await read(tmp_path, "picture")
    (image,) = output.images
    assert image.media_type == media_type and base64.b64decode(image.data) == data
    assert media_type in output.content


async def test_large_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PNG + b"\0" * IMAGE_CAP)
    with pytest.raises(
        ToolError, match=r"too large to look at \(3.8 MB, at most 3.8 MB\); make a smaller copy"
    ):
        await read(tmp_path, "p.png")


async def test_notebooks_are_shown_by_cell(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [
                {"output_type": "stream", "text": ["1\n"]},
                {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "<Figure>"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "bad"},
                {"output_type": "execute_result", "data": {"text/plain": ["x" * 5000]}},
            ],
        },
    ]
    data = json.dumps({"cells": cells, "nbformat": 4})
    (tmp_path / "n.ipynb").write_text(data)
    output = await read(tmp_path, "n.ipynb")
    assert output.content.startswith(
        "[cell 1: markdown]\n# Title\ntext\n\n[cell 2: code]\nprint(1)\n[output of cell 2]\n1\n"
    )
    assert "[image/png, not shown]" in output.content and "ValueError: bad" in output.content
    assert "xxx… [" in output.content and len(output.content) < 3000
    assert output.seen == {str(tmp_path / "n.ipynb"): hash_bytes(data.encode())}
    (tmp_path / "bad.ipynb").write_text('{"cells": 5}')
    assert (await read(tmp_path, "bad.ipynb")).content == '     1\t{"cells": 5}'


async def test_folders_are_listed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "f.txt").write_text("12345")
    (tmp_path / "link").symlink_to("f.txt")
    (tmp_path / "a\nb\x1b").write_text("")
    output = await read(tmp_path, ".")
    assert output.content == "a\\nb\x1b  0 bytes\nf.txt  5 bytes\nlink -> f.txt\nsub/" and not output.seen
    assert (await read(tmp_path, "sub")).content == "[sub is an empty folder]"


async def test_names_that_are_no_text_can_be_stored(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_text("x")
    output = await read(tmp_path, name)
    assert list(output.seen) == [f"{tmp_path}/caf\\xe9.txt"]
    with pytest.raises(ToolError) as caught:
        await read(tmp_path, f"{name}/y")
    caught.value.sentence.encode()
    assert (await read(tmp_path, ".")).content == "caf\\xe9.txt  1 bytes"


async def test_missing_and_special_files(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(ToolError, match=r"config.yml does not exist; did you mean config.yaml\?"):
        await read(tmp_path, "config.yml")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ToolError, match="is a pipe, not a file"):
        await read(tmp_path, "pipe")
