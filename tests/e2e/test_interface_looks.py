"""The interface in terminals of every kind: without colours, without signs, small, resized, shown hostile text."""

import re
from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.conftest import call
from tests.e2e.windows import PATIENCE, READY, Room, answer, held, leave, make_room
from tests.terminals import Terminal, find_colours

pytestmark = pytest.mark.slow

ANSWER = """\
# Title

Some *words*, **strong** and `code`, and a [link](http://127.0.0.1/).

```python
def answer() -> int:
    return 42  # comment
```

| a | b |
|---|---|
| 1 | 2 |

- one
- two

> quoted
"""
DIALOGS = {"?": "Keys", "ctrl+p": "Do", "/theme": "Colours", "/model": "Model", "/resume": "Resume"}


@pytest.fixture
def room() -> Iterator[Room]:
    """A room of its own."""
    with make_room() as room:
        yield room


def tour(room: Room, *arguments: str, environ: Mapping[str, str] | None = None) -> Terminal:
    """See everything once: prose, code, a diff, a failed command, a question, the todo list, dialogs, the end."""
    (room.workspace / "a.py").write_text("def f():\n    return 'two'\n", encoding="utf-8")
    todos = [{"id": "1", "content": "first", "status": "completed"}]
    todos += [{"id": "2", "content": "second", "status": "in_progress"}]
    room.plays(
        {
            "think": "Thoughts.",
            "say": ANSWER,
            "call": [call("Read", path="a.py"), call("TodoWrite", todos=todos)],
        },
        {"say": "I edit.", "call": [call("Edit", path="a.py", old="'two'", new="'three'")]},
        {"say": "I run.", "call": [call("Bash", command="printf '\\033[31mred\\033[0m\\n'; ls missing")]},
        {"say": "I ask.", "call": [call("Ask", question="Which one?", options=["this", "that"])]},
        {"say": "That is all."},
    )
    terminal = room.open(*arguments, environ=environ, ready="What should we do?")
    terminal.send("do everything", "enter")
    terminal.wait_for("asked because", PATIENCE)
    answer(terminal, "y", "Approve edit")
    terminal.wait_for("aura asks - " if is_ascii(terminal) else "aura asks · ", PATIENCE)
    answer(terminal, "1", "the run waits")
    held(terminal, ["That is all.", "exit 2", READY])
    for key, title in DIALOGS.items():
        terminal.send(*([key] if not key.startswith("/") else [key, "enter"]))
        heading = f"- {title}" if is_ascii(terminal) else f"─ {title}"
        answer(terminal, "escape", heading)
    terminal.send("ctrl+a", "/auto off", "enter")
    terminal.wait_for("auto mode is off", PATIENCE)
    terminal.send("shift+up")
    terminal.wait_until(has_cursor, PATIENCE, "a cursor in the transcript")
    terminal.send("escape")
    terminal.wait_until(lambda shown: not has_cursor(shown), PATIENCE, "the focus in the prompt")
    terminal.send("/th")
    terminal.wait_for("Tab choose", PATIENCE)
    terminal.send("ctrl+c")
    terminal.wait_for(READY, PATIENCE)
    terminal.send("!echo shell", "enter")
    held(terminal, ["!echo shell", READY])
    assert leave(terminal) == 0
    assert terminal.is_as_found, terminal.describe()
    return terminal


def has_cursor(shown: str) -> bool:
    """Whether a block is marked."""
    return any(line.startswith(("▶", ">")) for line in shown.splitlines())


def is_ascii(terminal: Terminal) -> bool:
    """Whether the screen is drawn without signs of Unicode."""
    return terminal.lines[0].startswith(" @ aura")


def test_without_colour_there_is_not_a_single_one(room: Room) -> None:
    terminal = tour(room, environ={"NO_COLOR": "1"})
    assert find_colours(terminal.raw) == []
    assert "ANSWERED" in terminal.text


@pytest.mark.parametrize("environ", [{"TERM": "linux"}, {"LANG": "C"}], ids=["console", "locale"])
def test_where_signs_cannot_be_shown_there_is_only_ascii(room: Room, environ: dict[str, str]) -> None:
    terminal = tour(room, environ=environ)
    strange = re.findall(r"[^\x00-\x7f]+", terminal.raw.decode())
    assert strange == []


def test_the_terminals_own_colours_are_sixteen(room: Room) -> None:
    terminal = tour(room, "--theme", "ansi")
    colours = find_colours(terminal.raw)
    assert colours
    assert [one for one in colours if re.search(rb"[34]8[;:]", one)] == []


EVIL = (
    "<\x1b]52;c;aGFjaw==\x07\x1b]0;hacked\x07\x1b]2;hacked\x1b\\\x1b[2J\x1b[31mred\x1bP1;2qhacked\x1b\\"
    "\x9b31m\x9d0;hacked\x9c\x1b_hacked\x1b\\\u202eevil\u202c\u2066x\u2069\x07\x08\x1b[?1049l\x1b[>4;2m"
    "[red]markup[/red]\x1b]8;;http://hacked\x1b\\link\x1b]8;;\x1b\\>"
)
FORBIDDEN = (
    *(b"\x1b]52", b"\x1b]0;", b"\x1b]8;", b"\x1bP", b"\x1b_", b"\x1b[2J", b"\x1b[>4", b"\x07", b"\x08"),
    *(sign.encode() for sign in "\u202e\u202c\u2066\u2069\x9b\x9c\x9d"),
)
PLUGIN = f"""
from aura.api import BeforeChat, Injection, PanelSource, StatusSource, hookimpl

EVIL = {EVIL!r}

class Plugin:
    @hookimpl
    def before_chat(self, turn):
        return BeforeChat(Injection("told " + EVIL, "step", notice="noticed " + EVIL), notice="chat " + EVIL)

    @hookimpl
    def register_panels(self):
        return [PanelSource("Panel " + EVIL, lambda turn: ["line " + EVIL])]

    @hookimpl
    def register_status(self):
        return [StatusSource(lambda turn: "item " + EVIL)]
"""


def test_hostile_text_is_shown_and_never_obeyed(room: Room) -> None:
    folder = room.program.home / "aura" / "config" / "plugins" / "evil"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("description: Speaks badly.\n", encoding="utf-8")
    (folder / "plugin.py").write_text(PLUGIN, encoding="utf-8")
    (room.workspace / "out.txt").write_text(f"out {EVIL}\n", encoding="utf-8")
    (room.workspace / "evil\x1b]0;hacked\x07\u202ename.txt").write_text("x", encoding="utf-8")
    todos = [{"id": "1", "content": f"do {EVIL}", "status": "pending"}]
    options = ["one", {"label": f"two {EVIL}", "detail": f"detail {EVIL}"}]
    room.plays(
        {
            "think": f"thought {EVIL}",
            "say": f"# said {EVIL}\n\n```x{EVIL}\ncode {EVIL}\n```\n| a {EVIL} | b |\n|---|---|\n| 1 | 2 |\n",
            "call": [call("Glob", pattern="*"), call("TodoWrite", todos=todos)],
        },
        {"say": "I run.", "call": [call("Bash", command=f"ls . missing; cat out.txt; false # {EVIL}")]},
        {"say": "I ask.", "call": [call("Ask", question=f"Which {EVIL}?", options=options)]},
        {"say": "I write.", "call": [call("Write", path="new\x1b]0;hacked\x07.txt", content=f"x {EVIL}\n")]},
        {"say": "Again.", "call": [call(f"No{EVIL}", path=EVIL)]},
        {"say": f"All said {EVIL}"},
    )
    terminal = room.open(columns=160)  # wide enough for what plugins say in the status line
    terminal.send("do it", "enter")
    answer(terminal, "y", "Approve command")
    answer(terminal, "1", "the run waits")
    answer(terminal, "y", "Approve new file")
    held(terminal, ["All said", "not understood", READY])
    for _ in range(12):
        terminal.send("shift+up", "enter")
    terminal.send("escape")
    terminal.wait_until(lambda shown: not has_cursor(shown), PATIENCE, "the focus in the prompt")
    terminal.send("@evil")
    terminal.wait_for("│ @evil", PATIENCE)
    terminal.send("ctrl+c")
    terminal.wait_for(READY)
    terminal.send("/resume", "enter")
    answer(terminal, "escape", "─ Resume")
    assert leave(terminal) == 0
    raw = bytes(terminal.raw).removeprefix(
        terminal.raw[: terminal.raw.index(b"\x1b[2J") + 4]
    )  # the first frame
    raw = raw.replace(b"\x1b]22;default\x07", b"")  # Textual's own: the shape of the pointer
    found = {bad: raw[max(0, raw.index(bad) - 80) : raw.index(bad) + 80] for bad in FORBIDDEN if bad in raw}
    assert found == {}
    assert not any("hacked" in title for title in terminal.picture.titles)
    assert terminal.is_as_found, terminal.describe()
    # the text itself is there, for people to see what it is
    assert b"[red]markup[/red]" in raw
    for said in (b"noticed", b"chat", b"line <", b"item <", b"out <", b"detail <"):
        assert said in raw


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 16)])
def test_two_lines_of_truth_stay_visible_in_small_windows(room: Room, columns: int, rows: int) -> None:
    waits = "touch begun; while [ ! -e go ]; do sleep 0.02; done"
    long = "\n\n".join(f"Paragraph {number}: {'word ' * 20}" for number in range(30))
    room.plays(
        {"say": long, "call": [call("Bash", command=waits)]},
        {"say": "Then this.", "call": [call("Write", path="a.txt", content="line\n" * 60)]},
        {"say": "Ended."},
    )
    terminal = room.open("--mode", "ask", columns=columns, rows=rows)
    terminal.send("do it", "enter")
    answer(terminal, "y", "Approve command")
    shown = held(terminal, ["◐ shell", "─ ask · working ─", "step 1/50", "Ctrl+C stop"]).splitlines()
    assert "step 1/50" in shown[0]
    assert "─ ask · working ─" in shown[-4]
    assert "Ctrl+C stop" in shown[-1]
    (room.workspace / "go").touch()
    wanted = [
        "Approve new file",
        "y yes",
        "n no",
        "letters answer",
        "✋ needs you",
        "answer above",
        "waits for you",
    ]
    shown = held(terminal, wanted).splitlines()
    assert len(shown) == rows
    assert "✋ needs you" in shown[0]
    assert "waits for you" in shown[-4]
    assert "answer above" in shown[-1]
    assert all(len(line) <= columns for line in shown)
    answer(terminal, "n", "Approve new file")
    held(terminal, ["Ended.", READY])
    assert leave(terminal) == 0


def test_another_width_while_text_streams_keeps_what_is_read(room: Room) -> None:
    text = "\n\n".join(f"Paragraph {number}: {'word ' * 22}end." for number in range(2_000))
    room.plays({"say": text}, piece=40, delay=0.015)
    terminal = room.open()
    terminal.send("do it", "enter")
    terminal.wait_for("Paragraph 24:", PATIENCE)
    terminal.send("pageup")
    before = terminal.wait_for("new · End", PATIENCE)
    terminal.resize(80, 40)
    first = first_paragraph(before)
    terminal.wait_until(
        lambda shown: "│ Budget" not in shown and "new · End" in shown and first_paragraph(shown) == first,
        PATIENCE,
        "the same paragraph in a narrow window",
    )
    terminal.resize(120, 40)
    after = terminal.wait_until(
        lambda shown: read_lines(shown) == read_lines(before), PATIENCE, "the same lines"
    )
    assert first > 0
    assert "│ Budget" in after
    assert "working" in after
    terminal.send("ctrl+c")
    held(terminal, ["Stopped at step 1", "new · End"])
    terminal.send("ctrl+end")
    terminal.wait_for("‖ STOPPED by you", PATIENCE)
    assert leave(terminal) == 0


def read_lines(shown: str) -> list[str]:
    """What is read of the transcript, without what stands beside it and how much is new."""
    return [line[:60].rstrip() for line in shown.splitlines()[1:30]]


def first_paragraph(shown: str) -> int:
    """The first paragraph that begins on the screen."""
    found = re.search(r"Paragraph (\d+):", shown)
    return int(found[1]) if found else -1


def test_without_a_mouse_none_is_asked_for(room: Room) -> None:
    room.set(mouse=False)
    room.plays({"say": "Hello."})
    terminal = room.open()
    assert leave(terminal) == 0
    again = room.open()
    assert leave(again) == 0
    for window in (terminal, again):
        assert re.search(rb"\x1b\[\?(1000|1002|1003|1006|1015|1016)h", window.raw) is None
        assert b"\x1b[?2004h" in window.raw
