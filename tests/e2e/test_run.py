"""`aura run` as a person uses it: real processes, real files, a scripted model."""

import json

from tests.e2e.conftest import Program, call, done, todo


def test_auto_run_ends_with_a_checked_claim(program: Program) -> None:
    model = program.script(
        [
            todo("in_progress"),
            {"call": [call("Write", path="hello.txt", content="hello\n")]},
            {"say": "I think that is all."},
            todo("completed"),
            done("Wrote hello.txt."),
        ]
    )
    ran = program("run", "--auto", "--model", model, "--check", "grep -q hello hello.txt", "write hello")
    assert ran.code == 0, ran.err
    assert ran.out == "Wrote hello.txt.\n"
    assert "todo-not-finished" in ran.err
    assert "grep -q hello hello.txt: passed" in ran.err
    assert (program.workspace / "hello.txt").read_bytes() == b"hello\n"


def test_done_with_a_failing_check_is_sent_back_and_ends_unverified(program: Program) -> None:
    model = program.script([done("It works."), done("It works."), done("It works.")])
    ran = program("run", "--auto", "-o", "json", "--model", model, "--check", "test -f missing.txt", "go")
    assert ran.code == 3
    assert ran.result["reason"] == "not_verified"
    assert ran.result["checks"] == [{"command": "test -f missing.txt", "exit_code": 1}]


def test_chat_ends_with_the_answer(program: Program) -> None:
    ran = program("run", "--mode", "plan", "--model", program.script([{"say": "Forty-two."}]), "what is it?")
    assert (ran.code, ran.out) == (0, "Forty-two.\n")


def test_step_limit_ends_with_a_summary_and_code_five(program: Program) -> None:
    replies = [{"call": [call("Write", path=f"{number}.txt", content="x")]} for number in range(4)]
    model = program.script(
        [*replies, {"when": {"tools_off": True}, "say": "Wrote four files; the rest is left."}]
    )
    ran = program("run", "--auto", "-o", "json", "--max-steps", "4", "--model", model, "write many files")
    assert ran.code == 5
    assert ran.result["reason"] == "max_steps"
    assert ran.result["answer"] == "Wrote four files; the rest is left."
    assert len(list(program.workspace.iterdir())) == 4


def test_several_prompts_are_turns_of_one_session(program: Program) -> None:
    model = program.script([{"say": "one"}, {"say": "two"}])
    ran = program("run", "--mode", "plan", "--model", model, "first", "second")
    assert ran.out == "one\ntwo\n"
    listed = json.loads(program("sessions", "--json").out)
    assert len(listed) == 1


def test_prompt_from_standard_input_and_behind_two_dashes(program: Program) -> None:
    model = program.script([{"when": {"user_contains": "--help me"}, "say": "yes"}])
    assert program("run", "--mode", "plan", "--model", model, "-", stdin="--help me\n").out == "yes\n"
    assert program("run", "--mode", "plan", "--model", model, "--", "--help me").out == "yes\n"


def test_stream_json_lines_fold_to_the_result(program: Program) -> None:
    model = program.script([{"say": "hi there"}])
    ran = program("run", "--mode", "plan", "-o", "stream-json", "--model", model, "hello")
    kinds = [event["type"] for event in ran.events]
    assert kinds[-1] == "turn_stopped"
    assert "text_delta" in kinds
    durable = [event["seq"] for event in ran.events if event["seq"]]
    assert durable == sorted(durable)
    assert all(event["v"] == 1 for event in ran.events)
    assert ran.result["answer"] == "hi there"


def test_ask_mode_with_nobody_there_is_refused_before_the_first_call(program: Program) -> None:
    ran = program("run", "--model", program.script([{"say": "never"}]), "hello")
    assert ran.code == 2
    assert "nobody is there to ask" in ran.err
    assert ran.out == ""


def test_ask_off_refuses_what_would_be_asked_and_says_so(program: Program) -> None:
    model = program.script(
        [
            {"call": [call("Write", path="a.txt", content="a")]},
            {"when": {"contains": "Refused"}, "say": "I may not."},
        ]
    )
    ran = program("run", "--ask", "off", "-o", "json", "--model", model, "write a")
    assert ran.result["answer"] == "I may not."
    assert ran.result["denied"]
    assert not (program.workspace / "a.txt").exists()


def test_hard_floor_holds_in_auto_and_yolo(program: Program) -> None:
    (program.workspace / "kept.txt").write_text("kept", encoding="utf-8")
    for mode in ("auto", "yolo"):
        model = program.script(
            [{"call": [call("Bash", command="rm -rf ~ /")]}, {"when": {"contains": "Refused"}, "say": "no"}]
        )
        ran = program("run", "--mode", mode, "-o", "json", "--model", model, "clean up")
        assert ran.result["answer"] == "no"
    assert (program.workspace / "kept.txt").exists()


def test_no_model_at_all_shows_the_three_ways(program: Program) -> None:
    ran = program("run", "--mode", "plan", "hello")
    assert ran.code == 2
    assert "Three ways" in ran.err
    assert "aura demo" in ran.err
    assert "Traceback" not in ran.err


def test_wrong_flags_and_settings_are_one_sentence(program: Program) -> None:
    for arguments in (("run", "--max-time", "soon", "x"), ("run", "--model", "nosuch/model", "x"), ("rum",)):
        ran = program(*arguments)
        assert ran.code == 2, arguments
        assert ran.err.startswith("aura: ")
        assert "Traceback" not in ran.err


def test_commands_switch_and_assert(program: Program) -> None:
    model = program.script(
        [
            {"when": {"user_contains": "make it"}, "call": [call("Write", path="a", content="")]},
            {"say": "made"},
        ]
    )
    ran = program(
        "run",
        "--mode",
        "auto",
        "--model",
        model,
        "/todo add feed the cat",
        '/until --max 2 exists:a "make it"',
        "/todo",
    )
    assert ran.code == 0, ran.err
    assert "exists:a holds after 1 round." in ran.out
    assert "[ ] 1: feed the cat" in ran.out


def test_resume_goes_on_where_it_was(program: Program) -> None:
    first = program(
        "run", "--auto", "-o", "json", "--model", program.script([todo("blocked"), {"say": "stuck"}]), "go"
    )
    assert first.code == 4, first.err
    session = first.result["session"]
    model = program.script([{"when": {"user_contains": "again"}, "say": "here"}], "two.yaml")
    second = program(
        "run", "-o", "json", "--resume", session[:8], "--no-auto", "--mode", "plan", "--model", model, "again"
    )
    assert second.result["session"] == session
    assert second.result["answer"] == "here"
    forked = program(
        "run", "-o", "json", "--continue", "--fork", "--mode", "plan", "--no-auto", "--model", model, "again"
    )
    assert forked.result["session"] != session
