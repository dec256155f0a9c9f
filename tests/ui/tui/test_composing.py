"""What the small parts say, piece by piece: what fits, what comes first, and that foreign text is cleaned."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.strip import Strip

from aura.commands import think
from aura.core.events import LimitsSet, ModeSwitched
from aura.core.facts import Panel
from aura.core.limits import Limits
from aura.core.messages import user
from aura.core.permissions import Mode
from aura.core.todos import STATUSES, Todo
from aura.core.turn import Turn
from aura.runs.report import Changed
from aura.ui.look import ASCII, Look
from aura.ui.tui.gauges import draw_bar, draw_sparks, foresee, make_gauges, name_mode
from aura.ui.tui.header import compose_header, name_place, name_prompt, name_session
from aura.ui.tui.panel import Row, arrange_todos, compose_panel
from aura.ui.tui.snapshot import Snapshot
from aura.ui.tui.spans import Span, cut, cut_left, line, measure, tidy
from aura.ui.tui.status import KEYS, LEVELS, compose_status, name_sandbox
from aura.ui.tui.strips import paint_strips
from tests.ui.tui.moments import FACTS, NOON, make_snapshot, make_turn

LOOK = Look()
PLAIN = Look(signs=ASCII, colour=False)
ODD = st.text(
    alphabet=st.characters() | st.sampled_from("\x1b[31m\x07\n\r\t\u202e漢字👩\u200d💻e\u0301"), max_size=60
)
widths = st.integers(1, 160)


def say(spans: Iterable[Span]) -> str:
    return "".join(text for text, _ in spans)


def rows_of(rows: Iterable[Row]) -> list[str]:
    return [f"{say(row.left)} | {say(row.right)}" if row.right else say(row.left) for row in rows]


def panel(snapshot: Snapshot, changes: Iterable[Changed] = ()) -> list[str]:
    return rows_of(compose_panel(snapshot, tuple(changes), LOOK, 34))


def limited(**limits: float) -> Turn:
    return make_turn(LimitsSet(Limits(**limits), fresh=False))  # type: ignore[arg-type]


# --- nothing hostile, and always as wide as it may be ---------------------------------------------------------


@given(ODD, ODD, widths, st.sampled_from([LOOK, PLAIN]))
def test_every_line_is_as_wide_as_it_should_be_and_clean(
    one: str, other: str, width: int, look: Look
) -> None:
    snapshot = make_snapshot(
        replace(
            make_turn(steps=1),
            todos=(Todo("1", one or "x", "in_progress"), Todo("2", other or "x", "blocked")),
        ),
        facts=replace(FACTS, model=one, workspace=f"/{other}", sandbox=one),
        title=other,
        branch=one,
        status=(one, other),
        fired=((one, 1),),
        checks=((other, 1, 2),),
        panels=(Panel(one, (other, one)),),
    )
    left, right = compose_header(snapshot, look, width)
    header = line(left, width, Style(), right)
    status = line(compose_status(snapshot, look, width), width, Style())
    hint = line(compose_status(replace(snapshot, hint=one), look, width), width, Style())
    rows = compose_panel(snapshot, (Changed(one, "modified", 1, 2),), look, width)
    strips: list[Strip] = [header, status, hint, *paint_strips(snapshot, look, width)]
    strips += [line(row.left, width, Style(), row.right) for row in rows]
    for strip in strips:
        assert strip.cell_length == width
        assert tidy(strip.text) == " ".join(strip.text.split())
        assert not set(strip.text) & set("\x1b\x07\n\r\t\u202e")


@given(ODD, widths, st.sampled_from([LOOK, PLAIN]))
def test_a_cut_text_is_never_too_wide(text: str, width: int, look: Look) -> None:
    assert measure([(cut(tidy(text), width, look), Style())]) <= width
    assert measure([(cut_left(tidy(text), width, look), Style())]) <= width


# --- header -------------------------------------------------------------------------------------------------


@given(st.integers(20, 200), st.booleans())
def test_the_mode_is_always_there(width: int, is_small: bool) -> None:
    left, right = compose_header(make_snapshot(), LOOK, width, is_small=is_small)
    assert "● AUTO" in say(right)
    assert measure([*left, *right]) <= width


def test_the_header_gives_up_the_place_before_the_name_and_the_name_before_the_step() -> None:
    snapshot = make_snapshot(title="fix the flaky queue for good now")
    seen = [
        say([*left, *right])
        for left, right in (compose_header(snapshot, LOOK, width) for width in range(120, 30, -1))
    ]
    parts = ("/srv/src/", "relay", "(main ±2)", "02:14:11", "good", "fix the flaky", "◉ aura", "step 37/300")
    lost = [
        next((number for number, text in enumerate(seen) if part not in text), len(seen)) for part in parts
    ]
    assert lost[0] < lost[1] < lost[2] <= lost[3] < lost[5] <= lost[6] <= lost[7]


def test_a_session_is_named_by_its_title_or_first_words() -> None:
    assert name_prompt("Fix the flaky test in tests/test_queue.py and make sure") == "Fix the flaky test in"
    assert name_prompt("x" * 100) == f"{'x' * 31}…"
    assert name_prompt("") == ""
    assert name_session(make_snapshot(title="")) == "Fix the flaky test in"
    assert name_session(make_snapshot(Turn(), title="")) == ""
    assert name_session(make_snapshot(title="fix-flaky-queue")) == "fix-flaky-queue"
    assert user("x").origin == "human"


def test_a_place_at_home_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/me")
    assert name_place("/srv/me/src/relay") == "~/src/relay"
    assert name_place("/srv/me") == "~"
    assert name_place("/srv/mexico") == "/srv/mexico"


@pytest.mark.parametrize(
    ("mode", "auto", "word"),
    [
        (Mode.ASK, False, "ask"),
        (Mode.EDIT, False, "edit"),
        (Mode.PLAN, False, "plan"),
        (Mode.AUTO, False, "permission auto"),
        (Mode.YOLO, False, "⚑ yolo"),
        (Mode.YOLO, True, "● AUTO"),
    ],
)
def test_the_mode_word(mode: Mode, auto: bool, word: str) -> None:
    turn = make_turn(ModeSwitched(mode.value, "human"))
    turn = replace(turn, switches=replace(turn.switches, auto=auto))
    snapshot = make_snapshot(turn)
    assert name_mode(snapshot, LOOK)[0] == word
    told = say(compose_status(snapshot, LOOK, 120))
    assert ("permission ⚑ yolo" in told) is auto


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("asking", "✋ needs you"),
        ("lost", "✗ engine lost"),
        ("stopping", "stopping"),
        ("starting", "starting"),
    ],
)
def test_a_state_that_matters_is_said(state: str, word: str) -> None:
    _, right = compose_header(make_snapshot(state=state), LOOK, 120)
    assert word in say(right)


# --- gauges -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "role", "alarm"),
    [(0.0, "good", ""), (0.79, "good", ""), (0.8, "warn", "!"), (0.95, "bad", "!!"), (2.0, "bad", "!!")],
)
def test_a_gauge_warns_by_colour_and_sign(used: float, role: str, alarm: str) -> None:
    turn = make_turn(steps=round(used * 300))
    gauge = make_gauges(make_snapshot(turn))[0]
    assert (gauge.role, gauge.alarm) == (role, alarm)
    assert gauge.number == f"{round(used * 300)}/300"


def test_a_limit_that_is_off_shows_only_the_number() -> None:
    lines = panel(make_snapshot(limited(steps=0)))
    budget = lines[lines.index("Budget ") if "Budget " in lines else lines.index("Budget") :][1:6]
    assert [text.split() for text in budget[:4]] == [
        ["steps", "|", "37"],
        ["tokens", "|", "412k"],
        ["cost", "|", "$1.85"],
        ["time", "|", "2h14"],
    ]


def test_rare_limits_have_a_gauge_when_they_are_on() -> None:
    gauges = make_gauges(make_snapshot(limited(tokens_in=500_000, tokens_out=10_000, turn_seconds=9_000)))
    assert [
        (gauge.label, gauge.limit, gauge.number) for gauge in gauges if gauge.label in ("in", "out", "turn")
    ] == [
        ("in", "tokens_in", "412k/500k"),
        ("out", "tokens_out", "0/10k"),
        ("turn", "turn_seconds", "2h14/2h30"),
    ]
    assert set(Limits.__dataclass_fields__) >= {gauge.limit for gauge in gauges if gauge.limit}


@given(st.floats(-1, 3), st.integers(1, 40), st.sampled_from([LOOK, PLAIN]))
def test_a_bar_is_as_long_as_it_should_be_and_grows_with_its_share(
    share: float, width: int, look: Look
) -> None:
    def length(part: float) -> float:
        filled, _ = draw_bar(part, width, look, "good")
        return sum((look.signs.bars.index(sign) + 1) / len(look.signs.bars) for sign in filled[0])

    assert measure(draw_bar(share, width, look, "good")) == width
    assert length(share) <= length(share + 0.1)
    assert (length(share) > 0) is (share > 0)
    assert length(1.0) == width


def test_sparks_follow_the_values() -> None:
    assert draw_sparks((0.0, 0.5, 1.0), LOOK) == "▁▅█"
    assert draw_sparks((0.0, 0.0), LOOK) == "▁▁"
    assert draw_sparks((), LOOK) == ""
    assert draw_sparks((0.0, 0.5, 1.0), PLAIN).isascii()


def test_an_unknown_cost_is_said_everywhere() -> None:
    free = make_snapshot(make_turn(cost=None), facts=replace(FACTS, priced=False), costs=(0.0,))
    assert "cost unknown: no price is known" in panel(free)
    assert any(text.startswith("cost") and text.endswith("unknown/$5.00") for text in panel(free))
    assert "cost unknown" in say(compose_status(free, LOOK, 200))
    turn = make_turn()
    partly = make_snapshot(replace(turn, spend=replace(turn.spend, unpriced=2)))
    assert "$1.85+?" in say(compose_status(partly, LOOK, 200))
    known = make_snapshot()
    assert "unknown" not in "".join([*panel(known), say(compose_status(known, LOOK, 200))])


def test_the_limit_that_ends_it_first_is_marked_and_its_time_told() -> None:
    told = panel(make_snapshot())
    assert "Budget · ~ 3h11 left at this pace" in told
    assert [text[:8].strip() for text in told if "▸" in text] == ["tokens▸"]
    used_up = panel(make_snapshot(make_turn(steps=300)))
    assert any("steps: nothing left" in text or "time: nothing left" in text for text in used_up)
    assert all("left" not in text for text in panel(make_snapshot(state="idle", since=0.0)))


def test_a_long_step_makes_the_forecast_longer_before_it_is_over() -> None:
    turn = make_turn(LimitsSet(Limits(steps=50), fresh=False), steps=10, seconds=1.0)
    first, later, last = (
        foresee(make_snapshot(turn, times=(1.0,) * 10, since=NOON - elapsed))
        for elapsed in (10.5, 30.0, 70.0)
    )
    assert first is not None and later is not None and last is not None
    assert first.seconds == pytest.approx(40.0)
    assert first.seconds < later.seconds < last.seconds


# --- the panel's other sections -----------------------------------------------------------------------------


def test_todos_keep_their_order_until_they_are_many() -> None:
    few = tuple(Todo(str(number), "x", "completed" if number % 2 else "pending") for number in range(8))
    assert arrange_todos(few) == few
    many = (*few, Todo("8", "now", "in_progress"))
    assert [todo.status for todo in arrange_todos(many)] == [
        "in_progress",
        *["pending"] * 4,
        *["completed"] * 4,
    ]
    assert [todo.id for todo in arrange_todos(many)] == ["8", "0", "2", "4", "6", "1", "3", "5", "7"]


def test_every_state_of_a_todo_has_its_sign_and_where_needed_its_word() -> None:
    todos = tuple(Todo(str(number), "do it", status) for number, status in enumerate(STATUSES))  # type: ignore[arg-type]
    told = panel(make_snapshot(replace(make_turn(), todos=todos)))
    assert told[:6] == ["Todo 2/5", "○ do it", "▶ do it", "✓ do it", "- do it cancelled", "⊘ do it blocked"]
    long = replace(make_turn(), todos=(Todo("1", "a title that is much too long for it", "blocked"),))
    assert panel(make_snapshot(long))[1] == "⊘ a title that is much to… blocked"


def test_files_and_checks_are_told_with_numbers_and_words() -> None:
    changes = (
        Changed("src/queue.py", "modified", 6, 2),
        Changed("a/very/long/path/to/some/test_close.py", "deleted", 0, 25),
    )
    told = panel(make_snapshot(), changes)
    assert "Changed 2 files +6 −27" in told
    assert "M src/queue.py | +6 −2" in told
    assert any(text.startswith("D …") and text.endswith("test_close.py | +0 −25") for text in told)
    assert "✗ stress 200 | exit 1 step 35" in told
    assert "✓ ruff check | passed step 36" in told
    assert "◐ pytest -q | running" in told
    many = panel(make_snapshot(), tuple(Changed(f"f{number}", "created", 1, 0) for number in range(11)))
    assert "  3 more" in many
    assert "A f10 | +1 −0" in many


def test_what_spoke_last_stands_first() -> None:
    told = panel(make_snapshot())
    place = told.index("Injectors")
    assert told[place + 1 : place + 3] == ["◇ todo-reminder | step 35", "◇ loop-guard | step 12"]
    assert "Injectors" not in panel(make_snapshot(fired=()))


def test_sections_of_plugins_stand_last() -> None:
    told = panel(make_snapshot(panels=(Panel("Notes", ("  two\tcells",)), Panel("More", ("x" * 60,)))))
    assert told[-5:] == ["Notes", "  two   cells", "", "More", f"{'x' * 33}…"]


# --- strips and status --------------------------------------------------------------------------------------


def test_the_plan_strip_tells_what_is_next_when_nothing_is_in_work() -> None:
    def strip(*todos: Todo) -> str:
        return (
            paint_strips(make_snapshot(replace(make_turn(), todos=todos)), LOOK, 80)[0]
            .text.split("  ")[0]
            .strip()
        )

    assert strip(Todo("1", "a", "completed"), Todo("2", "b")) == "○ 1/2 next: b"
    assert strip(Todo("1", "a", "completed"), Todo("2", "b", "cancelled")) == "✓ 2/2 nothing left to do"
    assert strip(Todo("1", "a", "completed"), Todo("2", "b", "blocked")) == "⊘ 1/2 blocked"


def test_the_budget_strip_drops_what_matters_least() -> None:
    turn = make_turn(steps=290, cost=0.001, seconds=10.0, tokens=100)
    snapshot = make_snapshot(turn, since=NOON - 2_900)
    lines = [paint_strips(snapshot, LOOK, width)[1].text for width in (80, 40, 20)]
    assert all("step 290/300▸!!" in text for text in lines[:2])
    assert "time" in lines[0]
    assert len(lines[2]) == 20


@given(st.integers(60, 200))
def test_the_stop_key_and_a_missing_sandbox_are_never_dropped(width: int) -> None:
    snapshot = make_snapshot(facts=replace(FACTS, sandbox="no sandbox"), status=("x" * 30,) * 8)
    told = say(compose_status(snapshot, LOOK, width))
    assert "Ctrl+C stop" in told
    assert "⚑ sandbox off" in told
    assert measure([(told, Style())]) <= width


@pytest.mark.parametrize(
    ("text", "shown", "role"),
    [
        ("no sandbox", "⚑ sandbox off", "warn"),
        ("off", "⚑ sandbox off", "warn"),
        ("sandbox bwrap (partly)", "⚑ sandbox bwrap (partly)", "warn"),
        ("sandbox bwrap", "sandbox bwrap", "muted"),
    ],
)
def test_the_sandbox_is_told_as_it_is(text: str, shown: str, role: str) -> None:
    found = name_sandbox(text, LOOK)
    assert found is not None
    assert found[0] == shown
    assert found[1].color == LOOK.style(role).color  # type: ignore[arg-type]
    assert name_sandbox("", LOOK) is None


@pytest.mark.parametrize(
    ("state", "keys", "told"),
    [
        ("idle", KEYS, ["Ctrl+A auto off", "Shift+Tab permission", "? keys"]),
        ("working", KEYS, ["Ctrl+C stop", "Ctrl+A auto off", "Ctrl+T plan", "? keys"]),
        (
            "working",
            {**KEYS, "auto": "Alt+A", "panel": "", "runs": "←"},
            ["Ctrl+C stop", "Alt+A auto off", "← runs"],
        ),
        ("stopping", KEYS, ["stopping", "Ctrl+C again kills it"]),
        ("asking", KEYS, ["✋ answer above", "Esc is the safe answer"]),
        ("lost", KEYS, ["the engine is gone"]),
        ("starting", KEYS, ["starting…"]),
    ],
)
def test_the_keys_are_those_of_the_state(state: str, keys: Mapping[str, str], told: list[str]) -> None:
    shown = say(compose_status(make_snapshot(state=state), LOOK, 200, keys)).split(" · ")
    assert [item for item in shown if item in told] == told
    others = {"Ctrl+C stop", "answer above", "Shift+Tab permission"} - set(told)
    assert not others & set(shown)


def test_a_hint_takes_the_place_of_the_keys() -> None:
    told = say(compose_status(make_snapshot(hint="AUTO on\x1b[2J · Ctrl+A to undo"), LOOK, 120))
    assert told.endswith("AUTO on · Ctrl+A to undo")
    assert "Ctrl+C stop" not in told
    assert say(compose_status(make_snapshot(hint="x" * 500), LOOK, 80)).endswith("…")


def test_thinking_is_told_by_its_level() -> None:
    assert LEVELS == think.LEVELS  # of its own, because the interface does not import the commands

    def told(tokens: int) -> str:
        turn = make_turn()
        turn = replace(turn, switches=replace(turn.switches, thinking=tokens))
        return say(compose_status(make_snapshot(turn), LOOK, 200))

    assert "think medium" in told(4_096)
    assert "think 5,000 tokens" in told(5_000)
    assert "think" not in told(0)


@given(st.integers(40, 200))
def test_items_of_plugins_come_before_keys_that_can_wait(width: int) -> None:
    bare = say(compose_status(make_snapshot(status=()), LOOK, width)).split(" · ")
    told = say(compose_status(make_snapshot(status=("one", "two")), LOOK, width)).split(" · ")
    if width < 120:
        rest = [item for item in told if item not in ("one", "two")]
        assert rest == [item for item in bare if item in told]
    can_wait = ("steps", "plan", "auto off") if width >= 120 else ("steps", "plan")
    important = [item for item in bare if not item.endswith(can_wait)]
    assert all(item in told for item in important)
    if width >= 120:
        assert "one" in told and "two" in told


def test_time_goes_on_while_work_runs() -> None:
    running = make_snapshot(now=NOON + 60)
    assert running.turn_seconds == 8_111
    assert running.seconds == pytest.approx(running.turn.window.seconds + 8_111 - running.turn.pace.seconds)
    resting = make_snapshot(state="idle", since=0.0, now=NOON + 60)
    assert resting.seconds == resting.turn.window.seconds


def test_every_state_can_be_shown_at_every_size() -> None:
    states = ("starting", "idle", "working", "stopping", "asking", "lost")
    for state, width, turn in product(states, (20, 60, 80, 120), (Turn(), make_turn())):
        snapshot = make_snapshot(turn, state=state)
        left, right = compose_header(snapshot, LOOK, width)
        assert line(left, width, Style(), right).cell_length == width
        assert measure(compose_status(snapshot, LOOK, width)) <= width
        assert all(strip.cell_length == width for strip in paint_strips(snapshot, LOOK, width))
