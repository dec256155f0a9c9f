"""A run's report on a terminal: sections with signs, words and colours, and the net diffs of its files."""

from collections.abc import Iterator

from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from aura.runs.run_report import RunReport
from aura.runs.sections import Item, Section, Tone, make_sections, name_state
from aura.ui.cells import Line, crop, cut, measure, tidy, tidy_line, wrap
from aura.ui.ending import to_text
from aura.ui.log_lines import tell_clock
from aura.ui.look import Look, Role

INDENT = 2
FEWEST = 20  # cells
SHOWN_ROWS = 40  # of one diff, unless all is wanted
SHOWN_DIFFS = 20
ROLES: dict[Tone, Role] = {
    "plain": "text",
    "good": "good",
    "warn": "warn",
    "bad": "bad",
    "muted": "muted",
    "said": "text",
}
GOOD = ("DONE", "ANSWERED")


def render_run_report(report: RunReport, look: Look, width: int, *, diffs: bool | None = None) -> list[Line]:
    """The report in `width` cells; `diffs` shows all of the diffs or none (None: the beginning of each)."""
    width = max(width, FEWEST)
    lines = _Sheet(look, width).render(report, diffs=diffs)
    return [crop(line, width, look.signs.ellipsis) for line in lines]


def print_lines(lines: list[Line], look: Look, width: int) -> Iterator[str]:
    """Lines as text to print, with codes for colours only where they are wanted."""
    console = Console(
        width=width,
        color_system="truecolor" if look.colour else None,
        force_terminal=look.colour,
        no_color=not look.colour,
        highlight=False,
    )
    for line in lines:
        with console.capture() as captured:
            console.print(to_text(line), end="", soft_wrap=True)
        yield captured.get().rstrip()


class _Sheet:
    """Makes the lines."""

    def __init__(self, look: Look, width: int) -> None:
        self.look = look
        self.width = width

    def render(self, report: RunReport, *, diffs: bool | None) -> Iterator[Line]:
        yield self._head(report)
        place = report.place
        yield from self._text(f"{place.session} {self.look.signs.dot} {place.workspace}", "muted", "")
        if place.sandbox:
            yield from self._text(f"commands ran with: {place.sandbox}", "muted", "")
        for section in make_sections(report, tell_clock):
            yield []
            yield from self._section(section)
            if section.title == "Files changed" and diffs is not False:
                yield from self._diffs(report, is_whole=diffs is True)

    def _head(self, report: RunReport) -> Line:
        state = name_state(report)
        role: Role = "good" if state in GOOD else "accent" if report.standing.run.phase.is_active else "warn"
        sign = self.look.signs.done if state in GOOD else self.look.signs.active
        style = self.look.style(role) + Style(bold=True)
        head = f"{sign} {state}"
        goal = cut(tidy_line(report.goal), max(self.width - len(head) - 3, 0), self.look.signs.ellipsis)
        return [Segment(head, style), Segment(f"  {goal}", self.look.style("muted"))]

    def _section(self, section: Section) -> Iterator[Line]:
        strong = self.look.style("strong") + Style(bold=True)
        note = [Segment(f"  {section.note}", self.look.style("muted"))] if section.note else []
        heading = [Segment(section.title, strong)]
        if measure([*heading, *note]) <= self.width:
            yield [*heading, *note]
        else:
            yield heading
            yield from self._text(section.note, "muted", "")
        for item in section.items:
            yield from self._item(item)

    def _item(self, item: Item) -> Iterator[Line]:
        if item.tone == "said":
            for part in tidy(item.text).split("\n"):
                yield from self._text(part, "text", "| ")
            return
        yield from self._text(item.text, ROLES[item.tone], f"{self._sign(item.tone)} ")

    def _sign(self, tone: Tone) -> str:
        signs = self.look.signs
        return {"good": signs.ok, "warn": signs.flag, "bad": signs.failed}.get(tone, signs.dot)

    def _text(self, text: str, role: Role, sign: str) -> Iterator[Line]:
        style = self.look.style(role)
        margin = " " * INDENT + sign
        lines = wrap([Segment(tidy(text), style)], max(self.width - len(margin), 1)) or [[]]
        for number, line in enumerate(lines):
            begin = margin if not number or sign == "| " else " " * len(margin)
            yield [Segment(begin, style), *line]

    def _diffs(self, report: RunReport, *, is_whole: bool) -> Iterator[Line]:
        files = [file for file in report.files if file.diffs]
        for file in files if is_whole else files[:SHOWN_DIFFS]:
            rows = tidy("\n".join(file.diffs)).rstrip("\n").split("\n")
            shown = rows if is_whole else rows[:SHOWN_ROWS]
            yield []
            yield from (self._row(row) for row in shown)
            if len(shown) < len(rows):
                more = f"{len(rows) - len(shown)} more lines (--diff shows all)"
                yield from self._text(more, "muted", f"{self.look.signs.ellipsis} ")
        if not is_whole and len(files) > SHOWN_DIFFS:
            more = f"{len(files) - SHOWN_DIFFS} more files (--diff shows all)"
            yield from self._text(more, "muted", f"{self.look.signs.ellipsis} ")

    def _row(self, row: str) -> Line:
        role: Role = "text"
        if row.startswith(("--- ", "+++ ", "@@")):
            role = "muted"
        elif row.startswith("+"):
            role = "added"
        elif row.startswith("-"):
            role = "removed"
        return [Segment(" " * 2 * INDENT), Segment(row, self.look.style(role))]
