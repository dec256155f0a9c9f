"""The nine injectors in whole conversations: each speaks when it should, and otherwise keeps quiet."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ran, call, done, todo
from tests.e2e.fixtures.warm import WarmProgram, warm

Reply = dict[str, Any]

AUTO = ("--auto",)
CHAT = ("--no-auto", "--mode", "auto")
SUMMARY: Reply = {"when": {"tools_off": True}, "say": "That is where it stands."}
END = [todo("completed"), done("Ready.")]


@pytest.fixture
def program(tmp_path: Path) -> WarmProgram:
    made = warm(tmp_path)
    (made.workspace / "a.txt").write_text("value 0\n", encoding="utf-8")
    return made


def bash(*commands: str) -> list[Reply]:
    return [{"call": [call("Bash", command=command)]} for command in commands]


def edits(count: int, start: int = 0) -> list[Reply]:
    return [
        {"call": [call("Edit", path="a.txt", edits=[{"old": f"value {n}", "new": f"value {n + 1}"}])]}
        for n in range(start, start + count)
    ]


READ: Reply = {"call": [call("Read", path="a.txt")]}
ECHOES = bash(*(f"echo {n}" for n in range(7)))


@dataclass(frozen=True)
class Scene:
    """A conversation, and how often the injector speaks in it."""

    replies: list[Reply]
    times: int
    flags: tuple[str, ...] = AUTO
    prompts: tuple[str, ...] = ("go",)


SCENES: dict[str, tuple[Scene, Scene]] = {
    "todo-reminder": (
        Scene([todo("in_progress"), *ECHOES, *END], 2),
        Scene([*ECHOES, done("Ready.")], 0),
    ),
    "max-steps": (
        Scene([SUMMARY, *ECHOES], 1, (*AUTO, "--max-steps", "3")),
        Scene([SUMMARY, *ECHOES[:2], done("Ready.")], 0, (*AUTO, "--max-steps", "3")),
    ),
    "session-stats": (
        Scene([{"say": f"answer {n}"} for n in range(7)], 1, CHAT, tuple("abcdefg")),
        Scene([{"say": f"answer {n}"} for n in range(4)], 0, CHAT, tuple("abcd")),
    ),
    "todo-not-finished": (
        Scene([todo("in_progress"), {"say": "That is all."}, *END], 1),
        Scene([todo("in_progress"), {"say": "That is all."}], 0, CHAT),
    ),
    "empty-response": (
        Scene([{"say": " "}, {"say": "Here I am."}], 1, CHAT),
        Scene([*ECHOES[:1], {"say": "."}], 0, CHAT),
    ),
    "done-reminder": (
        Scene([{"say": "That is all."}, done("Ready.")], 1),
        Scene([{"say": "That is all."}], 0, CHAT),
    ),
    "loop-detection": (
        Scene([READ, READ, done("Ready.")], 1),
        Scene([*edits(1), READ, *edits(1, 1), READ, *bash("sleep 0.01", "sleep 0.01"), done("Ready.")], 0),
    ),
    "failure-circuit-breaker": (
        Scene([*bash("cat x", "cat y", "cat z"), done("Ready.")], 1),
        Scene([*bash("cat x", "cat y", "echo", "cat x", "cat y"), done("Ready.")], 0),
    ),
    "repeated-patch": (
        Scene([*edits(6), done("Ready.")], 1),
        Scene([*edits(4), READ, *edits(4, 4), done("Ready.")], 0),
    ),
}
SETTINGS = {"todo-reminder": {"interval": 3}}


def play(program: WarmProgram, scene: Scene, **plugins: dict[str, Any]) -> Ran:
    program.settings = {
        "plugins": {**SETTINGS, **{name.replace("_", "-"): one for name, one in plugins.items()}}
    }
    model = program.script(scene.replies)
    ran = program("run", *scene.flags, "-o", "stream-json", "--model", model, *scene.prompts)
    assert ran.code in (0, 5), ran.err
    assert_one_nudge_at_a_time(ran)
    return ran


def spoken(ran: Ran) -> list[str]:
    """Which injectors spoke, in order."""
    said = (event["message"]["origin"] for event in ran.events if event["type"] == "injected")
    return [origin.removeprefix("injector:") for origin in said if origin.startswith("injector:")]


def assert_one_nudge_at_a_time(ran: Ran) -> None:
    boundaries = [place for place, event in enumerate(ran.events) if event["type"] == "model_replied"]
    for first, second in pairwise(boundaries):
        between = [event for event in ran.events[first:second] if event["type"] == "injected"]
        assert sum(event["nudge"] for event in between) <= 1, between


@pytest.mark.parametrize("name", SCENES)
def test_it_speaks(program: WarmProgram, name: str) -> None:
    scene = SCENES[name][0]
    ran = play(program, scene)
    assert spoken(ran) == [name] * scene.times
    texts = [event["message"]["parts"][0]["text"] for event in ran.events if event["type"] == "injected"]
    assert all(text.startswith(f"[aura: {name}] ") for text in texts)


@pytest.mark.parametrize("name", SCENES)
def test_it_keeps_quiet(program: WarmProgram, name: str) -> None:
    assert spoken(play(program, SCENES[name][1])) == []


@pytest.mark.parametrize("name", SCENES)
def test_disabled_it_keeps_quiet_where_it_would_speak(program: WarmProgram, name: str) -> None:
    ran = play(program, SCENES[name][0], **{name: {"disabled": True}})
    assert name not in spoken(ran)


def test_two_with_something_to_say_are_one_nudge(program: WarmProgram) -> None:
    """Open todos and a Done that is due: the order decides, and the other has its turn later."""
    replies = [
        todo("in_progress"),
        {"say": "All done."},
        todo("completed"),
        {"say": "Really."},
        done("Ready."),
    ]
    ran = play(program, Scene(replies, 0))
    assert spoken(ran) == ["todo-not-finished", "done-reminder"]


def test_a_limit_silences_the_others(program: WarmProgram) -> None:
    """The last call before the limit repeats, and todos are open: only the limit speaks."""
    replies = [SUMMARY, todo("in_progress"), READ, READ]
    ran = play(program, Scene(replies, 0, (*AUTO, "--max-steps", "3")))
    assert spoken(ran)[-1] == "max-steps"
    assert ran.result["reason"] == "max_steps"
    assert spoken(ran).count("todo-not-finished") == 0


BROKEN = """\
from aura.api import BeforeChat, Turn, hookimpl


class Plugin:
    @hookimpl
    def before_chat(self, turn: Turn) -> BeforeChat | None:
        raise RuntimeError("no such luck")
"""


def add_project_plugin(program: WarmProgram, code: str) -> None:
    folder = program.workspace / ".aura" / "plugins" / "unlucky"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("description: Has bad luck.\n", encoding="utf-8")
    (folder / "plugin.py").write_text(code, encoding="utf-8")


def test_a_plugin_that_raises_is_unplugged_and_the_turn_goes_on(program: WarmProgram) -> None:
    add_project_plugin(program, BROKEN)
    assert program("trust", ".").code == 0
    ran = play(program, Scene([*ECHOES[:2], done("Ready.")], 0))
    assert ran.result["reason"] == "done"
    unplugged = [event for event in ran.events if event["type"] == "plugin_unplugged"]
    assert [(one["plugin"], one["hook"]) for one in unplugged] == [("unlucky", "before_chat")]
    assert "no such luck" in unplugged[0]["error"]
    assert "Traceback" not in ran.err
    assert "unlucky" in program("run", *CHAT, "--model", program.script([{"say": "."}]), "x").err


def test_plugins_of_a_folder_that_is_not_trusted_are_not_loaded(program: WarmProgram) -> None:
    witness = program.home / "loaded"
    add_project_plugin(program, f"open({str(witness)!r}, 'w').close()\n{BROKEN}")
    ran = play(program, Scene([*ECHOES[:2], done("Ready.")], 0))
    assert ran.result["reason"] == "done"
    assert not any(event["type"] == "plugin_unplugged" for event in ran.events)
    assert not witness.exists()
    assert "not trusted" in program("run", *CHAT, "--model", program.script([{"say": "."}]), "x").err


def test_a_change_after_trust_takes_the_trust_away(program: WarmProgram) -> None:
    add_project_plugin(program, BROKEN)
    program("trust", ".")
    witness = program.home / "loaded"
    code = program.workspace / ".aura" / "plugins" / "unlucky" / "plugin.py"
    code.write_text(f"open({str(witness)!r}, 'w').close()\n{BROKEN}", encoding="utf-8")
    ran = program("run", *CHAT, "--model", program.script([{"say": "."}]), "x")
    assert ran.code == 0
    assert not witness.exists()
    assert "changed since it was trusted" in ran.err
