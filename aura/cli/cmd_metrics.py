"""aura metrics: what a run took, in numbers."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aura.runs.metrics import Metrics, Seconds

LABEL = 22  # cells


@click.command("metrics")
@click.argument("run", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, run: str, as_json: bool) -> int:
    """Show what a run took: times, model calls, tokens, cost by part and model, tools, retries, waits.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. Medians and the like (p50, p95)
    are told within 2 %. The exit code is 1 when a part of the log cannot be read.
    """
    from aura.app.found_runs import find_run
    from aura.cli.logged import Reading, find_now, make_hiding, print_pieces
    from aura.core.text import clean
    from aura.runs.metrics import make_document, make_metrics
    from aura.runs.records import tame

    folder = find_run(run)
    reading = Reading(folder)
    metrics = make_metrics(reading, now=find_now(folder))
    hide = make_hiding()
    if as_json:
        print_pieces(
            [hide(json.dumps(tame({**make_document(metrics), "problem": reading.problem}), indent=1)), "\n"]
        )
    else:
        print_pieces(hide(f"{line}\n") for line in _render(metrics))
    if reading.problem:
        click.echo(clean(f"aura: only a part could be read: {reading.problem}"), err=True)
    return 1 if reading.problem else 0


def _render(metrics: "Metrics") -> Iterator[str]:
    from aura.core.durations import tell_duration
    from aura.runs.bills import Bill, sum_bills
    from aura.runs.sections import tell_bill

    times = metrics.times
    yield f"{metrics.session}  {metrics.goal}".rstrip()
    yield ""
    for name, seconds in (
        ("from begin to end", times.wall),
        ("active", times.active),
        ("a question open", times.asking),
        ("waiting until a time", times.waiting),
        ("resting", times.resting),
        ("without a process", times.absent),
    ):
        if seconds >= 0.05 or name == "active":
            yield _row(name, tell_duration(seconds))
    yield ""
    for name, count in metrics.counts.items():
        if count:
            yield _row(name.replace("_", " "), str(count))
    breaks = metrics.breaks
    for name, count in (
        ("crashes", breaks.crash_count),
        ("resumes", breaks.resumes),
        ("outages", breaks.outage_count),
    ):
        if count:
            yield _row(name, str(count))
    yield ""
    yield _row("in all", tell_bill(sum(metrics.bills, Bill("", ""))))
    for bill in sum_bills(metrics.bills, "part"):
        yield _row(bill.part, tell_bill(bill))
    for bill in sum_bills(metrics.bills, "model"):
        yield _row(_fit(bill.model or "(model not named)"), tell_bill(bill))
    yield ""
    yield _row("", f"{'calls':>7} {'failed':>7} {'p50':>9} {'p95':>9} {'longest':>9}")
    yield _row("model calls", _spread(metrics.model_seconds, metrics.counts["model_failures"]))
    yield _row("steps", _spread(metrics.step_seconds, 0))
    for tool in metrics.tools:
        yield _row(_fit(tool.name), _spread(tool.seconds, tool.failed, tool.calls))
    if metrics.injections:
        yield ""
        yield _row(
            "said to the model", ", ".join(f"{who} {count}" for who, count in metrics.injections.items())
        )


def _row(label: str, text: str) -> str:
    from aura.core.text import clean

    return clean(f"{label:<{LABEL}} {text}")


def _fit(name: str) -> str:
    from aura.core.text import shorten

    return shorten(name, LABEL)


def _spread(seconds: "Seconds", failed: int, calls: int | None = None) -> str:
    from aura.core.durations import tell_duration

    told = " ".join(f"{tell_duration(one):>9}" for one in (seconds.p50, seconds.p95, seconds.longest))
    return f"{seconds.count if calls is None else calls:>7} {failed:>7} {told}"
