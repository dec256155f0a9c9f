"""aura report: what became of a run, with evidence."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aura.runs.run_report import RunReport


@click.command("report")
@click.argument("run", metavar="RUN")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    help="For a terminal, a file, or a program.",
)
@click.option(
    "--diff/--no-diff", "diffs", default=None, help="All of the diffs, or none (text: the beginning of each)."
)
def command(*, run: str, form: str, diffs: bool | None) -> int:
    """Show what became of a run: what was done with evidence, what was not, what was refused, what it took.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. A run that still goes on is told
    as far as it got. Keys and passwords that are known here are hidden. The exit code is 1 when a part of the log
    cannot be read.
    """
    from dataclasses import replace

    from aura.app.found_runs import find_run
    from aura.cli.logged import Reading, find_now, make_hiding, print_pieces
    from aura.runs.run_report import TYPES, make_run_report

    folder = find_run(run)
    reading = Reading(folder, TYPES)
    report = make_run_report(reading, now=find_now(folder), with_files=True)
    if reading.problem:
        report = replace(report, problem=reading.problem)
    hide = make_hiding()
    print_pieces(hide(piece) for piece in _render(report, form, diffs=diffs))
    return 1 if report.problem else 0


def _render(report: "RunReport", form: str, *, diffs: bool | None) -> "Iterator[str]":
    from aura.runs.records import make_document, render_markdown

    if form == "markdown":
        yield from render_markdown(report, with_diffs=diffs is not False)
    elif form == "json":
        yield json.dumps(make_document(report, with_diffs=diffs is not False), indent=1) + "\n"
    else:
        yield from _render_text(report, diffs=diffs)


def _render_text(report: "RunReport", *, diffs: bool | None) -> "Iterator[str]":
    from shutil import get_terminal_size

    from aura.cli.logged import choose_look
    from aura.ui.run_reports import print_lines, render_run_report

    look, width = choose_look(), min(get_terminal_size().columns, 120)
    lines = render_run_report(report, look, width, diffs=diffs)
    yield from (f"{line}\n" for line in print_lines(lines, look, width))
