"""What plugins show is kept up to date: after events, seldom, beside the session, and whoever hangs is let go."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aura.app.panels import Panels, show_panels
from aura.core import events as ev
from aura.core.events import Event, PanelsShown, Recorded
from aura.core.facts import Panel
from aura.core.turn import Turn, apply
from aura.hookspecs import PanelSource, StatusSource, hookimpl
from aura.plugins import Circumstances, Plugins, Sources
from aura.testing import FakeModel, Stage
from tests.app.hosting import hosting


class Counting:
    """A plugin whose panel tells the number of the turn; `renders` counts how often it was asked."""

    def __init__(self, rendered: Callable[[], object] = lambda: None) -> None:
        self.renders = 0
        self.rendered = rendered

    @hookimpl
    def register_panels(self) -> list[PanelSource]:
        return [PanelSource("Turn", self.render)]

    def render(self, turn: Turn) -> list[str]:
        self.renders += 1
        self.rendered()
        return [f"turn {turn.number}"]


class Hanging:
    """A plugin whose status item does not come to an end before `free` is set."""

    def __init__(self) -> None:
        self.free = threading.Event()

    @hookimpl
    def register_status(self) -> list[StatusSource]:
        return [StatusSource(lambda turn: str(self.free.wait()))]


class Quiet:
    @hookimpl
    def on_event(self) -> None: ...


def make(*plugins: object) -> Plugins:
    named = [(chr(ord("a") + place), plugin) for place, plugin in enumerate(plugins)]
    return Plugins(Sources(builtins=named), Circumstances(Path("/nowhere")))


class Place:
    """What stands for a session: a turn, and a record of events with a way to wait for one."""

    def __init__(self, plugins: Plugins, **how: Any) -> None:
        self.turn = Turn()
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        self.panels = Panels(plugins, lambda: self.turn, self.record, **how)

    def record(self, event: Event) -> None:
        self.turn = apply(self.turn, event)
        self.events.append(event)
        self._changed.set()
        self.panels.take(Recorded(int(ev.is_durable(event)), 0.0, event))

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def shown(number: int) -> PanelsShown:
    return PanelsShown((Panel("Turn", (f"turn {number}",)),))


def begin(number: int) -> Event:
    return ev.TurnStarted(number, ev.Message("user", (), "human"))


async def test_what_is_shown_follows_the_events() -> None:
    place = Place(make(Counting()), pause=0.0)
    place.panels.look()
    await place.until(lambda: place.of(PanelsShown) == [shown(0)])
    place.record(begin(1))
    await place.until(lambda: place.of(PanelsShown) == [shown(0), shown(1)])
    await place.panels.close()


async def test_only_a_difference_is_told() -> None:
    loop, rendered = asyncio.get_running_loop(), asyncio.Event()
    place = Place(make(Counting(lambda: loop.call_soon_threadsafe(rendered.set))), pause=0.0)
    for _ in range(3):
        rendered.clear()
        place.record(ev.NoticeShown("a"))
        await rendered.wait()
    place.record(begin(4))
    await place.until(lambda: shown(4) in place.of(PanelsShown))
    assert place.of(PanelsShown) == [shown(0), shown(4)]
    await place.panels.close()


async def test_many_events_are_one_look_and_passing_ones_none() -> None:
    counting = Counting()
    place = Place(make(counting), pause=3600.0)
    for _ in range(500):
        place.record(ev.NoticeShown("a"))
    await place.until(lambda: place.of(PanelsShown))
    for _ in range(500):
        place.record(ev.NoticeShown("b"))
    await place.panels.close()
    assert counting.renders == 1
    place.record(ev.NoticeShown("c"))
    assert counting.renders == 1

    quiet = Place(make(counting), pause=0.0)
    quiet.record(ev.TextDelta("x"))
    await asyncio.sleep(0)
    assert counting.renders == 1


async def test_without_sources_nothing_is_begun() -> None:
    place = Place(make(Quiet()))
    before = asyncio.all_tasks()
    place.record(ev.NoticeShown("a"))
    assert asyncio.all_tasks() == before
    assert place.of(PanelsShown) == []


async def test_who_hangs_is_unplugged_and_keeps_nobody_waiting() -> None:
    hanging, counting = Hanging(), Counting()
    place = Place(make(hanging, counting), pause=0.0, patience=0.05)
    place.panels.look()
    await place.until(lambda: place.of(PanelsShown))
    assert place.of(ev.PluginUnplugged) == [
        ev.PluginUnplugged("a", "register_status", "a status item took longer than 0.05 seconds")
    ]
    assert place.of(PanelsShown) == [shown(0)]
    hanging.free.set()
    await place.panels.close()


async def test_what_a_reloaded_plugin_no_longer_shows_goes_away() -> None:
    plugins = make(Counting())
    place = Place(plugins, pause=0.0)
    place.panels.look()
    await place.until(lambda: place.of(PanelsShown))
    plugins.sources = Sources(builtins=[("b", Quiet())])
    plugins.reload()
    place.record(ev.CommandRan("/reload", ""))
    await place.until(lambda: place.of(PanelsShown)[1:] == [PanelsShown()])
    await place.panels.close()


async def test_a_session_tells_its_watchers_until_it_closes() -> None:
    stage = Stage(FakeModel("Hello."))
    seen: list[Event] = []
    stage.session.watchers.append(lambda recorded: seen.append(recorded.event))
    show_panels(stage.session, make(Counting()))
    told = asyncio.Event()
    stage.session.watchers.append(
        lambda recorded: told.set() if isinstance(recorded.event, PanelsShown) else None
    )
    await told.wait()
    assert [event for event in seen if isinstance(event, PanelsShown)] == [shown(0)]
    await stage.prompt()
    await stage.session.close()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not any(isinstance(event, PanelsShown) for event in stage.events)


async def test_every_face_of_a_hosted_session_is_told(tmp_path: Path) -> None:
    async with hosting(tmp_path, "Hello.", extra=(("counting", Counting()),)) as hosted:
        await hosted.until(lambda: hosted.of(PanelsShown))
        await hosted.session.submit("Hi")
        await hosted.until(lambda: shown(1) in hosted.of(PanelsShown))
    assert hosted.of(PanelsShown) == [shown(0), shown(1)]
