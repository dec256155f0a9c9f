"""The language of conditions: what it says, what it refuses and where, and that writing and reading agree."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core import events as ev
from aura.core.conditions import (
    TERMS,
    Condition,
    Scene,
    Term,
    evaluate,
    evaluate_async,
    parse,
    render,
)
from aura.core.errors import ConfigError
from aura.core.messages import MODEL, Message, Text, ToolCall, ToolResult, user
from aura.core.models import Completion, ModelInfo, Usage
from aura.core.todos import Todo, TodoStatus
from aura.core.tools import Claim
from aura.core.turn import Turn, fold


def scene_of(
    *events: ev.Event,
    model: ModelInfo | None = None,
    elapsed: float | None = None,
    exists: Callable[[str], bool] = lambda path: path == "README.md",
    bash: Callable[[str], bool] = lambda command: command == "true",
) -> Scene:
    return Scene(
        fold(events),
        exists,
        bash,
        model or ModelInfo("lab/Large-1", 1_000, capabilities=frozenset({"tools"})),
        elapsed,
    )


def todos(*statuses: TodoStatus) -> ev.TodosChanged:
    items = tuple(Todo(str(place), "x", status) for place, status in enumerate(statuses))
    return ev.TodosChanged(items, "model")


def reply(tokens: int, cost: float = 0.0) -> ev.ModelReplied:
    return ev.ModelReplied(
        Completion(Message("assistant", (Text("hi"),), MODEL), Usage(tokens, 0), cost=cost)
    )


def call(outcome: str = "ok") -> ev.ToolFinished:
    return ev.ToolFinished(ToolCall("c", "Read"), ToolResult("c", ""), outcome)  # type: ignore[arg-type]


PROMPT = ev.TurnStarted(1, user("go"))
ACCEPTED = ev.DoneAccepted(Claim("all done"), verified=True)
BLOCKED = ev.DoneAccepted(Claim("cannot", "blocked"), verified=False)
COMPACTED = ev.Compacted("s", "p", 2, 10, 5, "full")


CASES: list[tuple[str, list[ev.Event], bool]] = [
    ("auto", [ev.AutoSwitched(True, "human")], True),
    ("auto", [], False),
    ("not auto", [], True),
    ("todo_empty", [], True),
    ("todo_empty", [todos("completed")], False),
    ("todo_pending", [todos("in_progress")], True),
    ("todo_pending", [todos("blocked", "completed")], False),
    ("todo_done", [], False),
    ("todo_done", [todos("completed", "cancelled")], True),
    ("todo_done", [todos("completed", "pending")], False),
    ("done", [], False),
    ("done", [ACCEPTED], True),
    ("done", [BLOCKED], False),
    ("context_above:50", [reply(500)], True),
    ("context_above:51", [reply(500)], False),
    ("context_below:50", [reply(500)], False),
    ("context_below:51", [reply(500)], True),
    ("history_gt:1", [PROMPT, reply(1)], True),
    ("history_gt:2", [PROMPT, reply(1)], False),
    ("history_lt:1", [PROMPT, reply(1), COMPACTED], True),
    ("tool_calls_gt:1", [call(), call()], True),
    ("tool_calls_lt:2", [call(), call()], False),
    ("tool_errors_gt:0", [call("denied")], True),
    ("tool_errors_lt:1", [call()], True),
    ("turns_gt:0", [PROMPT], True),
    ("turns_lt:1", [PROMPT], False),
    ("steps_gt:1", [PROMPT, ev.StepStarted(1, "m"), ev.StepStarted(2, "m")], True),
    ("steps_lt:2", [PROMPT, ev.StepStarted(1, "m"), ev.StepStarted(2, "m")], False),
    ("compactions_gt:0", [COMPACTED], True),
    ("compactions_lt:1", [COMPACTED], False),
    ("tokens_total_gt:99", [reply(100)], True),
    ("tokens_total_lt:100", [reply(100)], False),
    ("cost_gt:0.5", [reply(1, cost=0.51)], True),
    ("cost_gt:0.5", [reply(1, cost=0.5)], False),
    ("cost_lt:0.5", [reply(1, cost=0.49)], True),
    ("elapsed_gt:9.5", [ev.StepEnded(1, 10.0)], True),
    ("elapsed_lt:9.5", [ev.StepEnded(1, 10.0)], False),
    ("model_is:LAB/large-1", [], True),
    ("model_is:large-1", [], True),
    ("model_is:large", [], False),
    ("model_has:Tools", [], True),
    ("model_has:vision", [], False),
    ("model_context_gt:999", [], True),
    ("model_context_gt:1000", [], False),
    ("model_context_lt:1001", [], True),
    ("model_context_lt:1000", [], False),
    ("exists:README.md", [], True),
    ("exists:nothing", [], False),
    ('bash:"true"', [], True),
    ('bash:"false"', [], False),
    ("auto and not todo_empty", [ev.AutoSwitched(True, "human"), todos("pending")], True),
    ("auto and not todo_empty", [todos("pending")], False),
    ("auto and not todo_empty", [ev.AutoSwitched(True, "human")], False),
]


@pytest.mark.parametrize(("text", "events", "expected"), CASES)
def test_each_term_means_what_it_says(text: str, events: list[ev.Event], expected: bool) -> None:
    assert evaluate(parse(text), scene_of(*events)) is expected


def test_every_term_is_tried_above() -> None:
    assert {term.name for text, _, _ in CASES for term in parse(text).terms} == set(TERMS)


def test_an_unknown_window_is_neither_full_nor_empty() -> None:
    scene = scene_of(reply(500), model=ModelInfo("x"))
    for text in ("context_above:0", "context_below:100", "model_context_gt:0", "model_context_lt:9"):
        assert not evaluate(parse(text), scene)


def test_elapsed_may_be_told() -> None:
    assert evaluate(parse("elapsed_gt:59"), scene_of(elapsed=60.0))


def test_a_command_keeps_the_word_and() -> None:
    condition = parse('auto and bash:"cd x and run \\"it\\"" and not done')
    assert condition.commands == ('cd x and run "it"',)
    assert [term.name for term in condition.terms] == ["auto", "bash", "done"]


def test_backslashes_of_a_command_stay() -> None:
    assert parse(r"""bash:'grep "\d\s" a.txt'""").commands == (r'grep "\d\s" a.txt',)
    assert parse(r'bash:"printf \\\\n"').commands == (r"printf \\n",)


def test_not_may_be_repeated() -> None:
    assert parse("not not auto") == parse("auto")
    assert parse("not not not auto") == parse("not auto")


def test_space_and_lines_do_not_matter() -> None:
    assert parse("  auto\n and\t not  done  ") == parse("auto and not done")


def test_commands_run_last_and_only_when_needed() -> None:
    ran: list[str] = []

    def run(command: str) -> bool:
        ran.append(command)
        return True

    assert not evaluate(parse('bash:"slow" and auto'), scene_of(bash=run))
    assert ran == []
    assert evaluate(parse('bash:"slow" and auto'), scene_of(ev.AutoSwitched(True, "human"), bash=run))
    assert ran == ["slow"]


async def test_commands_can_be_awaited() -> None:
    ran: list[str] = []

    async def run(command: str) -> bool:
        ran.append(command)
        return command == "good"

    scene = scene_of(ev.AutoSwitched(True, "human"))
    assert await evaluate_async(parse('auto and bash:"good" and not bash:"bad"'), scene, run)
    assert not await evaluate_async(parse('bash:"bad" and bash:"good"'), scene, run)
    assert not await evaluate_async(parse('not auto and bash:"good"'), scene, run)
    assert ran == ["good", "bad", "bad"]


@pytest.mark.parametrize(
    ("text", "caret", "words"),
    [
        ("", 0, "a term is missing here"),
        ("   ", 3, "a term is missing here"),
        ("auto and", 8, "a term is missing here"),
        ("and auto", 0, "a term is missing before `and`"),
        ("not and auto", 4, "a term is missing before `and`"),
        ("todo_emty", 0, "did you mean `todo_empty`?"),
        ("auto and quux", 9, "there is no term `quux`"),
        ("auto or done", 5, "there is no `or`, only `and` and `not`"),
        ("auto done", 5, "terms are joined by `and`"),
        ("(auto)", 0, "there are no parentheses"),
        ("auto:1", 4, "`auto` takes no argument"),
        ("context_above", 13, "`context_above` needs a number after a colon"),
        ("context_above: 80", 14, "needs a number right after the colon"),
        ("context_above:80%", 14, "needs a whole number, 0 or more"),
        ("steps_gt:-1", 9, "needs a whole number, 0 or more"),
        ("steps_gt:1.5", 9, "needs a whole number, 0 or more"),
        ("cost_gt:inf", 8, "needs a number, 0 or more"),
        ("cost_gt:nan", 8, "needs a number, 0 or more"),
        ("cost_gt:cheap", 8, "needs a number, 0 or more"),
        ("exists:", 7, "needs a text right after the colon"),
        ('exists:""', 7, "needs a text right after the colon"),
        ("bash:make test", 10, "put the whole command in quotes"),
        ('bash:"make', 5, "this quote is never closed"),
        ('bash:"make"x', 11, "a space belongs after the closing quote"),
        ("9lives", 0, "a term starts with a letter"),
    ],
)
def test_errors_point_at_the_place(text: str, caret: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    sentence, line, mark = caught.value.sentence.split("\n")
    assert words in sentence
    assert line == f"    {text}"
    assert mark == " " * (4 + caret) + "^"


NAMES = sorted(TERMS)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    name = draw(st.sampled_from(NAMES))
    arguments: dict[str, st.SearchStrategy[str | float | None]] = {
        "nothing": st.none(),
        "count": st.integers(0, 10**9),
        "amount": st.floats(0, 1e12, allow_nan=False),
        "text": st.text(min_size=1, max_size=20),
    }
    return Term(name, draw(arguments[TERMS[name].argument]), draw(st.booleans()))


conditions = st.lists(terms(), min_size=1, max_size=5).map(lambda found: Condition(tuple(found)))


@given(conditions)
def test_what_is_rendered_reads_the_same(condition: Condition) -> None:
    assert parse(render(condition)) == condition


@given(st.text(alphabet=st.sampled_from("anotd:_\"'\\ ()1.gutoe"), max_size=40))
def test_any_text_is_read_or_refused_with_a_caret_inside(text: str) -> None:
    try:
        condition = parse(text)
    except ConfigError as error:
        mark = error.sentence.split("\n")[2]
        assert 4 <= mark.index("^") <= 4 + len(text)
    else:
        assert parse(render(condition)) == condition


@given(conditions, st.booleans(), st.booleans())
def test_a_condition_is_its_cheap_and_its_costly_part(condition: Condition, exists: bool, bash: bool) -> None:
    scene = scene_of(PROMPT, reply(500), exists=lambda _: exists, bash=lambda _: bash)
    whole = evaluate(condition, scene)
    assert whole is (evaluate(condition.cheap, scene) and evaluate(condition.costly, scene))


@given(terms(), st.booleans())
def test_not_turns_a_term_round(term: Term, exists: bool) -> None:
    scene = scene_of(todos("pending"), exists=lambda _: exists, bash=lambda _: exists)
    turned = Condition((Term(term.name, term.argument, not term.negated),))
    assert evaluate(turned, scene) is not evaluate(Condition((term,)), scene)


def test_an_empty_turn_is_enough() -> None:
    assert evaluate(parse("todo_empty and turns_lt:1"), Scene(Turn(), bool, bool))
