"""Every slash command, through a real session."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aura.commands
from aura.app.build import Opened, open_session
from aura.app.options import SessionOptions
from aura.commands.define import Command, CommandContext, is_command, load_commands, read_switch, split_verb
from aura.commands.until import split_condition
from aura.core import events as ev
from aura.core.errors import AuraError, ConfigError, ModelError, ModelErrorKind
from aura.core.limits import StopReason
from aura.core.permissions import Mode
from aura.hookspecs import hookimpl
from aura.testing import Act, FakeModel, Player
from aura.ui.prompter import Prompter

FOLDER = Path(aura.commands.__path__[0])
BUILT_IN = sorted(
    path.stem.removesuffix("_") for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "define")
)
USAGE = "/x CONDITION"

SHOUTING = """
from aura.api import Command, hookimpl

async def run(context, rest):
    context.say(rest.upper())

class Plugin:
    @hookimpl
    def register_commands(self):
        return [Command("shout", "Shout.", "/shout TEXT", run)]
"""


class Desk:
    """A session in plan mode, with what its commands said."""

    def __init__(self, opened: Opened, model: FakeModel) -> None:
        self.opened, self.model = opened, model
        self.said: list[str] = []
        self.prompt = Prompter(opened, self.said.append)

    async def __call__(self, *lines: str) -> str:
        """What the last of these lines said."""
        for line in lines:
            self.said.clear()
            await self.prompt(line)
        return "\n".join(self.said)

    @property
    def asked(self) -> list[str]:
        """What people said to the model, in order."""
        messages = self.opened.session.turn.messages
        return [message.text for message in messages if message.origin == "human"]


class Greeting:
    """A plugin with commands, one of which fails."""

    @hookimpl
    def register_commands(self) -> list[Command]:
        """The commands."""
        return [
            Command("greet", "Say hello.", "/greet NAME", self.greet),
            Command("break", "Fail.", "/break", self.fail),
            Command("help", "Not the real one.", "/help", self.fail),
        ]

    async def greet(self, context: CommandContext, rest: str) -> None:
        """Say hello."""
        context.say(f"hello {rest}")

    async def fail(self, context: CommandContext, rest: str) -> None:
        """Fail."""
        raise ZeroDivisionError("by zero")


async def open_desk(tmp_path: Path, *acts: Act | Player, repeat: bool = False) -> Desk:
    """A session whose model plays these acts."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    model = FakeModel(*acts, repeat=repeat)
    opened = await open_session(
        SessionOptions(
            workspace,
            model=model,
            mode=Mode.PLAN,
            sessions=tmp_path / "sessions",
            trusted=False,
            extra=(("greeting", Greeting()),),
        )
    )
    return Desk(opened, model)


async def test_auto_toggles_and_sets(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    seen: list[bool] = []
    for line in ("/auto", "/auto", "/auto on", "/auto on", "/auto off"):
        said = await desk(line)
        seen.append(desk.opened.session.turn.auto)
        assert said.startswith("Auto mode is on" if seen[-1] else "Auto mode is off")
    assert seen == [True, False, True, True, False]
    with pytest.raises(AuraError, match="neither on nor off"):
        await desk("/auto maybe")
    await desk.opened.close()


async def test_done_toggles_and_sets(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    seen: list[bool] = []
    for line in ("/done", "/done off", "/done on", "/done"):
        said = await desk(line)
        seen.append(desk.opened.session.turn.switches.done_required)
        assert said.startswith("Done is required" if seen[-1] else "Done is not required")
    assert seen == [True, False, True, False]
    await desk.opened.close()


async def test_mode_shows_and_sets_all_but_yolo(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    assert "mode is plan" in await desk("/mode")
    for mode in ("ask", "edit", "auto"):
        await desk(f"/mode {mode}")
        assert desk.opened.session.turn.switches.mode == mode
    for mode in ("yolo", "nonsense", "ask edit"):
        with pytest.raises(AuraError, match="not a mode"):
            await desk(f"/mode {mode}")
    assert desk.opened.session.turn.switches.mode is Mode.AUTO
    await desk.opened.close()


async def test_checks_are_added_listed_dropped_and_cleared(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    assert "No checks" in await desk("/check")
    await desk("/check add pytest -q", "/check add  ruff check .", "/check add pytest -q")
    assert await desk("/check list") == "check: pytest -q\ncheck: ruff check ."
    assert await desk("/check drop pytest -q") == "check: ruff check ."
    with pytest.raises(AuraError, match="no check 'pytest'"):
        await desk("/check drop pytest")
    assert "No checks" in await desk("/check clear")
    for wrong in ("/check add", "/check drop", "/check nonsense"):
        with pytest.raises(AuraError, match="Usage: /check"):
            await desk(wrong)
    await desk.opened.close()


async def test_todos_are_added_done_dropped_and_cleared(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    await desk("/todo add feed the  cat", "/todo\tadd\tsleep", "/todo done 1")
    todos = desk.opened.session.turn.todos
    assert [(one.id, one.content, one.status) for one in todos] == [
        ("1", "feed the  cat", "completed"),
        ("2", "sleep", "pending"),
    ]
    assert "sleep" in await desk("/todo")
    await desk("/todo drop 1", "/todo add again")
    assert [one.id for one in desk.opened.session.turn.todos] == ["2", "1"]
    with pytest.raises(AuraError, match="no todo '9'; the ids are 2, 1"):
        await desk("/todo done 9")
    with pytest.raises(AuraError, match="Usage: /todo"):
        await desk("/todo add")
    await desk("/todo clear")
    assert desk.opened.session.turn.todos == ()
    with pytest.raises(AuraError, match="the ids are none"):
        await desk("/todo drop 1")
    await desk.opened.close()


async def test_dropping_a_todo_frees_those_that_waited_for_it(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    await desk("/todo add a", "/todo add b")
    a, b = desk.opened.session.turn.todos
    waiting = type(b)(b.id, b.content, depends_on=(a.id,))
    desk.opened.session.record(ev.TodosChanged((a, waiting), "model"))
    await desk("/todo drop 1")
    assert [one.depends_on for one in desk.opened.session.turn.todos] == [()]
    await desk.opened.close()


async def test_help_lists_every_command_with_its_usage(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    lines = (await desk("/help")).splitlines()
    assert [line.split()[0].removeprefix("/") for line in lines] == sorted([*BUILT_IN, "greet", "break"])
    assert any(line.startswith("/todo [add TEXT") for line in lines)
    await desk.opened.close()


async def test_status_says_where_the_session_stands(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path, "Hello.")
    assert "model not asked yet" in await desk("/status")
    said = await desk("hi", "/status")
    assert desk.opened.session.id in said
    assert "turn 1, model fake/model" in said
    assert "auto off, mode plan, Done not required" in said
    assert "steps: 1 of 50" in said
    await desk.opened.close()


async def test_compact_says_whether_there_was_anything(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path, "Hello.", "A summary.", repeat=True)
    assert "nothing to summarise" in await desk("/compact")
    for _ in range(6):
        await desk("word " * 400)
    assert "summarised" in await desk("/compact the names")
    assert desk.opened.session.turn.counters.compactions == 1
    await desk.opened.close()


async def test_reload_finds_new_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_HOME", str(tmp_path / "home"))
    desk = await open_desk(tmp_path)
    with pytest.raises(AuraError, match="no command /shout"):
        await desk("/shout hey")
    folder = tmp_path / "home" / "config" / "plugins" / "shouting"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("description: Shouts.\n", encoding="utf-8")
    (folder / "plugin.py").write_text(SHOUTING, encoding="utf-8")
    assert "shouting" in await desk("/reload")
    assert await desk("/shout hey") == "HEY"
    await desk.opened.close()


async def test_commands_of_plugins_are_run_and_their_faults_are_sentences(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    assert await desk("/greet you") == "hello you"
    assert "/todo" in await desk("/help"), "a built-in name wins"
    with pytest.raises(AuraError, match="/break of a plugin failed: ZeroDivisionError: by zero"):
        await desk("/break")
    await desk.opened.close()


async def test_an_unknown_command_names_the_nearest_and_is_not_recorded(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path)
    seen: list[ev.Event] = []
    desk.opened.session.watchers.append(lambda recorded: seen.append(recorded.event))
    with pytest.raises(AuraError, match=r"no command /hepl. Did you mean /help\?"):
        await desk("/hepl")
    with pytest.raises(AuraError, match="/help lists the commands"):
        await desk("/zzzzzz")
    assert seen == []
    await desk(" /mode\nedit ")
    assert seen == [ev.CommandRan("/mode\nedit", ""), ev.ModeSwitched("edit", "human")]
    await desk.opened.close()


async def test_assert_acts_once_if_the_condition_holds(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path, "ok", repeat=True)
    assert "does not hold: nothing to do" in await desk('/assert not todo_empty "never"')
    await desk('/assert todo_empty "one" "/todo add x" \'two and three\'')
    assert desk.asked == ["one", "two and three"]
    assert len(desk.opened.session.turn.todos) == 1
    with pytest.raises(ConfigError, match="no term `todo_emty`"):
        await desk('/assert todo_emty "x"')
    await desk.opened.close()


async def test_assert_and_until_stop_with_an_action_that_does_not_end_well(tmp_path: Path) -> None:
    failure = ModelError(ModelErrorKind.AUTH, "The key is wrong.")
    desk = await open_desk(tmp_path, failure, failure)
    for line in ('/assert todo_empty "a" "b"', '/until --max 5 exists:never "a" "b"'):
        said = await desk(line)
        assert desk.opened.session.turn.stop is StopReason.PROVIDER
        assert "stopped: The model's provider failed" in said
    assert desk.asked == ["a", "a"]
    await desk.opened.close()


async def test_until_repeats_and_hands_on_what_the_condition_printed(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path, "ok", repeat=True)
    count = "echo x >> n; echo tried $(wc -l < n); test $(wc -l < n) -ge 3"
    said = await desk(f"/until --max 5 bash:'{count}' \"fix it\" '/todo add x'")
    assert said.endswith("holds after 2 rounds.")
    assert [text.splitlines()[0] for text in desk.asked] == ["fix it", "fix it"]
    assert desk.asked[0].endswith("What a command printed:\ntried 1")
    assert len(desk.opened.session.turn.todos) == 2
    await desk.opened.close()


async def test_until_gives_up_after_its_rounds(tmp_path: Path) -> None:
    desk = await open_desk(tmp_path, "ok", repeat=True)
    with pytest.raises(AuraError, match="still does not hold after 2 rounds"):
        await desk('/until --max=2 exists:never "go"')
    assert desk.asked == ["go", "go"]
    with pytest.raises(AuraError, match="after 0 rounds"):
        await desk('/until --max 0 exists:never "go"')
    for wrong in ("--max x exists:never", "--max -1 exists:never"):
        with pytest.raises(AuraError, match="--max needs a whole number"):
            await desk(f'/until {wrong} "go"')
    with pytest.raises(AuraError, match="at least one quoted action"):
        await desk("/until todo_empty")
    await desk.opened.close()


@pytest.mark.parametrize(
    ("line", "condition", "actions"),
    [
        ('todo_empty "act"', "todo_empty", ["act"]),
        ("not auto and todo_empty 'a b' \"c\"", "not auto and todo_empty", ["a b", "c"]),
        ('bash:"a and b" "act"', 'bash:"a and b"', ["act"]),
        ('bash:\'grep "x y" f\' and auto "act"', "bash:'grep \"x y\" f' and auto", ["act"]),
        (r'bash:"echo \"q\" z" "say \"hi\""', r'bash:"echo \"q\" z"', ['say "hi"']),
        ('exists:a\n"one\ntwo"', "exists:a", ["one\ntwo"]),
    ],
)
def test_conditions_and_actions_are_told_apart(line: str, condition: str, actions: list[str]) -> None:
    assert split_condition(line, USAGE) == (condition, actions)


@pytest.mark.parametrize(
    "line", ["", "auto", '"act"', 'auto "act', 'auto ""', 'bash:"never closed "act"', "auto '"]
)
def test_a_line_without_condition_or_action_shows_the_usage(line: str) -> None:
    with pytest.raises(AuraError, match="Usage: /x CONDITION"):
        split_condition(line, USAGE)


@given(st.text(max_size=40))
def test_no_line_breaks_the_grammar(line: str) -> None:
    condition, actions = "x", ["x"]
    with contextlib.suppress(AuraError):
        condition, actions = split_condition(line, USAGE)
    assert condition
    assert all(action.strip() for action in actions)


@pytest.mark.parametrize(
    ("line", "known", "expected"),
    [
        ("/help", (), True),
        ("  /help me", (), True),
        ("/help\nme", (), True),
        ("/hlep", (), True),
        ("/etc/hosts is odd", (), False),
        ("/tmp is full", (), False),
        ("/tmp is full", ("tmp",), True),
        ("/tmp: full", (), False),
        ("/ is full", (), False),
        ("/1", (), False),
        ("//", (), False),
        ("help", (), False),
        ("", (), False),
        (" \n", (), False),
        ("/help\0", (), False),
    ],
)
def test_commands_are_told_from_paths(line: str, known: tuple[str, ...], *, expected: bool) -> None:
    assert is_command(line, known) is expected


@given(st.text())
def test_any_text_is_a_command_or_not(line: str) -> None:
    assert is_command(line) in (True, False)


def test_switches_and_verbs() -> None:
    assert read_switch("", "/x", now=False)
    assert not read_switch("OFF", "/x", now=True)
    assert split_verb("") == ("", "")
    assert split_verb(" add ") == ("add", "")
    assert split_verb("add\t a  b ") == ("add", "a  b")


def test_every_file_is_a_command_under_its_own_name() -> None:
    commands = load_commands()
    assert sorted(commands) == BUILT_IN
    for name, command in commands.items():
        assert command.usage.startswith(f"/{name}")
        assert command.help.endswith(".")
