"""The injectors that object to a reply: todo-not-finished, empty-response, done-reminder."""

from aura.config.paths import shipped_plugins
from aura.core import events as ev
from aura.core.messages import ToolCall
from aura.plugins.trial import Trial

INJECTORS = shipped_plugins() / "injectors"
CALL = ToolCall("c", "Read")


def unfinished(name: str = "todo-not-finished") -> Trial:
    return Trial(INJECTORS / name).auto().todos("write it", "test it").prompt()


def test_todo_not_finished_objects_and_lists_what_is_open() -> None:
    trial = unfinished().reply("I am done.")
    text = trial.after_response()
    assert trial.said.objection
    assert "You stopped, but 2 of the todos are open:\n[ ] 1: write it\n[ ] 2: test it" in text
    assert trial.turn.pace.nudges == 1
    assert "1 of the todos is open" in unfinished().todos("one").reply("Done.").after_response()


def test_todo_not_finished_keeps_quiet() -> None:
    assert Trial(INJECTORS / "todo-not-finished").todos("x").prompt().reply("Done.").after_response() == ""
    assert unfinished().reply("Look.", CALL).after_response() == ""
    assert unfinished().reply("").after_response() == ""
    assert unfinished().todos("x", status="completed").reply("Done.").after_response() == ""
    assert unfinished().todos("x", status="blocked").reply("Stuck.").after_response() == ""


def test_empty_response_asks_to_go_on_in_any_mode() -> None:
    trial = Trial(INJECTORS / "empty-response").prompt()
    for nudges in (1, 2):
        assert "Your reply was empty." in trial.reply(" \n").after_response()
        assert trial.said.objection
        assert trial.turn.pace.nudges == nudges


def test_empty_response_keeps_quiet() -> None:
    assert Trial(INJECTORS / "empty-response").prompt().reply("Yes.").after_response() == ""
    assert Trial(INJECTORS / "empty-response").prompt().reply("", CALL).after_response() == ""


def enforced() -> Trial:
    return Trial(INJECTORS / "done-reminder").happen(ev.DoneSwitched(required=True, by="human")).prompt()


def test_done_reminder_asks_to_verify_and_to_call_done() -> None:
    trial = enforced().reply("All finished.")
    text = trial.after_response()
    assert trial.said.objection
    assert "look at every todo" in text
    assert "call Done with a summary" in text


def test_done_reminder_keeps_quiet() -> None:
    assert Trial(INJECTORS / "done-reminder").prompt().reply("All finished.").after_response() == ""
    assert enforced().reply("Look.", CALL).after_response() == ""
    assert enforced().reply("").after_response() == ""
