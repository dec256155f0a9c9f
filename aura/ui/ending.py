"""The card at the end of a turn or a run: how it ended, what the model claims, what aura saw, what to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from aura.core.evidence import CommandRun
from aura.core.limits import ENDINGS, Spend, StopReason
from aura.core.run import GIVEN_UP
from aura.runs.report import HEADINGS, Report, name_heading, render_spend
from aura.ui.cells import Line, crop, cut, measure, tidy, tidy_line, wrap
from aura.ui.look import Look, Role, Signs

INDENT = 4  # cells before what stands below the heading
LISTED = 6  # flags, refusals, files, open todos that are told one by one
NAMED = 60  # cells of how the goal was said
SHORTEST = 16  # cells of it that are worth being shown beside what was spent
APART = 2  # cells between the parts of the heading
CLAIMED = 12  # lines of what the model says
BUDGETS = {
    StopReason.MAX_STEPS: "steps",
    StopReason.MAX_TURNS: "turns",
    StopReason.MAX_TOKENS: "tokens",
    StopReason.MAX_COST: "cost",
    StopReason.MAX_TIME: "time",
}
NEXT = {
    StopReason.DONE: "write what is next",
    StopReason.END_TURN: "write what is next",
    StopReason.NEEDS_INPUT: "write the answer",
    StopReason.BLOCKED: "write what to do about it",
    StopReason.DENIED: "write what to do instead",
    StopReason.MAX_TURNS: '/limits turns +10 raises it, then "go on"',
    StopReason.MAX_TOKENS: '/limits tokens +500k raises it, then "go on"',
    StopReason.MAX_COST: '/limits cost +5 raises it, then "go on"',
    StopReason.MAX_TIME: '/limits time +1h raises it, then "go on"',
    StopReason.PROVIDER: 'write "go on" to try again',
    StopReason.CONFIG: "set it right, then restart",
}


@dataclass(frozen=True, slots=True)
class Head:
    """How it ended: a sign, a word, and the role of both."""

    sign: str
    word: str
    role: Role


def name_head(report: Report, signs: Signs) -> Head:
    """The heading for how it ended."""
    reason = report.reason
    if reason in BUDGETS:
        return Head(signs.paused, f"PAUSED budget: {BUDGETS[reason]}", "accent")
    match reason:
        case StopReason.DONE:
            return Head(signs.done, "DONE", "good")
        case StopReason.END_TURN:
            return Head(signs.ok, HEADINGS[reason], "good")
        case StopReason.NOT_VERIFIED:
            return Head(signs.flag, "DONE? checks fail", "warn")
        case StopReason.CANCELLED:
            step = f" at step {report.spend.steps}" if report.spend.steps else ""
            return Head(signs.paused, f"{name_heading(report)}{step}", "accent")
        case StopReason.NEEDS_INPUT:
            return Head(signs.hand, HEADINGS[reason], "accent")
        case StopReason.BLOCKED | StopReason.STALLED:
            return Head(signs.paused, HEADINGS[reason], "warn")
        case StopReason.DENIED:
            return Head(signs.denied, HEADINGS[reason], "bad")
        case StopReason.PROVIDER | StopReason.CONFIG:
            return Head(signs.failed, HEADINGS[reason].replace(", the", "").replace(", a", ""), "bad")
        case _:
            return Head(signs.failed, HEADINGS.get(reason, "STOPPED"), "bad")


def render_ending(
    report: Report, look: Look, width: int, *, keys: str = "", is_brief: bool = False, expanded: bool = False
) -> list[Line]:
    """The card in `width` cells.

    `keys` is the line of what can be pressed next (empty: none), `is_brief` leaves only the heading and why,
    `expanded` tells every flag, refusal and file.
    """
    card = _Card(look, width, LISTED if not expanded else 1_000)
    card.add_head(report, with_spend=not is_brief)
    card.add_why(report)
    if not is_brief:
        card.add_claim(report, CLAIMED if not expanded else 1_000)
        card.add_state(report)
        card.add_evidence(report)
        card.add_flags(report)
        card.add_total(report)
    if keys:
        card.add(keys, "muted")
    return card.lines


def render_ending_text(report: Report, look: Look, width: int, *, keys: str = "") -> list[Text]:
    """The same as rich texts, one a line."""
    return [to_text(line) for line in render_ending(report, look, width, keys=keys)]


def render_ending_lines(report: Report, look: Look, width: int, *, keys: str = "") -> list[str]:
    """The same as lines to print: with the terminal's own codes for colours, without any where none are wanted."""
    console = Console(
        width=width,
        color_system="truecolor" if look.colour else None,
        force_terminal=look.colour,
        no_color=not look.colour,
        highlight=False,
    )
    lines = []
    for line in render_ending(report, look, width, keys=keys):
        with console.capture() as captured:
            console.print(to_text(line), end="", soft_wrap=True)
        lines.append(captured.get())
    return lines


def to_text(line: Line) -> Text:
    """A line as rich text; without style where a segment has none."""
    text = Text(no_wrap=True, overflow="crop", end="")
    for part, style, _ in line:
        text.append(part, style or Style.null())
    return text


def name_next(report: Report, signs: Signs) -> str:
    """What can be done after such an end, where no face knows better."""
    reason = StopReason.END_TURN if report.detail == GIVEN_UP else report.reason  # it is over for good
    return f" {signs.dot} ".join((NEXT.get(reason, 'write "go on" to continue'), "Enter all of it", "y copy"))


class _Card:
    """Collects the lines of a card."""

    def __init__(self, look: Look, width: int, listed: int) -> None:
        self.look = look
        self.width = width
        self.listed = listed
        self.lines: list[Line] = []

    def add(self, text: str, role: Role = "text", label: str = "", *, most: int = 3) -> None:
        """Add text behind an indent and a label, wrapped to at most so many lines."""
        look = self.look
        begin = [Segment(label, look.style("muted"))] if label else []
        gap = measure(begin)
        if gap > self.width // 3:  # too narrow for text beside it
            self.lines.append([Segment(" " * INDENT), *begin])
            begin, gap = [], 0
        room = max(self.width - INDENT - gap, 1)
        lines = wrap([Segment(tidy(text).strip(), look.style(role))], room)
        if len(lines) > most:
            last = crop(lines[most - 1], room - 1 - len(look.signs.ellipsis))
            lines = [*lines[: most - 1], [*last, Segment(f" {look.signs.ellipsis}", look.style(role))]]
        for number, line in enumerate(lines):
            margin = begin if not number else [Segment(" " * gap)]
            self.lines.append([Segment(" " * INDENT), *margin, *line])

    def add_parts(self, parts: Sequence[Line], between: str) -> None:
        """Add several facts, as many on a line as fit."""
        row: Line = []
        for part in parts:
            joined = [*row, Segment(between), *part] if row else list(part)
            if row and measure(joined) > self.width - INDENT:
                self.lines.append([Segment(" " * INDENT), *row])
                joined = list(part)
            row = crop(joined, max(self.width - INDENT, 1), self.look.signs.ellipsis)
        if row:
            self.lines.append([Segment(" " * INDENT), *row])

    def add_head(self, report: Report, *, with_spend: bool) -> None:
        head = name_head(report, self.look.signs)
        style = self.look.style(head.role) + Style(bold=True)
        left = [Segment(f"  {head.sign} {head.word}", style)]
        spend = tell_spend(report.spend, self.look.signs) if with_spend else ""
        right = [Segment(spend, self.look.style("muted"))] if spend else []
        if report.title:
            room = self.width - measure(left) - measure(right) - 2 * APART
            title = cut(tidy_line(report.title), NAMED, self.look.signs.ellipsis)
            title = cut(title, room, self.look.signs.ellipsis) if room >= SHORTEST else title
            left.append(Segment(f"{' ' * APART}{title}", self.look.style("muted")))
        gap = self.width - measure(left) - measure(right)
        if gap >= APART:
            self.lines.append([*left, Segment(" " * gap), *right] if right else left)
            return
        self.lines.append(crop(left, self.width, self.look.signs.ellipsis))
        if spend:
            self.add(spend, "muted")

    def add_why(self, report: Report) -> None:
        """Why it ended: the cause first, and what helps where that is known."""
        if report.reason is StopReason.DONE and report.claim:
            return
        detail = tidy(report.detail).strip()
        if report.reason in (StopReason.END_TURN, StopReason.CANCELLED) and not detail:
            return
        self.add(detail or ENDINGS[report.reason].sentence, "text")

    def add_claim(self, report: Report, most: int) -> None:
        if report.claim:
            self.add(report.claim, "text", "the model says  ", most=most)

    def add_state(self, report: Report) -> None:
        """Todos and changed files."""
        look, parts = self.look, []
        muted = look.style("muted")
        if report.todos:
            closed = sum(not todo.is_open for todo in report.todos)
            sign = f" {look.signs.ok}" if closed == len(report.todos) else ""
            role: Role = "good" if sign else "warn"
            parts.append(
                [Segment("todo ", muted), Segment(f"{closed}/{len(report.todos)}{sign}", look.style(role))]
            )
        if report.changed:
            added = sum(one.added for one in report.changed)
            removed = sum(one.removed for one in report.changed)
            files = "1 file" if len(report.changed) == 1 else f"{len(report.changed)} files"
            size = f"{files} +{added} {look.signs.minus}{removed}"
            parts.append([Segment("changed ", muted), Segment(size, look.style("text"))])
        self.add_parts(parts, "   ")
        opened = [todo for todo in report.todos if todo.is_open or todo.status == "blocked"]
        for todo in opened[: self.listed]:
            self.add(
                f"{look.signs.waiting} {todo.status.replace('_', ' ')}: {tidy_line(todo.content)}",
                "warn",
                most=1,
            )
        if len(opened) > self.listed:
            self.add(f"{look.signs.ellipsis} {len(opened) - self.listed} more still to do", "muted")
        if self.listed > LISTED:
            for one in report.changed:
                size = f"+{one.added} {look.signs.minus}{one.removed}"
                self.add(f"{one.kind} {tidy_line(one.path)} {size}", "text", most=1)

    def add_evidence(self, report: Report) -> None:
        """What aura ran itself, apart from what the model says."""
        if report.checks:
            when = "after the last edit" if report.verified else "itself"
            self._add_runs(f"checks run by aura {when}:", report.checks)
        elif report.reason is StopReason.DONE:
            self.add("checks: none are set, so nothing was verified (/check adds one)", "warn")
        if report.tests and not report.checks:
            self._add_runs("last tests, run by the model:", (report.tests,))

    def _add_runs(self, label: str, runs: Sequence[CommandRun]) -> None:
        told = [self._tell_run(run) for run in runs]
        if len(label) > self.width - INDENT:
            self.add(label, "muted")
            self.add_parts(told, "  ")
        else:
            self.add_parts([[Segment(label, self.look.style("muted"))], *told], "  ")

    def _tell_run(self, run: CommandRun) -> Line:
        signs = self.look.signs
        passed = run.exit_code == 0
        how = "passed" if passed else "killed" if run.exit_code is None else f"failed, exit {run.exit_code}"
        sign, role = (signs.ok, "good") if passed else (signs.failed, "bad")
        style = self.look.style("good" if role == "good" else "bad")
        return [
            Segment(f"{tidy_line(run.command, 60)} ", self.look.style("text")),
            Segment(f"{sign} {how}", style),
        ]

    def add_flags(self, report: Report) -> None:
        """What a person should look at, and what was refused."""
        signs = self.look.signs
        self._add_list(report.flags, f"{signs.flag} {len(report.flags)} to look at:", "warn")
        self._add_list(report.denied, f"{signs.denied} {len(report.denied)} refused:", "bad")
        if report.denied:
            self.add("/denials tells why, and allows one of them", "muted", most=1)

    def add_total(self, report: Report) -> None:
        """What the whole session took, where that is more than this goal."""
        if report.total.steps > report.spend.steps:
            self.add(f"the whole session: {tell_spend(report.total, self.look.signs)}", "muted", most=1)

    def _add_list(self, texts: Sequence[str], label: str, role: Role) -> None:
        if not texts:
            return
        shown = [tidy_line(text, 300) for text in texts[: self.listed]]
        more = len(texts) - len(shown)
        if more:
            shown.append(f"{self.look.signs.ellipsis} {more} more")
        told = f" {self.look.signs.dot} ".join(shown)
        self.add(f"{label} {told}", role, most=4 if self.listed == LISTED else 1_000)


def tell_spend(spend: Spend, signs: Signs) -> str:
    """What was spent in one line; which part of the tokens the provider had kept."""
    told = render_spend(spend)
    if spend.cache_read and spend.input:
        told = f"{told}, {min(spend.cache_read / spend.input, 1):.0%} cached"
    return told.replace("·", signs.dot)
