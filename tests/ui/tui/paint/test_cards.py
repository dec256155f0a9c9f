"""Cards of tool calls: verbs, details, facts, previews."""

from dataclasses import replace

import pytest

from aura.core.attempts import Outcome
from aura.core.evidence import CommandRun, FileChange
from aura.core.messages import ToolCall
from aura.core.tools import Answer, Question
from aura.ui.answers import SKIPPED, TALK
from aura.ui.blocks import CardGroup, CommandLog, Injection, Inquiry, Said, Thought, ToolCard
from aura.ui.look import ASCII, Look
from aura.ui.tui.paint import paint
from tests.ui.tui.paint.bodies import BEGAN, DIFF, EDITED, NOW, RUNNING, SHELL, call, quiet


def tell(card: ToolCard, width: int = 78, *, expanded: bool = False, now: float = NOW) -> list[str]:
    return [strip.text.rstrip() for strip in paint(card, Look(), width, expanded=expanded, now=now)]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (call("Read", path="a.py"), "read a.py"),
        (call("Read", path="a.py", offset=40), "read a.py:40"),
        (call("Read", path="a.py", offset=40, limit=20), "read a.py:40-59"),
        (call("Read", path="a.py", offset=-5), "read a.py:-5"),
        (call("Write", path="a.py", content="x"), "write a.py"),
        (call("Edit", path="a.py", edits=[]), "edit a.py"),
        (call("ApplyPatch", patch="*** Begin Patch\n*** Add File: n\n+x\n*** Update File: o\n"), "patch n, o"),
        (call("ApplyPatch", patch="--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n"), "patch x.py"),
        (call("Glob", pattern="*.py", path="src"), "glob *.py in src"),
        (call("Grep", pattern="close\\("), "grep close\\("),
        (call("Bash", command="make\n  test"), "shell make test"),
        (call("JobPoll", job="job-1"), "job job-1"),
        (call("JobPoll"), "job all"),
        (call("JobKill", job="job-1"), "end job job-1"),
        (call("TodoWrite", todos=[{"status": "completed"}, {"content": "b", "status": "in_progress"}]), "todo 1/2 b"),
        (call("Done", summary="all fixed"), "done all fixed"),
        (call("Done", summary="no key", status="blocked"), "done blocked: no key"),
        (call("Ask", question="which?"), "ask which?"),
        (call("Recall", query="error"), "recall error"),
        (call("mcp__forge__open", title="x"), 'mcp__forge__open {"title": "x"}'),
        (call("Fetch", url="https://example.org", depth=1), "Fetch https://example.org"),
        (call("Nothing"), "Nothing"),
        (call("Read", path=["no", "text"]), "read ['no', 'text']"),
        (call("TodoWrite", todos="no list"), "todo"),
    ],
)  # fmt: skip
def test_every_tool_has_its_words(asked: ToolCall, told: str) -> None:
    line = tell(ToolCard(asked, BEGAN, "ok", 0.1, "fine"), 118)[0]
    assert line.removesuffix("0.1s").strip() == f"▸ ✓ {told}".strip()


@pytest.mark.parametrize(
    ("outcome", "sign", "word"),
    [
        (None, "◐", "100s"),
        ("ok", "✓", "3.0s"),
        ("error", "✗", "3.0s"),
        ("invalid", "✗", "not understood"),
        ("denied", "⊘", "refused"),
        ("unknown", "‖", "fate unknown"),
        ("cancelled", "‖", "stopped"),
    ],
)
def test_every_outcome_has_its_sign_and_word(outcome: Outcome | None, sign: str, word: str) -> None:
    line = tell(ToolCard(call("Read", path="a.py"), BEGAN, outcome, 3.0), now=BEGAN + 100)[0]
    assert line.startswith(f"  ▸ {sign} read a.py")
    assert line.endswith(word if word != "100s" else "1m40s")


def test_a_running_command_counts_and_shows_its_last_two_lines() -> None:
    assert tell(RUNNING)[0].endswith("18s / 120s")
    assert tell(RUNNING, now=NOW + 5)[0].endswith("23s / 120s")
    assert [line.split("│ ")[1] for line in tell(RUNNING)[1:]] == RUNNING.output.splitlines()[-2:]
    assert tell(replace(RUNNING, output=""))[1:] == []
    odd = replace(RUNNING, call=call("Bash", command="x", timeout="soon"))
    assert tell(odd)[0].endswith("18s")


def test_a_failure_shows_its_last_line_and_a_quiet_success_nothing() -> None:
    assert tell(SHELL)[1:] == ["    │ 3 failed, 197 passed in 41.22s", ""]
    good = replace(SHELL, outcome="ok", command=CommandRun("x", 0, "lots\nof\noutput", 0.4))
    assert tell(good) == [tell(good)[0]]
    killed = replace(SHELL, command=CommandRun("x", None, "", 120), result="[ended after 120 s]")
    assert tell(killed)[0].endswith("2m00s killed")
    assert tell(killed)[1] == "    │ [ended after 120 s]"


def test_a_refusal_says_why_beside_or_below() -> None:
    card = ToolCard(call("Bash", command="git push"), BEGAN, "denied", reason="policy: no push")
    assert tell(card)[0].endswith("refused: policy: no push")
    longer = replace(card, reason="policy: pushing needs a person, and there is none to be asked tonight")
    assert tell(longer)[0].endswith("refused")
    assert "there is none" in " ".join(tell(longer)[1:])


def test_an_edit_shows_its_diff_folded_and_whole() -> None:
    folded, whole = tell(EDITED), tell(EDITED, expanded=True)
    assert folded[0].startswith("  ▾ ✓ edit src/queue.py") and folded[0].endswith("+6 −3")
    assert folded[-2].strip() == "… 5 more lines"
    assert len(folded) == 9
    assert any("timeout=30" in line for line in whole)
    assert not any("more lines" in line for line in whole)


def test_a_long_context_does_not_hide_the_first_change() -> None:
    context = "".join(f" line {number}\n" for number in range(1, 9))
    diff = f"--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n{context}-old\n+new\n"
    card = replace(EDITED, changes=(FileChange("x", "modified", 1, 1, diff),))
    assert any("+ new" in line for line in tell(card))


def test_several_files_are_named() -> None:
    changes = tuple(FileChange(f"f{number}.py", "modified", 1, 1, DIFF) for number in range(5))
    lines = tell(replace(EDITED, changes=changes))
    assert next(line for line in lines if "modified f" in line).endswith("+1 −1")
    assert any("and 2 more: f3.py, f4.py" in line for line in lines)


def test_changed_words_are_marked_with_and_without_colour() -> None:
    for look in (Look(), Look(colour=False)):
        strips = paint(EDITED, look, 78, expanded=True, now=NOW)
        marked = [
            segment.text
            for strip in strips
            for segment in strip
            if segment.text in ("5", "30") and segment.style is not None
            and (segment.style.underline if not look.colour else segment.style.bgcolor != look.style("added").bgcolor)
        ]  # fmt: skip
        assert marked == ["5", "30"]


def test_a_diff_covers_the_line() -> None:
    strips = paint(EDITED, Look(), 78, expanded=False, now=NOW)
    assert {strip.cell_length for strip in strips if "self._q" in strip.text} == {78}


def test_expanded_tells_arguments_and_both_ends_of_the_output() -> None:
    output = "\n".join(f"row {number}" for number in range(500))
    card = replace(SHELL, call=call("Bash", command="a\nb", workdir="sub"), result=output, outcome="ok")
    lines = [line.split("│ ")[-1] for line in tell(card, expanded=True)]
    assert "workdir: sub" in lines
    assert "row 0" in lines and "row 99" in lines and "row 100" not in lines
    assert "… 300 more lines" in lines
    assert "row 400" in lines and "row 499" in lines
    assert "  a" in lines and "  b" in lines
    assert "Enter fold · y copy · o pager" in lines


def test_an_edit_that_failed_shows_what_was_wanted() -> None:
    card = ToolCard(
        call("Edit", path="a.py", edits=[{"old": "x = 1", "new": "x = 2"}]), BEGAN, "error", 0, "not found"
    )
    assert tell(card)[1] == "    │ not found"
    assert tell(card, expanded=True)[1:3] == ["    │ - x = 1", "    │ + x = 2"]


def test_groups_count_or_name() -> None:
    same = CardGroup((quiet("Read", path="a.py"), quiet("Read", path="b.py")))
    mixed = CardGroup((*same.cards, quiet("Grep", pattern="x", path="src")))
    one, other = (
        paint(group, Look(), 78, expanded=False, now=NOW)[0].text.rstrip() for group in (same, mixed)
    )
    assert one.startswith("  ▸ ✓ read a.py, b.py") and one.endswith("(2 files)  0.1s")
    assert other.startswith("  ▸ ✓ read ×2 · grep  a.py, b.py, x")
    assert len(paint(mixed, Look(), 78, expanded=True, now=NOW)) == 5
    assert "read x2 - grep" in paint(mixed, Look(signs=ASCII), 78, expanded=False, now=NOW)[0].text


def test_a_long_prompt_is_folded() -> None:
    said = Said("\n".join(f"line {number}" for number in range(500)))
    folded = [strip.text.strip() for strip in paint(said, Look(), 78, expanded=False, now=NOW)]
    assert folded[-2] == "… 476 more lines"
    assert len(paint(said, Look(), 78, expanded=True, now=NOW)) == 501


def test_a_long_thought_shows_its_end() -> None:
    words = " ".join(f"word{number}" for number in range(5_000))
    lines = [
        strip.text.strip() for strip in paint(Thought(words, open=True), Look(), 78, expanded=False, now=NOW)
    ]
    assert len(lines) == 4
    assert lines[-1].endswith("word4999")


def test_a_shell_line_shows_its_end_and_a_command_its_beginning() -> None:
    rows = "\n".join(f"row {number}" for number in range(100))
    shell = paint(CommandLog("!ls", (rows,), CommandRun("ls", 0)), Look(), 78, expanded=False, now=NOW)
    said = paint(CommandLog("/help", (rows,)), Look(), 78, expanded=False, now=NOW)
    assert [strip.text.strip() for strip in shell][1:3] == ["│ … 88 more lines", "│ row 88"]
    assert [strip.text.strip() for strip in said][1] == "│ row 0"
    assert said[-2].text.strip() == "│ … 76 more lines"


@pytest.mark.parametrize(
    ("put_off", "told"), [(SKIPPED, "you skipped it"), (TALK, "you want to talk about it")]
)
def test_a_question_that_a_person_put_off_was_not_left_by_nobody(put_off: Answer, told: str) -> None:
    asked = Inquiry(Question("Which?", "text"), put_off, "nobody")
    shown = "\n".join(strip.text for strip in paint(asked, Look(), 78, expanded=False, now=NOW))
    assert told in shown and "nobody" not in shown


def test_an_injector_is_named_once_and_expanded_tells_exactly_what_it_said() -> None:
    told = "[aura: todo-reminder] 2 todos are open."
    shown = [
        "\n".join(strip.text for strip in paint(body, Look(), 78, expanded=expanded, now=NOW))
        for body in (Injection("todo-reminder", ((3, told),)),)
        for expanded in (False, True)
    ]
    assert shown[0].split() == ["◇", "todo-reminder", "2", "todos", "are", "open."]
    assert f'"{told}"' in shown[1]
