"""Plugins are found, made, overridden and reloaded; what is broken is reported and never fatal."""

import textwrap
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from aura.config.paths import config_dir, shipped_plugins
from aura.config.schema import Plugin as PluginSection
from aura.core import events as ev
from aura.core.errors import ConfigError
from aura.core.messages import user
from aura.core.turn import Turn, fold
from aura.hookspecs import BeforeChat, Injection, hookimpl
from aura.plugins import Circumstances, Plugins, Sources, read_settings, sources, standard_sources

NINE = {
    "done-reminder",
    "empty-response",
    "failure-circuit-breaker",
    "loop-detection",
    "max-steps",
    "repeated-patch",
    "session-stats",
    "todo-not-finished",
    "todo-reminder",
}
SPEAKER = """
from dataclasses import dataclass
from aura.api import BeforeChat, Injection, Turn, hookimpl

@dataclass
class Plugin:
    text: str = "hello"
    often: int = 1
    share: float = 0.5
    loud: bool = False
    names: tuple[str, ...] = ()
    limit: int | None = None

    @hookimpl
    def before_chat(self, turn: Turn) -> BeforeChat:
        return BeforeChat(Injection(self.text))
"""
STARTED = ev.TurnStarted(1, user("go"))


def write(folder: Path, manifest: str = "description: x", code: str | None = SPEAKER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.yaml").write_text(textwrap.dedent(manifest), encoding="utf-8")
    if code is not None:
        (folder / "plugin.py").write_text(textwrap.dedent(code), encoding="utf-8")
    return folder


def load(workspace: Path, settings: Mapping[str, Mapping[str, Any]] | None = None, **places: Any) -> Plugins:
    return Plugins(Sources(**places), Circumstances(workspace), settings)


def one(
    tmp_path: Path, manifest: str = "description: x", code: str | None = SPEAKER, **settings: Any
) -> Plugins:
    folder = write(tmp_path / "one", manifest, code)
    return load(tmp_path, {"one": settings} if settings else None, folders=[folder])


def texts(plugins: Plugins, turn: Turn | None = None) -> list[str]:
    said = plugins.before_chat(fold([STARTED]) if turn is None else turn)
    return [event.message.text for event in said.events if isinstance(event, ev.Injected)]


def problem_of(plugins: Plugins) -> str:
    assert not plugins.plugged
    (problem,) = plugins.problems
    assert problem.level == "error"
    return problem.sentence


# --- finding ------------------------------------------------------------------------------------------------


def test_nine_injectors_are_shipped_and_load(tmp_path: Path) -> None:
    plugins = load(tmp_path, shipped=shipped_plugins())
    assert {each.name for each in plugins.plugged} == NINE
    assert plugins.problems == ()
    assert all(each.candidate.manifest.description for each in plugins.plugged)


def test_standard_places(tmp_path: Path) -> None:
    places = standard_sources(tmp_path, trusted=True)
    assert (places.user, places.project) == (config_dir() / "plugins", tmp_path / ".aura" / "plugins")
    assert (places.shipped, places.entry_points, places.trusted) == (shipped_plugins(), "aura", True)


class Greeter:
    """A plugin from an installed package."""

    @hookimpl
    def before_chat(self) -> BeforeChat:
        return BeforeChat(Injection("installed"))


def test_later_places_replace_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("three", "tests.test_plugins:Greeter", "aura")
    monkeypatch.setattr(sources, "entry_points", lambda group: (point,) if group == "aura" else ())
    monkeypatch.setattr(EntryPoint, "load", lambda self: Greeter)
    for place, names in (("shipped", "two"), ("user", "two three"), ("project", "two four")):
        for name in names.split():
            write(tmp_path / place / name, f"config: {{text: {place}-{name}}}")
    built_in = (("one", Greeter()), ("two", Greeter()))
    shipped, user_place, project = tmp_path / "shipped", tmp_path / "user", tmp_path / "project"
    plugins = load(
        tmp_path,
        builtins=built_in,
        shipped=shipped,
        entry_points="aura",
        user=user_place,
        project=project,
        trusted=True,
    )
    origins = {each.name: each.candidate.origin for each in plugins.plugged}
    assert origins == {"one": "built-in", "three": "user", "two": "project", "four": "project"}
    sentences = [problem.sentence for problem in plugins.problems]
    assert "The plugin 'three' (user) replaces the one that is installed." in sentences
    assert "The plugin 'two' (project) replaces the one that is the user's." in sentences
    assert {problem.level for problem in plugins.problems} == {"info"}
    notices = [event.text for event in plugins.drain() if isinstance(event, ev.NoticeShown)]
    assert notices == sentences


def test_an_untrusted_project_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "p" / "bad", code="raise SystemExit('ran')")
    plugins = load(tmp_path, project=tmp_path / "p")
    assert not plugins.plugged
    assert plugins.problems[0].sentence == (
        "This folder brings one plugin that will not be loaded until you trust it."
    )


def test_groups_of_plugins_are_found_one_level_deeper(tmp_path: Path) -> None:
    for name in ("a", "group/b", ".hidden/c", "_private/d"):
        write(tmp_path / "user" / name)
    assert {each.name for each in load(tmp_path, user=tmp_path / "user").plugged} == {"a", "b"}


def test_a_plugin_may_have_more_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", code="from .words import WORD\n" + SPEAKER.replace('"hello"', "WORD"))
    (folder / "words.py").write_text("WORD = 'split'\n", encoding="utf-8")
    assert texts(load(tmp_path, folders=[folder])) == ["[aura: one] split"]


# --- what is broken -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("description: [", "plugin.yaml is not valid YAML: line "),
        ("- a\n- b", "has to be a table of settings"),
        ("descripton: x", "there is no setting 'descripton'; did you mean 'description'?"),
        ("name: My Plugin", "the name 'My Plugin' needs small letters"),
        ("order: soon", "`order` has to be a whole number, not 'soon'."),
        ("once: maybe", "`once` has to be true or false, not 'maybe'."),
        ("condition: todo_emty", "did you mean `todo_empty`?"),
        ("condition: 5", "`condition` has to be text, not 5."),
        ("config: 5", "`config` has to be a table of settings."),
        ("when: before_chat\nmessage: x", "`when` is for plugins without Python"),
        ("message: x", "`message` needs `when: before_chat | after_response | after_tool`."),
        ('condition: bash:"x"', ""),
    ],
)
def test_a_wrong_manifest_is_told(tmp_path: Path, manifest: str, words: str) -> None:
    plugins = one(tmp_path, manifest)
    if not words:
        assert plugins.plugged
        return
    assert words in problem_of(plugins)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def (", "is not valid Python: invalid syntax (plugin.py:1)."),
        ("import nothing_like_it", "could not be loaded: ModuleNotFoundError: No module named"),
        ("x = 1 / 0", "ZeroDivisionError: division by zero (plugin.py:1)."),
        ("raise SystemExit(3)", "SystemExit: 3 (plugin.py:1)."),
        ("x = 1", "defines no class Plugin."),
        ("class Plugin: pass", "has no hook; mark its methods with @hookimpl."),
        ("class Plugin:\n  def before_chat(self): ...", "has before_chat without @hookimpl."),
        (
            "from aura.api import hookimpl\nclass Plugin:\n  @hookimpl\n  def before_chats(self): ...",
            "marks before_chats as a hook, which does not exist; did you mean before_chat?",
        ),
        (
            "from aura.api import hookimpl\nclass Plugin:\n  @hookimpl\n  def before_chat(self, turns): ...",
            "has a hook with wrong arguments: ",
        ),
        (
            "from aura.api import hookimpl\nclass Plugin:\n  @hookimpl\n  async def before_chat(self): ...",
            "has an async before_chat; hooks are plain functions.",
        ),
        (
            "from aura.api import hookimpl\nclass Plugin:\n  @hookimpl(wrapper=True)\n  def on_event(self): yield",
            "wraps on_event; wrappers are not supported.",
        ),
        (SPEAKER.replace("text: str", "once: str"), "may not have a setting 'once': the name is aura's own."),
        (SPEAKER.replace("text: str", "text: Nonsense"), ""),
    ],
)
def test_broken_code_is_told(tmp_path: Path, code: str, words: str) -> None:
    assert words in problem_of(one(tmp_path, code=code))


def test_a_broken_plugin_leaves_the_others_alone(tmp_path: Path) -> None:
    write(tmp_path / "user" / "bad", code="def (")
    write(tmp_path / "user" / "good")
    (tmp_path / "user" / "bare").mkdir()
    (tmp_path / "user" / "bare" / "plugin.py").write_text("", encoding="utf-8")
    plugins = load(tmp_path, user=tmp_path / "user")
    assert [each.name for each in plugins.plugged] == ["good"]
    assert {problem.plugin for problem in plugins.problems} == {"bad", "bare"}


# --- settings -----------------------------------------------------------------------------------------------


def test_settings_lie_in_layers(tmp_path: Path) -> None:
    plugins = one(tmp_path, "config: {text: yaml, often: 2, names: [a, b]}", often=3, share=1)
    assert plugins.plugged[0].settings == {
        "text": "yaml",
        "often": 3,
        "share": 1,
        "loud": False,
        "names": ("a", "b"),
        "limit": None,
    }


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"oftn": 1}, "The plugin 'one' has no setting 'oftn'; did you mean 'often'?"),
        ({"often": "two"}, "The setting 'often' of the plugin 'one' has to be a whole number, not 'two'."),
        ({"often": True}, "The setting 'often' of the plugin 'one' has to be a whole number, not True."),
        ({"share": "x"}, "The setting 'share' of the plugin 'one' has to be a number, not 'x'."),
        ({"loud": 1}, "The setting 'loud' of the plugin 'one' has to be true or false, not 1."),
        (
            {"names": ["a", 1]},
            "The setting 'names' of the plugin 'one' has to be a list of text each, not ['a', 1].",
        ),
        (
            {"limit": "x"},
            "The setting 'limit' of the plugin 'one' has to be a whole number or null, not 'x'.",
        ),
        ({"order": "x"}, "plugins.one: `order` has to be a whole number, not 'x'."),
        ({"text": None}, "The setting 'text' of the plugin 'one' has to be text, not None."),
    ],
)
def test_a_wrong_setting_of_the_user_is_an_error(
    tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        one(tmp_path, **settings)
    assert caught.value.sentence == sentence


def test_a_condition_in_the_settings_is_read_with_a_caret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"plugins\.one: The condition cannot be read") as caught:
        one(tmp_path, condition="auto or done")
    assert caught.value.sentence.endswith("\n    auto or done\n         ^")


def test_a_wrong_setting_in_plugin_yaml_is_the_plugins_fault(tmp_path: Path) -> None:
    assert "has no setting 'oftn'" in problem_of(one(tmp_path, "config: {oftn: 1}"))


def test_a_plugin_may_refuse_a_value(tmp_path: Path) -> None:
    code = f"""{SPEAKER}
    def __post_init__(self):
        if self.often < 1:
            raise ValueError("often is 1 or more")
"""
    with pytest.raises(ConfigError, match="does not accept its settings: often is 1 or more"):
        one(tmp_path, code=code, often=0)


def test_a_setting_without_a_default_is_needed(tmp_path: Path) -> None:
    code = SPEAKER.replace('text: str = "hello"', "text: str")
    assert "needs the setting 'text'." in problem_of(one(tmp_path, code=code))
    assert texts(one(tmp_path, code=code, text="set")) == ["[aura: one] set"]


def test_settings_can_disable_and_enable(tmp_path: Path) -> None:
    assert not one(tmp_path, disabled=True).plugged
    assert not one(tmp_path, "disabled: true").plugged
    assert one(tmp_path, "disabled: true", disabled=False).plugged


def test_settings_of_nobody_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "one")
    plugins = load(tmp_path, {"onne": {"often": 1}}, folders=[folder])
    assert plugins.problems[0].sentence == (
        "There are settings for the plugin 'onne', but no such plugin. Did you mean 'one'?"
    )
    assert plugins.problems[0].level == "warning"


def test_only_what_was_set_is_read_from_the_settings_tree() -> None:
    table = {
        "a": PluginSection.model_validate({"interval": 2}),
        "b": PluginSection.model_validate({"disabled": False}),
    }
    assert read_settings(table) == {"a": {"interval": 2}, "b": {"disabled": False}}


# --- reload -------------------------------------------------------------------------------------------------


def test_reload_reads_what_changed(tmp_path: Path) -> None:
    root = tmp_path / "user"
    write(root / "same")
    changed = write(root / "new-text")
    write(root / "gone")
    plugins = load(tmp_path, user=root)
    same = next(each.plugin for each in plugins.plugged if each.name == "same")
    assert plugins.reload() == "3 plugins; nothing changed."
    (changed / "plugin.py").write_text(SPEAKER.replace("hello", "other"), encoding="utf-8")
    for path in sorted((root / "gone").iterdir()):
        path.unlink()
    write(root / "fresh")
    write(root / "bad", code="def (")
    said = plugins.reload()
    first, second = said.split("\n")
    assert first == "3 plugins; added: fresh; removed: gone; changed: new-text."
    assert second.startswith("The plugin 'bad' is not valid Python")
    assert next(each.plugin for each in plugins.plugged if each.name == "same") is same
    words = {each.name: each.settings["text"] for each in plugins.plugged}
    assert words == {"same": "hello", "new-text": "other", "fresh": "hello"}


def test_an_edit_of_the_same_length_is_seen(tmp_path: Path) -> None:
    folder = write(tmp_path / "one")
    plugins = load(tmp_path, folders=[folder])
    for word in ("hallo", "hullo"):
        (folder / "plugin.py").write_text(SPEAKER.replace("hello", word), encoding="utf-8")
        assert "changed: one" in plugins.reload()
        assert texts(plugins) == [f"[aura: one] {word}"]
    assert not (folder / "__pycache__").exists()


def test_reload_with_a_wrong_setting_changes_nothing(tmp_path: Path) -> None:
    plugins = one(tmp_path)
    with pytest.raises(ConfigError):
        plugins.reload({"one": {"often": "x"}})
    assert texts(plugins) == ["[aura: one] hello"]
    assert "changed: one" in plugins.reload({"one": {"text": "new"}})
    assert texts(plugins) == ["[aura: one] new"]


def test_an_unplugged_plugin_comes_back_when_its_files_change(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", code=SPEAKER.replace("self.text)", "1 / 0)"))
    plugins = load(tmp_path, folders=[folder])
    assert texts(plugins) == []
    assert plugins.reload() == "1 plugin; still unplugged: one."
    write(folder)
    assert plugins.reload() == "1 plugin; changed: one."
    assert texts(plugins) == ["[aura: one] hello"]
