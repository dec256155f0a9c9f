r"""Conversations written in YAML, run through a real session with the real tools and the shipped plugins.

A conversation is a model's script (see `aura.models.scripted`) with what happens around it::

    about: A failing check is sent back.       # one sentence, for readers
    files: {a.py: "x = 1\n"}                   # what the workspace holds
    commands: {pytest -q: [[1, "1 failed"], 0]}  # how commands end, in order: an exit code, or one with the output
    auto: true                                 # default false; also done_required
    mode: edit                                 # default: ask
    checks: [pytest -q]
    limits: {steps: 5}                         # default: those of the core
    answers: [true, false, blue]               # a person approves, denies, answers; without it nobody is there
    plugins: false                             # default true: the shipped ones speak
    prompts:
      - Make the test pass.
      - {say: And now?, steer: {2: Stop that.}, interrupt: 3}   # steps of this turn, from 1
    replies: [...]
"""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from aura.agent.loop import LoopHooks
from aura.config.paths import shipped_plugins
from aura.core import events as ev
from aura.core.clock import Clock
from aura.core.errors import ConfigError
from aura.core.limits import Limits
from aura.hookspecs import ToolSetup
from aura.models.script import Script
from aura.models.script_yaml import parse_script
from aura.models.scripted import ScriptedModel
from aura.plugins import Circumstances, Plugins, Sources
from aura.testing.fakes import FakeClock, FakePerson, FakeRunner
from aura.testing.stage import Props, QuietHooks, Stage
from aura.tools import make_tools


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt; `steer` maps a step to what is said when it starts, `interrupt` is a step to break off (0: none)."""

    say: str
    steer: Mapping[int, str] = field(default_factory=dict)
    interrupt: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it stands in its file."""

    script: Script
    prompts: tuple[Prompt, ...]
    about: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Any] = field(default_factory=dict)
    answers: Sequence[bool | str] | None = None
    plugins: bool = True
    auto: bool = False
    done_required: bool = False
    mode: str = ""
    checks: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def begin(self) -> Iterator[ev.Event]:
        """What is recorded before the first prompt."""
        if self.auto:
            yield ev.AutoSwitched(on=True, by="human")
        if self.done_required:
            yield ev.DoneSwitched(required=True, by="human")
        if self.mode:
            yield ev.ModeSwitched(self.mode, "human")
        if self.checks:
            yield ev.ChecksSet(self.checks, "human")
        if self.limits:
            yield ev.LimitsSet(Limits(**self.limits), by="human")  # type: ignore[arg-type] # counts stay counts


OWN = frozenset(Conversation.__dataclass_fields__) - {"script"}


def read_conversation(path: Path | str) -> Conversation:
    """The conversation of a file; raises `ConfigError` that names the file and what is wrong in it."""
    file = Path(path)
    try:
        table = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The conversation {path} cannot be read ({error.strerror}).") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"The conversation {path} is not YAML: {error}.") from None
    if not isinstance(table, dict) or not table.get("prompts"):
        raise ConfigError(f"The conversation {path} needs a list of `prompts`.")
    own = {key: value for key, value in table.items() if key in OWN}
    rest = {key: value for key, value in table.items() if key not in OWN}
    script = parse_script(yaml.safe_dump({"name": file.stem, **rest}, allow_unicode=True), file.name)
    own["prompts"] = tuple(
        Prompt(**item) if isinstance(item, dict) else Prompt(str(item)) for item in own["prompts"]
    )
    return Conversation(**{**own, "script": script, "checks": tuple(own.get("checks", ()))})


def play(path: Path | str, *, clock: Clock | None = None) -> list[ev.Event]:
    """The log of a conversation that is run in a folder of its own and cleaned up afterwards."""
    with tempfile.TemporaryDirectory(prefix="aura-play-") as folder:
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        stage = asyncio.run(perform(read_conversation(path), workspace, clock))
        return stage.events


async def perform(conversation: Conversation, workspace: Path, clock: Clock | None = None) -> Stage:
    """Run a conversation in a workspace and return the stage as it stands at the end."""
    for name, text in conversation.files.items():
        place = workspace / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    clock = clock or FakeClock()
    model = ScriptedModel(conversation.script, clock=clock)
    runner = FakeRunner({command: _read_endings(ended) for command, ended in conversation.commands.items()})
    person = None if conversation.answers is None else FakePerson(*conversation.answers)
    hooks: LoopHooks = QuietHooks()
    if conversation.plugins:
        hooks = Plugins(Sources(shipped=shipped_plugins()), Circumstances(workspace, lambda: model.info))
    props = Props(clock=clock, runner=runner, hooks=hooks, workspace=workspace)
    session_dir = workspace.parent / f"{workspace.name}-session"
    session_dir.mkdir(exist_ok=True)
    tools = make_tools(ToolSetup(workspace, session_dir, runner))
    stage = Stage(model, tools, conversation.begin, props=props, person=person)
    for prompt in conversation.prompts:
        await _run_prompt(stage, prompt)
    return stage


def _read_endings(ended: Any) -> list[Any]:
    """How a command ends, each time: `0`, or `[1, the output]`, in a list if it is not the same each time."""
    several = ended if isinstance(ended, list) else [ended]
    return [tuple(one) if isinstance(one, list) else one for one in several]


async def _run_prompt(stage: Stage, prompt: Prompt) -> None:
    """One turn; what people do while a step runs is done when the step starts."""

    def watch(recorded: ev.Recorded) -> None:
        event = recorded.event
        if not isinstance(event, ev.StepStarted):
            return
        if event.step in prompt.steer:
            stage.session.steer(prompt.steer[event.step])
        if event.step == prompt.interrupt:
            interruptions.append(asyncio.ensure_future(stage.session.interrupt()))

    interruptions: list[asyncio.Future[None]] = []
    stage.session.watchers.append(watch)
    try:
        async with aclosing(stage.session.prompt(prompt.say)) as happening:
            async for _ in happening:
                pass
        await asyncio.gather(*interruptions)
    finally:
        stage.session.watchers.remove(watch)
