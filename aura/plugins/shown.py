"""What plugins show in the interface: their sources, asked one by one, cleaned, capped and guarded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from aura.core.facts import Panel as Section
from aura.core.passing import PanelsShown
from aura.core.text import clean, shorten
from aura.core.turn import Turn
from aura.hookspecs import PanelSource, StatusSource
from aura.plugins.panel import Panel
from aura.plugins.relay import Plugged, Unfit

LINES = 12
WIDTH = 60  # characters
TITLE = 30  # characters
ITEM = 30  # characters of a status item
MOST = 8  # sections, and status items, of all plugins
LONGEST = 2_000  # characters of a line or text that are looked at
STATUS = "register_status"
WANTED: Mapping[str, tuple[str, ...]] = {"register_panels": ("title", "render"), STATUS: ("render",)}


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a plugin shows, with the hook it came through."""

    plugged: Plugged
    hook: str
    shows: PanelSource | StatusSource

    @property
    def name(self) -> str:
        """What it is, in words."""
        title = "" if self.hook == STATUS else shorten(str(getattr(self.shows, "title", ""))[:LONGEST], TITLE)
        return f"the panel {title!r}" if title else "a status item"


class Shown:
    """The sections and status items of the plugins in use; a plugin whose source fails is unplugged."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._sources: tuple[Source, ...] | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        """What every plugin registered; they are asked once."""
        if self._sources is None:
            self._sources = tuple(
                Source(plugged, hook, one)
                for plugged in self._panel.plugged
                for hook, wanted in WANTED.items()
                for one in self._panel.offers(plugged, hook, {}, wanted)
            )
        return self._sources

    def render(self, turn: Turn, begin: Callable[[Source], None] = lambda source: None) -> PanelsShown:
        """What is to be shown at this point of the session; `begin` is told which source is asked next."""
        sections: list[Section] = []
        items: list[str] = []
        for source in self.sources:
            begin(source)
            said = self._panel.guard(source.plugged, source.hook, partial(_read, source, turn))
            if isinstance(said, Section):
                sections.append(said)
            elif said:
                items.append(said)
        return PanelsShown(tuple(sections[:MOST]), tuple(items[:MOST]))

    def unplug(self, source: Source, reason: str) -> None:
        """Take a plugin out of the session that keeps the others waiting."""
        self._panel.unplug(source.plugged, source.hook, reason)


def _read(source: Source, turn: Turn) -> Section | str | None:
    """What a source shows, cleaned; raises what the plugin raises, and `Unfit`."""
    said: object = source.shows.render(turn)
    if source.hook == STATUS:
        return _read_item(said)
    lines = _read_lines(said)
    title = shorten(str(getattr(source.shows, "title", ""))[:LONGEST], TITLE)
    return Section(title, lines) if lines else None


def _read_lines(said: object) -> tuple[str, ...]:
    if said is None:
        return ()
    if isinstance(said, str):
        said = said[: LINES * LONGEST].splitlines()
    if not isinstance(said, Iterable):
        raise Unfit(f"its panel returned {type(said).__name__} instead of lines")
    lines = tuple(islice(said, LINES))
    strange = next((line for line in lines if not isinstance(line, str)), None)
    if strange is not None:
        raise Unfit(f"a line of its panel is {type(strange).__name__} instead of text")
    return tuple(_read_line(line) for line in lines)


def _read_line(text: str) -> str:
    """One line as it is, spaces and all, without what a terminal would obey."""
    line = clean(text[:LONGEST]).expandtabs(4).replace("\n", " ").rstrip()
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _read_item(said: object) -> str:
    if said is None:
        return ""
    if not isinstance(said, str):
        raise Unfit(f"its status item is {type(said).__name__} instead of text")
    return shorten(said[:LONGEST], ITEM)
