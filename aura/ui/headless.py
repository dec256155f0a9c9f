"""The face without a screen: answers on stdout, progress on stderr, an exit code at the end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aura.app.build import Opened, open_session
from aura.app.options import SessionOptions
from aura.commands.define import CommandContext, is_command, load_commands, run_command
from aura.core.errors import ConfigError
from aura.core.events import Event
from aura.core.limits import ENDINGS, StopReason
from aura.core.permissions import Mode
from aura.runs.report import Report, make_report, render_report
from aura.ui.prints import Face, make_face
from aura.ui.terminal import open_terminal

Output = Literal["text", "json", "stream-json"]
GOES_ON = (StopReason.DONE, StopReason.END_TURN, None)


@dataclass(frozen=True, slots=True)
class HeadlessOptions:
    """What a headless run is asked for: the session, the prompts in order, how to print, whom to ask."""

    session: SessionOptions
    prompts: tuple[str, ...]
    output: Output = "text"
    ask: Literal["auto", "stdin", "off"] = "auto"
    quiet: bool = False
    before: Callable[[Opened], None] | None = None


def run_headless(options: HeadlessOptions) -> int:
    """Run the prompts and return the exit code of how the last one ended."""
    return asyncio.run(_run(options))


async def _run(options: HeadlessOptions) -> int:
    face = make_face(options.output, quiet=options.quiet)
    opened = await open_session(options.session)
    events: list[Event] = []
    cancelled = False
    opened.session.watchers.append(lambda recorded: events.append(recorded.event))
    opened.session.watchers.append(lambda recorded: face.show(recorded, opened.session.turn))
    try:
        with _signals(opened):
            _seat_people(opened, options)
            face.begin(opened)
            if options.before is not None:
                options.before(opened)
            await _run_prompts(opened, options.prompts, face)
    except asyncio.CancelledError:
        cancelled = True
    finally:
        report = make_report(opened.session.turn, events)
        await opened.close()
    face.finish(report)
    _write_summary(report)
    return ENDINGS[StopReason.CANCELLED if cancelled else report.reason].exit_code


async def _run_prompts(opened: Opened, prompts: tuple[str, ...], face: Face) -> None:
    run = make_prompter(opened, face.say)
    for text in prompts:
        reason = await run(text)
        if reason not in GOES_ON:
            return
        if reason is not None:
            face.answer(make_report(opened.session.turn).answer)


def make_prompter(
    opened: Opened, say: Callable[[str], None]
) -> Callable[[str], Awaitable[StopReason | None]]:
    """A function that runs a prompt or a slash command to its end and returns why it stopped (None: no turn ran)."""
    commands = load_commands(opened.plugins.commands())

    async def prompt(text: str) -> StopReason | None:
        if not is_command(text):
            async for _ in opened.session.prompt(text):
                pass
            return opened.session.turn.stop
        number = opened.session.turn.number
        await run_command(context, text)
        return opened.session.turn.stop if opened.session.turn.number > number else None

    context = CommandContext(
        session=opened.session,
        say=say,
        prompt=prompt,
        holds=opened.holds,
        reload=opened.reload_plugins,
        compact=opened.compact,
        commands=commands,
    )
    return prompt


def _seat_people(opened: Opened, options: HeadlessOptions) -> None:
    """Connect whoever is there to answer; ask mode with nobody there is refused before the first model call."""
    turn = opened.session.turn
    wanted = options.ask == "stdin" or (options.ask == "auto" and not turn.auto)
    terminal = open_terminal() if wanted else None
    if options.ask == "stdin" and terminal is None:
        raise ConfigError("--ask stdin needs a terminal, and there is none. Use --ask off, or --mode.")
    if terminal is not None:
        opened.approvals.approver = terminal.approve
        opened.approvals.asker = terminal.ask
        opened.session.on_close(terminal.close)
    elif options.ask == "auto" and not turn.auto and turn.switches.mode is Mode.ASK:
        raise ConfigError(
            "The permission mode is ask, and nobody is there to ask. "
            "Use --mode plan|edit|auto, --auto, or --ask off to refuse what would be asked."
        )


@contextlib.contextmanager
def _signals(opened: Opened) -> Iterator[None]:
    """The first Ctrl+C stops the turn and keeps everything; the second kills what runs and leaves at once."""
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()
    received = 0
    tasks: set[asyncio.Task[None]] = set()

    def stop() -> None:
        nonlocal received
        received += 1
        if received > 1:
            opened.kill()
            os._exit(ENDINGS[StopReason.CANCELLED].exit_code)
        if not opened.session.is_running and main is not None:
            main.cancel()
            return
        task = loop.create_task(opened.session.interrupt())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for name in names:
        loop.add_signal_handler(name, stop)
    try:
        yield
    finally:
        for name in names:
            loop.remove_signal_handler(name)


def _write_summary(report: Report) -> None:
    """Hand the report to a CI service that shows Markdown (GITHUB_STEP_SUMMARY names the file)."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"### aura\n\n```\n{render_report(report)}\n```\n")
    except OSError as error:
        sys.stderr.write(f"aura: the step summary could not be written: {error.strerror}.\n")
