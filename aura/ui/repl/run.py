"""Start plain mode, and leave the terminal as it was found."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aura.app.opening import open_remote
from aura.app.options import SessionOptions
from aura.core.text import shorten
from aura.ui.lifeline import LINES, keep_terminal
from aura.ui.manners import Preferences, is_on, make_look, preferences
from aura.ui.probe import begin_probe, find_background, finish_probe

if TYPE_CHECKING:
    from prompt_toolkit.data_structures import Size

    from aura.ui.joining import Join
    from aura.ui.repl.define import LineTerminal, Listener
    from aura.ui.repl.exchange import Exchange
    from aura.ui.repl.feed import Verbosity
    from aura.ui.repl.sheet import Depth, Sheet

FATAL = (signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class PlainOptions:
    """What plain mode is asked for: the session, a first prompt, words for a screen reader, how much is printed.

    `verbosity` is `call`, `step` or `todo` (empty: a line per call, or per step for a screen reader). `choose` asks
    which older session to go on with.
    """

    session: SessionOptions
    prompt: str = ""
    screen_reader: bool = False
    verbosity: str = ""
    choose: bool = False


def run_plain(options: PlainOptions) -> int:
    """Run plain mode and return the exit code; the engine starts while the prompt is drawn."""
    wanted = preferences(os.environ)
    spoken = options.screen_reader or is_on(os.environ, "AURA_SCREEN_READER")
    session = options.session
    if options.choose:
        chosen = _choose(session.workspace, wanted, spoken=spoken)
        if chosen is None:
            return 0
        session = replace(session, resume=chosen)
    with keep_terminal("" if wanted.dumb or spoken else LINES):
        return _run(options, session, wanted, spoken=spoken)


def _run(options: PlainOptions, session: SessionOptions, wanted: Preferences, *, spoken: bool) -> int:
    probe = None if wanted.dumb or spoken else begin_probe(os.environ)
    try:
        first = open_remote(session)
    except BaseException:
        finish_probe(probe)
        raise
    from aura.ui.joining import make_join
    from aura.ui.repl.sheet import Sheet

    findings = finish_probe(probe)
    look = make_look(wanted, find_background(findings, os.environ), findings.sign_cells)
    sheet = Sheet(look, find_depth(wanted), bare=wanted.dumb, spoken=spoken)
    return asyncio.run(converse(replace(options, session=session), make_join(first), sheet, findings.typed))


def _choose(workspace: Path, wanted: Preferences, *, spoken: bool) -> str | None:
    """The id of an older session that a person chooses; see `choose_session`."""
    from aura.ui.repl.choosing import choose_session
    from aura.ui.repl.sheet import Sheet

    sheet = Sheet(make_look(wanted, "dark"), find_depth(wanted), bare=wanted.dumb, spoken=spoken)

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    try:
        return choose_session(workspace, sheet, write, sys.stdin.readline)
    except KeyboardInterrupt:
        write("\n")
        return None


def find_depth(wanted: Preferences) -> "Depth":
    """How many colours the terminal has."""
    if not wanted.colour:
        return "none"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if "256color" in os.environ.get("TERM", "") else "standard"


def make_terminal(listener: "Listener", sheet: "Sheet", workspace: Path) -> "LineTerminal":
    """The terminal of this process as the sheet wants it."""
    if sheet.bare:
        from aura.ui.repl.bare import BareTerminal

        return BareTerminal(listener)
    from prompt_toolkit.input import create_input

    from aura.ui.files import Files
    from aura.ui.history import History
    from aura.ui.repl.completing import Completions
    from aura.ui.repl.prompting import PromptTerminal, Wire

    output = Wire(sys.stdout, _find_size, term=os.environ.get("TERM"), enable_cpr=False)
    completions = Completions(listener.commands, Files(workspace))
    history = History(str(workspace))
    return PromptTerminal(listener, sheet, history, completions, create_input(), output)


def _find_size() -> "Size":
    from prompt_toolkit.data_structures import Size

    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return Size(rows=24, columns=80)
    return Size(rows=size.lines or 24, columns=size.columns or 80)


def _attend(exchange: "Exchange") -> None:
    """What ends the program from outside lets the terminal go; the engine decides what becomes of the session."""
    loop = asyncio.get_running_loop()

    def end(name: signal.Signals) -> None:
        exchange.exit_code = 128 + name
        exchange.terminal.close()

    for name in FATAL:
        with contextlib.suppress(ValueError, RuntimeError):  # outside the main thread there are no signals
            loop.add_signal_handler(name, end, name)

    def report(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        what = f"{type(error).__name__}: {error}" if error is not None else str(context.get("message"))
        exchange.say(f"Something went wrong inside aura: {shorten(what, 200)}", "bad")

    loop.set_exception_handler(report)


async def converse(options: PlainOptions, join: "Join", sheet: "Sheet", typed: str = "") -> int:
    """Talk with the session that `join` gives until it is left; the exit code."""
    from aura.ui.notices import TerminalNotices, identify
    from aura.ui.repl.exchange import Exchange
    from aura.ui.repl.feed import Feed
    from aura.ui.repl.outside import Outside
    from aura.ui.repl.talk import Talk

    verbosity: Verbosity = "step" if sheet.spoken else "call"
    if options.verbosity in ("call", "step", "todo"):
        verbosity = options.verbosity  # type: ignore[assignment]
    kind = identify(os.environ)
    exchange = Exchange(join, options.session, Feed(sheet, verbosity))
    talk = Talk(exchange, sheet)
    exchange.terminal = make_terminal(talk, sheet, options.session.workspace)
    exchange.outside = Outside(TerminalNotices(exchange.terminal.send, kind), sheet.look.signs)
    if options.prompt.strip():
        exchange.put(options.prompt)
    _attend(exchange)
    tasks = [asyncio.create_task(exchange.work()), asyncio.create_task(talk.tick())]
    try:
        await exchange.terminal.run(typed)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        _let_go()
    return exchange.exit_code


def _let_go() -> None:
    """Send what a terminal that is gone did not take nowhere, so that the end of the program does not stumble."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
