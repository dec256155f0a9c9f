"""Faults of providers and their streams: a real program against a server on loopback that misbehaves."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from aura.core import events as ev
from aura.core.run import Phase
from aura.core.turn import fold
from aura.demo.server import Fault as WireFault
from tests.e2e.fixtures.unvouched import greeting
from tests.faults.scene import SECRET, Assertion, Fault, Injector, Scene

SCRIPT = """
replies:
  - when: {tool: Bash, contains: ran}
    call: [{tool: Done, with: {summary: "It ran once."}}]
  - when: {history_contains: do it}
    say: I begin with a command that says how often it ran, and then I look at what it said.
    call: [{tool: Bash, with: {command: "echo ran | tee -a ran.txt"}}]
"""
LONG = """
replies:
  - when: {tools_off: true}
    say: Files were listed.
  - {call: [{tool: Bash, with: {command: "seq 1 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 2 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 3 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 4 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 5 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 6 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 7 2000"}}]}
  - {call: [{tool: Bash, with: {command: "seq 8 2000"}}]}
  - {call: [{tool: Done, with: {summary: "Counted."}}]}
"""
BUSY = '{"error": {"message": "busy, try later"}}'
SPENT = '{"error": {"type": "rate_limit_error", "message": "The limit of this plan is used up."}}'
NO_KEY = '{"error": {"type": "authentication_error", "message": "the key expired"}}'
TOO_LONG = (
    '{"error": {"code": "context_length_exceeded", "message": "maximum context length is 8192 tokens"}}'
)


def over_the_wire(
    faults: Mapping[int, WireFault] | None = None, *arguments: str, script: str = SCRIPT
) -> Injector:
    """One run against a provider with faults by the number of the request."""

    def inject(scene: Scene) -> None:
        with scene.provider(script, faults):
            scene.run(*arguments)

    return inject


def status(number: int, body: str = BUSY, **headers: str) -> WireFault:
    """An answer that is a failure at once."""
    return WireFault(status=number, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def raw(*events: str, kind: str = "text/event-stream") -> WireFault:
    """An answer of exactly these bytes."""
    return WireFault(status=200, body="".join(events), headers={"Content-Type": kind})


def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> str:
    """One event of a reply in OpenAI's form."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return (
        f"data: {json.dumps({'id': 'x', 'object': 'chat.completion.chunk', 'choices': [choice], **more})}\n\n"
    )


def called(*calls: tuple[str, str, str], finish: str = "tool_calls", **more: Any) -> WireFault:
    """A reply with calls, each an id, a name and its arguments as text."""
    deltas = [
        chunk({"tool_calls": [{"index": at, "id": name, "function": {"name": tool, "arguments": text}}]})
        for at, (name, tool, text) in enumerate(calls)
    ]
    return raw(*deltas, chunk({}, finish, **more), "data: [DONE]\n\n")


# --- what is asserted


def ends(code: int, reason: str = "") -> Assertion:
    """The program ends with this code, for this reason."""

    def check(scene: Scene) -> None:
        assert scene.last.code == code, (scene.last.code, scene.last.out[-600:], scene.last.err)
        assert not reason or scene.last.result["reason"] == reason

    return check


def asks(count: int) -> Assertion:
    """The provider is asked so often."""

    def check(scene: Scene) -> None:
        assert len(scene.asked) == count

    return check


def asks_at_most(count: int) -> Assertion:
    """The provider is asked so often at most."""

    def check(scene: Scene) -> None:
        assert len(scene.asked) <= count

    return check


def says(*words: str) -> Assertion:
    """The newest run tells people all of these words."""

    def check(scene: Scene) -> None:
        told = scene.last.err + scene.last.out
        assert not (missing := [word for word in words if word not in told]), (missing, told[-1500:])

    return check


def acts(times: int) -> Assertion:
    """The command of the script ran so often."""

    def check(scene: Scene) -> None:
        file = scene.workspace / "ran.txt"
        assert (file.read_text() if file.exists() else "") == "ran\n" * times

    return check


def answers(*words: str) -> Assertion:
    """The results of the calls hold these words, one result each, in this order."""

    def check(scene: Scene) -> None:
        results = [one.event.result for one in scene.events if isinstance(one.event, ev.ToolFinished)]
        assert len(results) >= len(words), results
        for result, word in zip(results, words, strict=False):
            assert word in result.content, (word, result.content)

    return check


def failed_as(*kinds: str) -> Assertion:
    """The failures of the model in the log are of these kinds, in this order."""

    def check(scene: Scene) -> None:
        assert [one.event.kind for one in scene.events if isinstance(one.event, ev.ModelFailed)] == list(
            kinds
        )

    return check


def keeps_no_piece_twice(scene: Scene) -> None:
    """What came before the cut is not in the reply that counts."""
    replies = [one.event for one in scene.events if isinstance(one.event, ev.ModelReplied)]
    assert replies[0].completion.message.text.count("I begin with a command") == 1


def keeps_the_first_words(scene: Scene) -> None:
    """What the person said is in the newest request, whatever became of the rest."""
    assert "do it" in scene.asked[-1].body.decode()


def waits_between(least: float, most: float, first: int = 1) -> Assertion:
    """So many seconds lie between two requests, as the program measured them."""

    def check(scene: Scene) -> None:
        failed = [one.event.retry_in for one in scene.events if isinstance(one.event, ev.ModelFailed)]
        assert least <= (failed[first - 1] or 0.0) <= most, failed

    return check


# --- injectors of their own


def wait_for_hours(scene: Scene) -> None:
    """A quota that is reset in three hours: the run waits; its process dies; another takes it up when it is time."""
    from tests.e2e.test_outages import begin_waiting, let_the_time_pass, wait_until_written

    hours = status(429, SPENT, retry_after="10800")
    with scene.provider(SCRIPT, {2: hours}):
        process = begin_waiting(scene.program, "run", "--auto", "--model", "openai/script", "do it")
        (folder,) = scene.folders
        wait_until_written(folder, process)
        process.kill()
        process.communicate()
        scene.facts["run"] = fold(one.event for one in scene.events).run
        let_the_time_pass(folder)
        scene.run("run", "--auto", "-o", "json", "--model", "openai/script", "-r", folder.name)


def has_waited(scene: Scene) -> None:
    """The wait was written down with its end."""
    run = scene.facts["run"]
    assert run.phase is Phase.WAITING
    assert 10_000 < run.wake - time.time() < 11_000


def fail_the_handshake(scene: Scene) -> None:
    """A server with a certificate that nobody vouches for."""
    with greeting(scene.place) as server:
        scene.program.extra = {"OPENAI_BASE_URL": f"https://{server.host}/v1", "OPENAI_API_KEY": SECRET}
        scene.run("run", "--mode", "edit", "-o", "json", "--model", "openai/script", "do it")
    scene.facts["tried"] = server.callers


def is_no_storm(scene: Scene) -> None:
    """It was tried a few times at most, and never without TLS."""
    assert 1 <= scene.facts["tried"] <= 6


def compacts(most: int, least: int = 0) -> Assertion:
    """History was shortened so often at most, and at least."""

    def check(scene: Scene) -> None:
        assert least <= sum(isinstance(one.event, ev.Compacted) for one in scene.events) <= most

    return check


def numbered(ids: Iterable[str]) -> WireFault:
    """A reply with one command for each id."""
    return called(*((name, "Bash", '{"command": "echo ran | tee -a ran.txt"}') for name in ids))


FAULTS: tuple[Fault, ...] = (
    Fault(
        "P01",
        "429 with a short Retry-After",
        "the second request is answered with 429 and Retry-After: 0.4",
        "waits that long, says so, asks once more",
        over_the_wire({2: status(429, retry_after="0.4")}),
        (ends(0), asks(3), acts(1), waits_between(0.4, 1.5), failed_as("rate_limit")),
    ),
    Fault(
        "P02",
        "429 with hours",
        "the second request says 429 and three hours; the waiting process is killed",
        "the run waits until then, its process may die, and goes on after it without repeating the command",
        wait_for_hours,
        (has_waited, ends(0), asks(3), acts(1)),
        is_slow=True,
    ),
    Fault(
        "P03",
        "overloaded for a while",
        "four requests in a row are answered with 503 and 529",
        "jittered retries, no tool runs again",
        over_the_wire({2: status(503), 3: status(529), 4: status(503), 5: status(529)}),
        (ends(0), asks(6), acts(1), failed_as(*["overloaded"] * 4)),
    ),
    Fault(
        "P06",
        "TLS error",
        "a certificate that nobody vouches for",
        "no storm of retries, no downgrade, the host is named",
        fail_the_handshake,
        (ends(75, "provider"), is_no_storm, says("127.0.0.1")),
    ),
    Fault(
        "P08",
        "cut before the first byte",
        "the second answer ends before it begins",
        "tried again, nothing shown twice",
        over_the_wire({2: WireFault(cut_at=0)}),
        (ends(0), asks(3), acts(1)),
    ),
    Fault(
        "P09",
        "cut in the middle of a text",
        "the first answer breaks off after 700 bytes, with and without a clean end",
        "the pieces are kept as interrupted; the retry is a reply of its own",
        over_the_wire({1: WireFault(cut_at=700), 2: WireFault(cut_at=700, clean=True)}),
        (ends(0), asks(4), acts(1), keeps_no_piece_twice, failed_as("cut", "cut")),
    ),
    Fault(
        "P11",
        "bad JSON with a normal end",
        "the arguments of a call stop in the middle of a string",
        "an error result for that call, nothing is executed from it",
        over_the_wire({1: called(("a", "Bash", '{"command": "echo ran | tee -a ran'))}),
        (ends(0), acts(1), answers("could not be read")),
    ),
    Fault(
        "P12",
        "valid JSON, wrong schema",
        "the command is a list",
        "an error result that names the field",
        over_the_wire({1: called(("a", "Bash", '{"command": ["echo", "ran"]}'))}),
        (ends(0), acts(1), answers("command")),
    ),
    Fault(
        "P13",
        "the output limit inside a call",
        "the reply ends with `length` in the middle of the arguments",
        "nothing is executed; the model is told to write in parts",
        over_the_wire({1: called(("a", "Bash", '{"command": "echo ran | tee -a ran'), finish="length")}),
        (ends(0), acts(1)),
    ),
    Fault(
        "P16",
        "context overflow",
        "the ninth request of a conversation is answered with 400 context_length_exceeded",
        "shortened once, repeated once",
        over_the_wire({9: status(400, TOO_LONG)}, script=LONG),
        (ends(0), compacts(1, 1), failed_as("context_overflow")),
    ),
    Fault(
        "P17",
        "compaction does not shrink",
        "every request overflows",
        "given up after two tries; never a loop",
        over_the_wire({number: status(400, TOO_LONG) for number in range(9, 40)}, script=LONG),
        (ends(1, "error"), compacts(2), asks_at_most(14)),
    ),
    Fault(
        "P18",
        "the summary fails",
        "the request overflows, and the request for a summary fails twice before it is answered",
        "the history is kept as it was, and shortened at the next try",
        over_the_wire({9: status(400, TOO_LONG), 10: status(503), 11: status(500)}, script=LONG),
        (ends(0), compacts(1, 1), keeps_the_first_words),
    ),
    Fault(
        "P19",
        "repeated and missing call ids",
        "three calls in one reply: two with the same id, one with none",
        "ids are made unique, each call has one result",
        over_the_wire({1: numbered(("a", "a", ""))}),
        (ends(0), acts(3)),
    ),
    Fault(
        "P20",
        "an unknown tool",
        "a call of `Bsh`",
        "an error result that lists near names",
        over_the_wire({1: called(("a", "Bsh", '{"command": "x"}'))}),
        (ends(0), acts(1), answers("There is no tool 'Bsh'. Nearest: Bash")),
    ),
    Fault(
        "P21",
        "parallel calls, one fails, one is refused",
        "four calls in one reply: a command, a missing file, a forbidden write, an unknown tool",
        "every call is answered, in order",
        over_the_wire(
            {
                1: called(
                    ("a", "Bash", '{"command": "echo ran | tee -a ran.txt"}'),
                    ("b", "Read", '{"path": "missing.txt"}'),
                    ("c", "Write", '{"path": "/etc/aura-was-here", "content": "x"}'),
                    ("d", "Nope", "{}"),
                )
            }
        ),
        (ends(0), acts(1), answers("ran", "missing.txt", "Refused", "There is no tool")),
    ),
    Fault(
        "P22",
        "401 in the middle of a run",
        "the second request is answered with 401",
        "stops at once, resumable, and names the key's variable",
        over_the_wire({2: status(401, NO_KEY)}),
        (ends(75, "provider"), asks(2), acts(1), says("OPENAI_API_KEY")),
    ),
    Fault(
        "P25",
        "an answer that is no stream of events",
        "a page of HTML with 200, then an empty 204, then invalid UTF-8 behind a BOM with CRLF",
        "a clear error, bounded retries, no crash",
        over_the_wire(
            {
                1: raw("<html><body>Log in</body></html>", kind="text/html"),
                2: status(204, " "),
                3: raw("\ufeff" + chunk({"content": "hm"}).replace("\n", "\r\n"), "data: {broken\r\n\r\n"),
            }
        ),
        (ends(0), acts(1), asks(5)),
    ),
    Fault(
        "P26",
        "absurd numbers of tokens",
        "a reply counts minus five tokens, and more than there are atoms",
        "the numbers are estimated and marked; limits still hold",
        over_the_wire(
            {
                1: called(
                    ("a", "Bash", '{"command": "echo ran | tee -a ran.txt"}'),
                    usage={"prompt_tokens": -5, "completion_tokens": 10**30, "total_tokens": "many"},
                )
            }
        ),
        (ends(0), acts(1)),
    ),
    Fault(
        "P29",
        "a budget is reached in the middle of a turn",
        "the first reply spends more than the run may",
        "the step is finished, a last word without tools, resumable",
        over_the_wire(
            None,
            "run",
            "--auto",
            "-o",
            "stream-json",
            "--model",
            "openai/script",
            "--max-tokens",
            "10",
            "do it",
        ),
        (ends(5, "max_tokens"), acts(1)),
    ),
)
