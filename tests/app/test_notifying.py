"""Notices to who is away: what is worth one, and that a real command and a real address get it."""

import asyncio
import http.server
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aura.app import delivery
from aura.app.delivery import DeliveryFailed, Notice, post, run_command
from aura.app.notifying import News, find_news, tell_failure
from aura.config.paths import user_config_file
from aura.core import events as ev
from aura.core.errors import ConfigError
from aura.core.limits import Limits, Spend, StopReason
from aura.core.messages import ToolCall, user
from aura.core.run import Phase
from aura.core.tools import Option, Question
from aura.core.turn import Turn, fold
from aura.models.transport import close_client
from aura.testing import call
from tests.app.hosting import hosting, until_true

NOTICE = Notice("done", "s1", "work: tidy", "All is tidy.", "/w", 1.0)
ASK = call("Ask", question="Which region?", kind="choice", options=["north", "south"])
NEEDS = call("Done", summary="The region.", status="needs_input")


class Address:
    """An HTTP server on loopback that answers with the statuses it is given, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[Any] = []
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()
        outer = self

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
                outer.begun.set()
                outer.let_go.wait(20)
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("Location", "http://elsewhere.invalid/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook?token=not-to-be-shown"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def address() -> Iterator[Address]:
    """One that answers."""
    server = Address()
    yield server
    server.close()


# --- what is worth a notice ---


def state(*events: ev.Event, auto: bool = True, run: bool = False) -> Turn:
    """A session in which these things happened."""
    first: list[ev.Event] = [ev.SessionStarted("s1", "/w", "0"), ev.LimitsSet(Limits())]
    if auto:
        first.append(ev.AutoSwitched(on=True, by="human"))
    if run:
        first.append(ev.RunStarted("s1-1", "goal", 1.0))
    return fold([*first, *events])


def checkpoint(phase: Phase, detail: str = "why", reason: StopReason | None = None) -> ev.Checkpointed:
    """A run comes to a phase."""
    return ev.Checkpointed("s1-1", phase, Spend(), 0, reason=reason, detail=detail)


@pytest.mark.parametrize(
    ("phase", "occasion"),
    [
        (Phase.DONE, "done"),
        (Phase.FAILED, "failed"),
        (Phase.NOT_VERIFIED, "failed"),
        (Phase.LIMIT, "limit"),
        (Phase.NEEDS_INPUT, "needs_input"),
        (Phase.BLOCKED, "blocked"),
        (Phase.STALLED, "stalled"),
        (Phase.WAITING, "waiting"),
        (Phase.RUNNING, None),
        (Phase.PAUSED, None),
        (Phase.CANCELLED, None),
    ],
)
def test_each_phase_that_a_run_comes_to_is_told_once(phase: Phase, occasion: Any) -> None:
    event = checkpoint(phase)
    turn = state(event, run=True)
    news = find_news(event, turn, Phase.RUNNING)
    assert news == (News(occasion, "why") if occasion else None)
    assert find_news(event, turn, phase) is None


def test_a_phase_without_words_is_told_by_its_reason() -> None:
    event = checkpoint(Phase.LIMIT, "", StopReason.MAX_COST)
    news = find_news(event, state(event, run=True), Phase.RUNNING)
    assert news is not None
    assert "cost" in news.text.lower()


@pytest.mark.parametrize(
    ("auto", "run", "told"), [(True, False, True), (False, False, False), (True, True, False)]
)
def test_the_end_of_a_turn_counts_in_auto_mode_and_outside_of_runs(auto: bool, run: bool, told: bool) -> None:
    event = ev.TurnStopped(StopReason.MAX_STEPS, "steps: 50 of 50")
    turn = state(ev.TurnStarted(1, user("go")), event, auto=auto, run=run)
    assert find_news(event, turn, turn.run.phase) == (News("limit", "steps: 50 of 50") if told else None)


def test_what_a_person_stopped_is_no_news() -> None:
    event = ev.TurnStopped(StopReason.CANCELLED, "stopped")
    assert find_news(event, state(ev.TurnStarted(1, user("go")), event), Phase.QUEUED) is None


def test_questions_and_approvals_say_what_is_asked() -> None:
    question = Question("Which?", "choice", (Option("a"), Option("b")))
    news = find_news(ev.QuestionAsked("q1-1", question), state(), Phase.QUEUED)
    assert news == News("question", "Which? (1 a, 2 b) · answer: aura answer s1 TEXT", "q1-1")
    first, second = ev.QuestionAsked("q1-1", question), ev.QuestionAsked("q1-2", Question("Where?"))
    news = find_news(second, state(first, second), Phase.QUEUED)
    assert news == News("question", "Where? · answer: aura answer s1 q1-2 TEXT", "q1-2"), (
        "there is another one"
    )
    asked = ev.ApprovalAsked("a1", ToolCall("c", "Bash", {}), "it writes outside")
    assert find_news(asked, state(), Phase.QUEUED) == News("question", "May Bash run? it writes outside")


# --- the ways ---


async def test_a_command_gets_it_as_json_and_as_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown")
    monkeypatch.setenv("AURA_DATABASE", "postgresql://x")
    monkeypatch.setenv("DISPLAY", ":7")
    await run_command((f"cat > {tmp_path}/in; env > {tmp_path}/env; echo noise; echo noise >&2",), NOTICE)
    assert json.loads((tmp_path / "in").read_text()) == {
        "v": 1,
        "event": "done",
        "session": "s1",
        "title": "work: tidy",
        "text": "All is tidy.",
        "workspace": "/w",
        "at": 1.0,
    }
    variables = dict(
        line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line
    )
    assert variables["AURA_EVENT"] == "done"
    assert variables["AURA_SESSION"] == "s1"
    assert variables["AURA_TITLE"] == "work: tidy"
    assert variables["AURA_TEXT"] == "All is tidy."
    assert variables["DISPLAY"] == ":7"
    assert not {"OPENAI_API_KEY", "AURA_DATABASE"} & set(variables)


async def test_a_list_is_run_without_a_shell(tmp_path: Path) -> None:
    await run_command(
        ("/bin/sh", "-c", 'printf %s "$1" > "$2"', "x", "$HOME; `id`", f"{tmp_path}/said"), NOTICE
    )
    assert (tmp_path / "said").read_text() == "$HOME; `id`"


async def test_a_command_that_hangs_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    with pytest.raises(DeliveryFailed, match=r"took longer than 0\.5 s"):
        await run_command((f"echo $$ > {tmp_path}/pid; sleep 600 & sleep 600",), NOTICE)
    group = int((tmp_path / "pid").read_text())
    end = time.monotonic() + 20
    while _members(group):  # a killed process is there until the kernel has taken it down
        assert time.monotonic() < end, _members(group)
        await asyncio.sleep(0.01)


def _members(group: int) -> list[Path]:
    return [stat for stat in Path("/proc").glob("[0-9]*/stat") if _group_of(stat) == group]


def _group_of(stat: Path) -> int:
    """The group of a process that is not dead."""
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[2])


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("exit 3",), "exit code 3"),
        (("/no/such/program", "x"), "cannot be started"),
        (("true", "\0"), "cannot"),
    ],
)
async def test_a_command_that_fails_is_one_sentence(command: tuple[str, ...], why: str) -> None:
    with pytest.raises(DeliveryFailed, match=why):
        await run_command(command, NOTICE)


async def test_an_address_gets_it_and_what_may_pass_is_tried_again(address: Address) -> None:
    address.statuses = [503, 429]
    await post(address.url, NOTICE, (0.0, 0.0))
    assert len(address.got) == 3
    path, kind, document = address.got[-1]
    assert (path, kind) == ("/hook?token=not-to-be-shown", "application/json")
    assert document["event"] == "done"
    await close_client()


@pytest.mark.parametrize(
    ("statuses", "tries", "why"),
    [
        ([500, 500, 500], 3, "answered with status 500"),
        ([404], 1, "answered with status 404"),
        ([307], 1, "leads elsewhere"),
    ],
)
async def test_what_does_not_arrive_is_said_without_the_address(
    address: Address, statuses: list[int], tries: int, why: str
) -> None:
    address.statuses = statuses
    with pytest.raises(DeliveryFailed, match=why) as raised:
        await post(address.url, NOTICE, (0.0, 0.0))
    assert len(address.got) == tries
    assert "token" not in raised.value.sentence
    await close_client()


async def test_an_address_that_is_silent_or_gone_is_given_up(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    address.let_go.clear()
    monkeypatch.setattr(delivery, "SECONDS", 0.2)
    with pytest.raises(DeliveryFailed, match=r"did not answer within 0\.2 s"):
        await post(address.url, NOTICE, ())
    address.close()
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        await post(address.url, NOTICE, (0.0,))
    with pytest.raises(DeliveryFailed, match="no address"):
        await post("ftp://example.invalid/x", NOTICE)
    await close_client()


# --- in a session ---


async def test_a_run_without_anybody_tells_of_its_question_and_of_its_end(
    tmp_path: Path, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "a-value-nobody-sees")
    needs = call("Done", summary="The region, a-value-nobody-sees \x1b[31m.", status="needs_input")
    command = f'cat >> {tmp_path}/told; printf "\\n" >> {tmp_path}/told'
    flags = {"runs.notify.command": command, "runs.notify.webhook": address.url}
    async with hosting(tmp_path, ASK, needs, flags=flags) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await host.until(lambda: host.session.turn.run.phase is Phase.NEEDS_INPUT)
        await host.rest()
        name = host.session.id
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines() if line]
    assert [one["event"] for one in told] == ["question", "needs_input"]
    assert [document["event"] for _, _, document in address.got] == ["question", "needs_input"]
    assert told[0]["title"] == "work: set the region up"
    assert told[0]["text"] == f"Which region? (1 north, 2 south) · answer: aura answer {name} TEXT"
    assert told[1]["text"].startswith("The region, [secret] .")
    assert not host.of(ev.NoticeShown)


@pytest.mark.parametrize(("always", "events"), [(False, []), (True, ["done"])])
async def test_who_watches_is_not_told_unless_that_is_wanted(
    tmp_path: Path, address: Address, always: bool, events: list[str]
) -> None:
    flags = {"runs.notify.webhook": address.url, "runs.notify.always": always}
    async with hosting(tmp_path, call("Done", summary="Done."), flags=flags) as host:
        await host.session.submit("/run tidy up")
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
    assert [document["event"] for _, _, document in address.got] == events


async def test_what_is_not_listed_and_what_is_answered_at_once_is_not_told(
    tmp_path: Path, address: Address
) -> None:
    flags = {"runs.notify.webhook": address.url, "runs.notify.on": ("question",), "runs.ask": "nobody"}
    async with hosting(tmp_path, ASK, call("Done", summary="Done."), flags=flags) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run tidy up")
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
    assert address.got == []


async def test_a_failure_is_shown_once_and_holds_nothing_up(tmp_path: Path, address: Address) -> None:
    address.statuses = [404, 404]
    flags = {"runs.notify.webhook": address.url, "runs.notify.command": ["/no/such/program", "x"]}
    async with hosting(tmp_path, ASK, NEEDS, flags=flags) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await host.until(lambda: host.session.turn.run.phase is Phase.NEEDS_INPUT)
        await until_true(lambda: len(address.got) == 2 and len(host.of(ev.NoticeShown)) == 2)
    said = [event.text for event in host.of(ev.NoticeShown)]
    assert said == [
        f"The command of runs.notify cannot be started ({os.strerror(2)}).",
        "The webhook of runs.notify at 127.0.0.1 answered with status 404.",
    ]


async def test_the_run_goes_on_while_an_address_keeps_silent(tmp_path: Path, address: Address) -> None:
    address.let_go.clear()
    flags = {"runs.notify.webhook": address.url}
    async with hosting(tmp_path, ASK, NEEDS, flags=flags) as host:
        host.session.opened.approvals.is_seen = lambda: False
        await host.session.submit("/run set the region up")
        await asyncio.to_thread(address.begun.wait, 20)
        await host.until(lambda: host.session.turn.run.phase is Phase.NEEDS_INPUT)
        assert len(address.got) == 1
        address.let_go.set()
    assert len(address.got) == 2, "what waits is told before the session is closed"


async def test_a_project_may_not_say_whom_to_tell(tmp_path: Path, address: Address) -> None:
    project = tmp_path / "work" / ".aura"
    project.mkdir(parents=True)
    (project / "config.yaml").write_text(f"runs: {{notify: {{webhook: '{address.url}'}}}}\n")
    async with hosting(tmp_path, call("Done", summary="Done."), trusted=True) as host:
        host.session.opened.approvals.is_seen = lambda: False
        assert any("runs.notify.webhook" in notice for notice in host.session.opened.notices)
        await host.session.submit("/run tidy up")
        await host.until(lambda: host.session.turn.run.phase is Phase.DONE)
    assert address.got == []


@pytest.mark.parametrize(
    ("key", "value"), [("webhook", "file:///etc/passwd"), ("webhook", "http://"), ("on", ["dance"])]
)
async def test_settings_that_make_no_sense_are_refused(tmp_path: Path, key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"runs.notify.{key}"):
        async with hosting(tmp_path, flags={f"runs.notify.{key}": value}):
            pass


async def test_a_run_that_cannot_be_opened_is_told_by_who_tried(tmp_path: Path, address: Address) -> None:
    workspace = tmp_path / "work"
    workspace.mkdir()
    user_config_file().write_text(f"runs: {{notify: {{webhook: '{address.url}'}}}}\n")
    await tell_failure(workspace, "s1", "No language model was found.")
    assert [(document["event"], document["text"]) for _, _, document in address.got] == [
        ("failed", "No language model was found.")
    ]
    user_config_file().write_text(f"runs: {{notify: {{webhook: '{address.url}', on: [done]}}}}\n")
    await tell_failure(workspace, "s1", "No language model was found.")
    user_config_file().write_text("runs: 7\n")
    await tell_failure(workspace, "s1", "The settings are wrong.")
    assert len(address.got) == 1
    await close_client()
