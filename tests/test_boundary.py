"""No text from outside reaches a terminal uncleaned: where the faces and the command line write, and what.

The first half reads the code: whatever writes is either given text that is made safe on the spot, or is one of a few
places that are named here with a reason. The second half says hostile things through each face.
"""

import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aura.app.options import SessionOptions
from aura.core.permissions import Mode
from aura.core.text import clean
from aura.testing import FakeModel, call, reply
from aura.ui.headless import HeadlessOptions, run_headless
from aura.ui.look import Look
from aura.ui.repl.sheet import Sheet
from tests.ui.repl.rig import rig as talk_with

ROOT = Path(__file__).resolve().parent.parent
READ = sorted(path for folder in ("ui", "cli") for path in (ROOT / "aura" / folder).rglob("*.py"))

# What makes text safe where it stands; json.dumps writes plain ASCII unless it is told otherwise.
SAFE = {"clean", "shorten", "tidy", "tidy_line", "dumps", "escape_json"}
WRITERS = {
    "print",
    "echo",
    "secho",
    "write",
    "writelines",
    "write_raw",
    "notify",
    "Static",
    "Label",
    "Notification",
}
# What is written there is not shown yet, or is made safe there.
NOT_SCREENS = {"file", "console", "sheet", "self._sheet", "self._feed.sheet", "self.notices", "self._notices"}

# (file, function): why what it writes is safe.
ALLOWED: dict[tuple[str, str], str] = {
    ("aura/cli/cmd_config.py", "_show"): "both pieces are cleaned in the line before",
    ("aura/cli/cmd_demo.py", "show_demo"): "texts of aura, with a folder that aura made",
    ("aura/cli/cmd_demo.py", "run_demo"): "texts of aura, with a folder that aura made",
    ("aura/cli/cmd_doctor.py", "command"): "the finding is cleaned in the line before",
    ("aura/cli/cmd_export.py", "command"): "it writes pieces of text into memory, cleaned or escaped",
    ("aura/cli/cmd_logs.py", "_follow"): "a text of aura",
    (
        "aura/cli/logged.py",
        "print_pieces",
    ): "exports, reports and lines are cleaned or escaped where they are made",
    ("aura/cli/logged.py", "HidingStream.write"): "the faces of headless runs clean what they hand it",
    ("aura/cli/runs.py", "list_runs"): "the lines are cleaned where they are made, before they are styled",
    (
        "aura/cli/cmd_models.py",
        "command",
    ): "the lines are cleaned where they are made, before they are styled",
    ("aura/cli/main.py", "command"): "the help of click",
    ("aura/ui/attention.py", "Attention._write"): "sequences of aura.ui.notices, which clean what is in them",
    ("aura/ui/history.py", "History._append"): "a file",
    ("aura/ui/history.py", "History._halve"): "a file",
    ("aura/ui/prints.py", "Outlet.write"): "the faces of headless runs clean what they hand it, or escape it",
    ("aura/ui/probe.py", "begin_probe"): "questions of aura",
    ("aura/ui/tui/splash.py", "hide"): "a sequence of aura",
    ("aura/ui/tui/splash.py", "show"): "sequences of aura around a path that is shortened, which cleans it",
    (
        "aura/ui/repl/bare.py",
        "BareTerminal._write",
    ): "the sheet and the prompts are clean; no sequence is written",
    ("aura/ui/repl/choosing.py", "choose_session"): "the sheet cleans",
    ("aura/ui/repl/exchange.py", "Exchange.say"): "the sheet cleans",
    ("aura/ui/repl/exchange.py", "Exchange._open"): "the sheet cleans",
    ("aura/ui/repl/exchange.py", "Exchange._watch"): "the sheet cleans",
    ("aura/ui/repl/exchange.py", "Exchange._ask"): "the sheet cleans",
    ("aura/ui/repl/exchange.py", "Exchange.leave"): "the sheet cleans",
    ("aura/ui/repl/keys.py", "_bind_completing.complete"): "completions are cleaned where they are made",
    ("aura/ui/repl/prompting.py", "PromptTerminal._flush"): "the sheet cleans",
    (
        "aura/ui/repl/prompting.py",
        "PromptTerminal.send",
    ): "sequences of aura.ui.notices, which clean what is in them",
    ("aura/ui/repl/run.py", "_choose.write"): "the sheet cleans",
    ("aura/ui/repl/sheet.py", "Sheet.line"): "its own text, which is cleaned",
    ("aura/ui/terminal.py", "Terminal._write"): "what is asked is cleaned where it is put together",
    ("aura/ui/tui/intake.py", "TerminalDriver.write"): "all that Textual draws passes here",
    ("aura/ui/tui/paint/markdown.py", "_render_text"): "it writes into memory",
    ("aura/ui/tui/run.py", "say_farewell"): "painting cleans",
    ("aura/ui/tui/showing.py", "Shower._write"): "sequences of aura.ui.notices, which clean what is in them",
}


SHOW_MARKUP = ("Static", "Label", "notify")  # of Textual: unless it is told otherwise, brackets are markup


class Writing(NamedTuple):
    """A call that may write to a terminal: where it stands, what it writes."""

    file: str
    function: str
    line: int
    call: ast.Call
    text: ast.expr | None


def is_safe(text: ast.expr | None) -> bool:
    """Whether a text is a constant, or made safe where it stands."""
    match text:
        case None | ast.Constant():
            return True
        case ast.JoinedStr(values=values):
            return all(is_safe(one.value if isinstance(one, ast.FormattedValue) else one) for one in values)
        case ast.Call(func=func, keywords=keywords):
            is_ascii = not any(one.arg == "ensure_ascii" for one in keywords)
            return ast.unparse(func).split(".")[-1] in SAFE and is_ascii
        case ast.BinOp(left=left, right=right):
            return is_safe(left) and is_safe(right)
        case ast.IfExp(body=body, orelse=orelse):
            return is_safe(body) and is_safe(orelse)
        case _:
            return False


def find_writings(path: Path) -> Iterator[Writing]:
    """The calls of a file that may write."""

    def walk(node: ast.AST, name: str) -> Iterator[Writing]:
        for child in ast.iter_child_nodes(node):
            inner = name
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{name}.{child.name}" if name else child.name
            if isinstance(child, ast.Call):
                called = ast.unparse(child.func)
                place, _, word = called.rpartition(".")
                if word in WRITERS and place not in NOT_SCREENS:
                    text = child.args[1:2] if called == "os.write" else child.args[:1]
                    yield Writing(file, inner, child.lineno, child, text[0] if text else None)
            yield from walk(child, inner)

    file = path.relative_to(ROOT).as_posix()
    yield from walk(ast.parse(path.read_text(encoding="utf-8"), file), "")


WRITINGS = [one for path in READ for one in find_writings(path)]


def test_what_is_written_is_clean_or_written_in_a_place_that_is_known() -> None:
    unknown = [
        f"{one.file}:{one.line} in {one.function}: {ast.unparse(one.call)}"
        for one in WRITINGS
        if not is_safe(one.text) and (one.file, one.function) not in ALLOWED
    ]
    assert unknown == [], "\n".join(unknown)


def test_the_places_that_are_known_are_still_there() -> None:
    used = {(one.file, one.function) for one in WRITINGS if not is_safe(one.text)}
    assert sorted(set(ALLOWED) - used) == []


def test_nothing_is_read_as_markup() -> None:
    found = []
    for path in READ:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            place, _, called = ast.unparse(node.func).rpartition(".")
            given = {one.arg: one.value for one in node.keywords}
            markup = given.get("markup")
            is_off = isinstance(markup, ast.Constant) and markup.value is False
            shows = called in SHOW_MARKUP and place not in NOT_SCREENS and not has_plain_constant(node)
            if called == "from_markup" or (markup is not None and not is_off) or (shows and not is_off):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)[:80]}")
    assert found == []


def has_plain_constant(made: ast.Call) -> bool:
    """Whether what is shown is a constant without brackets, or nothing yet."""
    text = made.args[0] if made.args else ast.Constant("")
    return isinstance(text, ast.Constant) and "[" not in str(text.value)


def test_the_check_finds_what_it_looks_for(tmp_path: Path) -> None:
    source = "def f(x):\n    print(x)\n    print(f'a {clean(x)} {shorten(x, 3)}')\n    click.echo('a' + x)\n"
    tree = ast.parse(source)
    texts = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    by_text = {ast.unparse(text): is_safe(text) for text in texts}
    assert by_text["x"] is False
    assert by_text["f'a {clean(x)} {shorten(x, 3)}'"] is True
    assert by_text["'a' + x"] is False
    assert is_safe(ast.parse("json.dumps(x)").body[0].value)  # type: ignore[attr-defined]
    assert not is_safe(ast.parse("json.dumps(x, ensure_ascii=False)").body[0].value)  # type: ignore[attr-defined]


# --- hostile text through each face -------------------------------------------------------------------------

SECRET = "UFdORUQ="
HOSTILE = (
    f"[b]x[/b]\x1b]52;c;{SECRET}\x07\x1b]0;PWNED\x07\x9d0;PWNED\x9c\x1b[2J\x1b[31mred\x9b31m"
    "\x1bP+q544e\x1b\\\u202eevil\u2066\u200b\x00\x08\x7f\ud800\r"
)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]")
STYLE = re.compile(r"\x1b\[[\d;]*m")


def check(text: str) -> None:
    """Nothing but styles and visible text is there."""
    left = STYLE.sub("", text)
    assert not (found := FORBIDDEN.search(left)), repr(left[max(0, found.start() - 60) : found.start() + 20])
    assert SECRET not in text.replace(f"52;c;{SECRET}", "") or "\x1b]" not in text


def hostile_acts() -> list[Any]:
    """What a hostile model, file and command do; each is one reply."""
    return [
        reply(f"I say {HOSTILE}\n\n# {HOSTILE}\n\n```{HOSTILE}\n{HOSTILE}\n```\n", call("Glob", pattern="*")),
        call("Bash", command="cat evil"),
        call(
            "Bash", command=f"echo {HOSTILE.replace(chr(0), '').encode('utf-8', 'replace').decode()}; exit 3"
        ),
        call("Write", path="new.txt", content=HOSTILE.encode("utf-8", "replace").decode()),
        call("Nothing", **{HOSTILE: HOSTILE}),
        call("TodoWrite", todos=[{"id": "1", "content": HOSTILE, "status": "in_progress"}]),
        call("Ask", question=HOSTILE, options=[f"a {HOSTILE}", f"b {HOSTILE}"]),
        f"The end {HOSTILE}",
    ]


def make_place(place: Path) -> Path:
    """A workspace with a hostile file, hostile also by name."""
    workspace = place / "relay"
    workspace.mkdir()
    data = HOSTILE.encode("utf-8", "surrogatepass")
    (workspace / "evil").write_bytes(data)
    (
        workspace / HOSTILE.replace("\x00", "").replace("/", "").encode("utf-8", "replace").decode()
    ).write_bytes(data)
    return workspace


SHEETS = [Sheet(), Sheet(Look(colour=False)), Sheet(bare=True), Sheet(spoken=True)]


@pytest.mark.parametrize("sheet", SHEETS, ids=["colour", "no colour", "dumb", "spoken"])
async def test_plain_mode(tmp_path: Path, sheet: Sheet) -> None:
    make_place(tmp_path)
    async with talk_with(tmp_path, *hostile_acts(), sheet=sheet, mode=Mode.YOLO) as made:
        made.talk.enter(f"go {HOSTILE}")
        await made.until(lambda: made.talk.is_asking)
        check(made.talk.prompt)
        made.exchange.asked_at = 0.0
        made.talk.press_cancel()
        await made.until_printed("The end")
        made.talk.enter(f"!cat evil {HOSTILE.replace(chr(0), '')!r}")
        await made.until_printed("exit ")
        made.talk.enter(f"/none{HOSTILE}")
        await made.until_idle()
        check(made.terminal.text)
        check(made.gauges)
        for sequence in made.terminal.sent:
            assert re.fullmatch(r"(\x1b\[22;2t)?\x1b\]2;[^\x00-\x1f\x7f-\x9f]*\x1b\\", sequence), repr(
                sequence
            )


@pytest.mark.parametrize("output", ["text", "json", "stream-json"])
def test_headless(tmp_path: Path, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = FakeModel(*hostile_acts())
    session = SessionOptions(
        make_place(tmp_path), model=model, sessions=tmp_path / "sessions", mode=Mode.YOLO, trusted=True
    )
    run_headless(HeadlessOptions(session, (f"go {HOSTILE}",), output, "off"))  # type: ignore[arg-type]
    written = capsys.readouterr()
    check(written.out)
    check(written.err)
    assert "The end" in written.out
    if output != "text":
        assert written.out.isascii()
        assert json.loads(written.out.splitlines()[-1])["answer"] == f"The end {HOSTILE}"


def test_hostile_text_is_hostile() -> None:
    with pytest.raises(AssertionError):
        check(HOSTILE)
    check(clean(HOSTILE))
    assert io.StringIO(clean(HOSTILE)).getvalue().isprintable() is False  # a line feed is left
