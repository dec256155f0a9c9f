"""The composition root: the one place that knows every part and puts a session together."""

import asyncio
import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aura.agent.compaction import Compactor
from aura.agent.context import Surroundings, build_system, read_instructions
from aura.agent.dispatch import Dispatcher, Workbench
from aura.agent.finish import Gate
from aura.agent.loop import Habits, Loop
from aura.agent.respond import Responder, RetryPolicy
from aura.app.approvals import Approvals
from aura.app.begin import begin, is_explicit
from aura.app.call_facts import make_describe
from aura.app.chain import Chain, check_model, list_reviewers, make_switch, open_chain
from aura.app.conditions import make_holds, run_from_thread
from aura.app.folders import Place, open_place
from aura.app.guard import make_guard
from aura.app.hiding import Hiding
from aura.app.notifying import notify_people
from aura.app.options import SessionOptions
from aura.app.previews import make_preview
from aura.app.reviewing import ReviewBench, Reviewing
from aura.app.said import read_said
from aura.app.session import LocalSession
from aura.app.snapshotting import KeptRunner, Snapshotting
from aura.app.toolbox import Toolbox
from aura.app.trashing import Trashing
from aura.app.unfinished import clear_interrupted
from aura.app.verify import make_verifier
from aura.app.walls import Runners, describe_wall, make_runners, tell_reach
from aura.config.load import load
from aura.config.paths import AGENTS_FILE, check_own_folders, config_dir, find_instructions
from aura.config.schema import Settings
from aura.core.clock import Clock, SystemClock
from aura.core.errors import StoreError
from aura.core.events import Injected, NoticeShown
from aura.core.messages import AURA, user
from aura.core.permissions import Approver
from aura.core.recorder import Recorder
from aura.hookspecs import ToolSetup
from aura.models.transport import close_client
from aura.plugins import Circumstances, Plugins, read_settings, standard_sources
from aura.safety.policy import Policy
from aura.safety.process import keep_to_itself
from aura.safety.trust import executable_parts, is_trusted, was_trusted
from aura.store.log import SessionLog, Writing
from aura.store.memory import MemoryLog
from aura.tools.jobs import tell_lost
from aura.tools.notes import find_notes, list_notes
from aura.tools.process import LocalRunner


@dataclass
class Opened:
    """An open session with what a face needs around it."""

    session: LocalSession
    approvals: Approvals
    plugins: Plugins
    loop: Loop
    settings: Settings
    runners: Runners
    notices: tuple[str, ...]
    holds: Callable[[str], Awaitable[tuple[bool, str]]]
    reload_plugins: Callable[[], str]
    switch_model: Callable[[str], Awaitable[str]]
    files: Snapshotting
    log: SessionLog | MemoryLog
    policy: Policy
    is_trusted: bool = True

    @property
    def workspace(self) -> Path:
        """The folder that is worked in."""
        return self.files.workspace

    @property
    def model_name(self) -> str:
        """The model that answers now."""
        return self.loop.responder.model.info.name

    @property
    def sandbox(self) -> str:
        """The wall around commands, in words for a status line."""
        return self.runners.enforced

    async def compact(self, instructions: str = "") -> bool:
        """Shorten what the model sees, now."""
        return await self.loop.compact(instructions)

    async def close(self) -> None:
        """Close the session and end everything that was started for it."""
        await self.session.close()

    def kill(self) -> None:
        """End every command at once; the log is left as it is, ready to be resumed."""
        self.runners.kill_now()


async def open_session(options: SessionOptions, clock: Clock | None = None) -> Opened:
    """Open a session as the options ask; raises `AuraError` and then leaves nothing new behind."""
    clock = clock or SystemClock()
    check_own_folders()
    keep_to_itself()
    trusted = is_trusted(options.workspace) if options.trusted is None else options.trusted
    settings = load(options.workspace, options.flags, trusted=trusted)
    notices = [*settings.notices, *_describe_trust(options.workspace, trusted=trusted)]
    plugins = _load_plugins(options, settings, trusted=trusted)
    trouble = _Trouble()
    writing = Writing(on_trouble=trouble)
    place = open_place(options, clock.now(), writing)
    try:
        families, chosen = plugins.model_families(), place.turn.switches.chosen
        chain = await open_chain(options, settings, families, notices.append, chosen)
        opened = _wire(options, settings, place, plugins, chain, clock, notices)
    except BaseException:
        place.abandon()
        raise
    trouble.session = opened.session
    opened.approvals.absence = settings.runs.ask if is_explicit(settings, "runs.ask") else None
    notify_people(opened.session, opened.approvals, settings.runs.notify, options.workspace)
    opened.is_trusted = trusted
    opened.policy.is_foreign = not trusted and bool(executable_parts(options.workspace))
    return opened


def find_model(workspace: Path, name: str) -> str:
    """The name by which an engine of a workspace finds a model; raises `ConfigError` when it cannot be used there."""
    trusted = is_trusted(workspace)
    settings = load(workspace, {"model": name}, trusted=trusted)
    plugins = _load_plugins(SessionOptions(workspace), settings, trusted=trusted)
    return check_model(name, settings, plugins.model_families())


def _describe_trust(workspace: Path, *, trusted: bool) -> Iterable[str]:
    if not trusted and was_trusted(workspace):
        yield "What this folder may do changed since it was trusted; see `aura trust`. Until then it is not trusted."
    elif not trusted and ((workspace / ".aura").is_dir() or executable_parts(workspace)):
        yield (
            "This folder is not trusted: its settings only tighten, its plugins are not loaded, its AGENTS.md does"
            " not direct. See `aura trust`."
        )


class _Trouble:
    """Shows what the log says about its disk; the session is known only after its log is open."""

    session: LocalSession | None = None

    def __call__(self, sentence: str | None) -> None:
        text = sentence or "The session's log is written again; nothing was lost."
        if self.session is not None:
            with contextlib.suppress(StoreError):  # who needs the log is told, and stops
                self.session.record(NoticeShown(text, "warning" if sentence else "info"))


def _load_plugins(options: SessionOptions, settings: Settings, *, trusted: bool) -> Plugins:
    own = read_settings(settings.plugins)
    sources = standard_sources(options.workspace, trusted=trusted, builtins=options.extra)
    return Plugins(sources, Circumstances(options.workspace), own)


def _wire(
    options: SessionOptions,
    settings: Settings,
    place: Place,
    plugins: Plugins,
    chain: Chain,
    clock: Clock,
    notices: list[str],
) -> Opened:
    """Everything connected; the session is ready for its first prompt."""
    workspace, folder = options.workspace, place.folder
    session = LocalSession(place.id, folder, place.turn, place.log, clock)
    record = session.recorder
    runners = make_runners(settings, workspace, folder, is_alone=options.unattended)
    runner = runners.boxed
    policy = Policy(settings, workspace, protected=(folder,), boxed=runners.is_safe)
    files = Snapshotting(session, workspace, settings.undo, policy.gather, runner)
    notices += [*runners.notices, *policy.notices, *([place.notice] if place.notice else ())]
    approvals = Approvals(record)
    bench = Workbench(workspace, folder, runner, approvals.approve, approvals.ask, policy.gather)
    trash = Trashing(session, files, policy.examine, settings.undo)
    bench = replace(_guard(bench, record, settings, policy), surround=trash.surround)
    dispatcher = Dispatcher({}, bench, plugins, _make_gate(record, runner, files, chain), record, clock)
    approvals.preview, approvals.grant = make_preview(dispatcher), policy.grants.add
    responder = Responder(chain.models, record, clock, _retry_policy(options, settings))
    loop = Loop(record, responder, dispatcher, Compactor(record, lambda: chain.small), plugins, clock)
    loop.habits = Habits(settings.context.compact_at, make_guard(settings, record, chain.small))
    loop.system = _describe_place(
        workspace, folder, settings, tell_reach(runners), trusted=plugins.sources.trusted
    )
    approvals.find_reviewer = _open_reviews(session, loop, chain, settings, workspace, runners.enforced)
    setup = ToolSetup(workspace, folder, runner, {"bash_timeout": settings.tools.bash_timeout})
    bash = run_from_thread(asyncio.get_running_loop(), runner, workspace)
    plugins.circumstances = Circumstances(workspace, lambda: responder.model.info, bash)
    session.engine = loop
    _arrange_closing(session, place, runners, files)
    session.watchers.append(lambda recorded: plugins.on_event(recorded.event))
    read_log = partial(read_said, session, place.log)
    lost = tell_lost(folder)  # before the tools settle it
    toolbox = Toolbox(session, plugins, settings, setup, dispatcher, read_log)
    clear_interrupted(place.turn.messages, dispatcher.tools, workspace)
    begin(session, options, settings, place)
    record(describe_wall(runners))
    if lost:
        record(Injected(user(lost, AURA)))
    return Opened(
        session=session,
        approvals=approvals,
        plugins=plugins,
        loop=loop,
        settings=settings,
        runners=runners,
        notices=tuple(notices),
        holds=make_holds(session, plugins.circumstances, runner),
        reload_plugins=partial(_reload, toolbox, plugins, options),
        switch_model=make_switch(settings, plugins, responder, record),
        files=files,
        log=place.log,
        policy=policy,
    )


def _guard(bench: Workbench, record: Recorder, settings: Settings, policy: Policy) -> Workbench:
    """The bench whose results are hidden where they hold secrets, and remembered where nobody vouches for them."""
    policy.find_taint = lambda: record.turn.rest.denials.taint
    bench = replace(bench, find_source=policy.find_source)
    if not settings.context.hide_secrets:
        return bench
    hiding = Hiding()
    record.veil = hiding
    return replace(bench, object_to=hiding.object_to)


def _reload(toolbox: Toolbox, plugins: Plugins, options: SessionOptions) -> str:
    """Read the plugins again; those of the folder only if it is trusted as it is now, not as it was at the start."""
    if options.trusted is None:
        plugins.sources = replace(plugins.sources, trusted=is_trusted(options.workspace))
    return toolbox.reload()


def _make_gate(record: Recorder, runner: LocalRunner, files: Snapshotting, chain: Chain) -> Gate:
    verifier = make_verifier(record, chain.verifier) if chain.verifier else None
    return Gate(record, KeptRunner(runner, files), files.workspace, verifier)


def _open_reviews(
    session: LocalSession, loop: Loop, chain: Chain, settings: Settings, workspace: Path, level: str
) -> Callable[[], Approver | None]:
    """A function that finds who reviews calls at this moment."""
    record, models = session.recorder, loop.responder.models
    describe = make_describe(record, loop.dispatcher, settings.auto, workspace, level)
    return Reviewing(record, ReviewBench(lambda: list_reviewers(chain, models), describe), session.clock).find


def _arrange_closing(session: LocalSession, place: Place, runners: Runners, files: Snapshotting) -> None:
    """What ends with the session; the last named is ended first."""
    if place.notice:
        session.on_close(lambda: shutil.rmtree(place.folder, ignore_errors=True))
    session.on_close(place.log.close)
    session.on_close(close_client)
    session.on_close(files.close)
    session.on_close(runners.close)


def _retry_policy(options: SessionOptions, settings: Settings) -> RetryPolicy:
    retry = settings.retry
    return RetryPolicy(
        attempts=retry.attempts,
        base=retry.base_seconds,
        longest=retry.max_seconds,
        patience=settings.patience(unattended=options.unattended or settings.auto.enabled),
    )


def _describe_place(workspace: Path, folder: Path, settings: Settings, sandbox: str, *, trusted: bool) -> str:
    """The system text of this session."""
    extra = (config_dir() / AGENTS_FILE,)
    found = find_instructions(workspace) if settings.context.agents_files else ()
    places = (*extra, *(found if trusted else ())) if settings.context.agents_files else ()
    offers_notes = "MemoryRead" not in settings.tools.disabled
    return build_system(
        Surroundings(
            workspace=workspace,
            date=dt.datetime.now().astimezone().date().isoformat(),
            sandbox=sandbox,
            is_git=(workspace / ".git").exists(),
            instructions=read_instructions(places),
            set_aside=() if trusted else tuple(os.path.relpath(path, workspace) for path in found),
            notes=list_notes(find_notes(workspace, folder)) if offers_notes else (),
        )
    )
