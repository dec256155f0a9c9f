"""What people are told of a run's events, in one line each."""

import time
from typing import Literal

from aura.core import events as ev
from aura.core.durations import tell_duration
from aura.core.run import Phase
from aura.core.text import shorten

LONGEST = 200
Line = tuple[str, Literal["info", "warning"]]

ORDERS = {"pause": "pause the run", "resume": "go on with the run", "cancel": "give the run up"}
NAMES = {
    Phase.PAUSED: "paused",
    Phase.LIMIT: "paused at a limit",
    Phase.NEEDS_INPUT: "waiting for your answer",
    Phase.BLOCKED: "blocked",
    Phase.STALLED: "stopped: it got nowhere",
    Phase.NOT_VERIFIED: "stopped: it is not verified",
    Phase.FAILED: "stopped: it failed",
    Phase.CANCELLED: "given up",
}


def tell_run(event: ev.Event) -> Line | None:
    """The line of an event, and its level; None for what needs none. It never fails, whatever stands in a log."""
    match event:
        case ev.RunStarted(wake=wake):
            return (f"a run begins at {tell_moment(wake)}" if wake else "a run begins"), "info"
        case ev.RunOrdered():
            return f"asked by {event.by} to {ORDERS.get(event.order, event.order)}", "info"
        case ev.LifetimeSet():
            return f"the run may exist for {tell_duration(event.lifetime)} from its beginning", "info"
        case ev.EffortChosen():
            return f"effort: {event.effort}, because {shorten(event.reason, LONGEST)}", "info"
        case ev.StatusReported():
            detail = f": {shorten(event.detail, LONGEST)}" if event.detail else ""
            return f"the model says it is {event.state.replace('_', ' ')}{detail}", "info"
        case ev.Rewound():
            where = f"before: {shorten(event.title, LONGEST)}" if event.title else f"event {event.to}"
            many = "1 file" if event.files == 1 else f"{event.files} files"
            files = f", and {many} with it" if event.files else ""
            return f"the conversation went back to {where}{files}", "info"
        case ev.BranchParked():
            return f"the work at hand is parked: {shorten(event.reason, LONGEST)}", "warning"
        case ev.DenialAllowed():
            rule = f", and {shorten(event.rule, LONGEST)} from now on" if event.rule else ""
            return f"refused call {event.number} is allowed once{rule}", "info"
        case ev.FilesTrashed() if event.missed:
            return f"not kept before it may be lost: {shorten('; '.join(event.missed), LONGEST)}", "warning"
        case ev.LimitWarned():
            share = f"{event.used / event.limit:.0%}" if event.limit else "all"
            return f"{share} of the limit of {event.name} is used", "warning"
        case ev.Checkpointed(phase=Phase.WAITING):
            return (
                f"the run waits until {tell_moment(event.wake)}: {shorten(event.detail, LONGEST)}",
                "warning",
            )
        case ev.Checkpointed() if event.phase in NAMES:
            detail = f": {shorten(event.detail, LONGEST)}" if event.detail else ""
            return f"the run is {NAMES[event.phase]}{detail}", "info"
        case _:
            return None


def tell_moment(at: float) -> str:
    """A Unix time in seconds as the time of day, with the date when it is another day."""
    try:
        moment, now = time.localtime(at), time.localtime()
    except (ValueError, OverflowError, OSError):  # whatever stands in a log
        return "an unknown time"
    is_today = (moment.tm_year, moment.tm_yday) == (now.tm_year, now.tm_yday)
    return time.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M", moment)
