"""A run's report as a file: markdown for people, a versioned document for programs."""

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from aura.core.text import clean
from aura.runs.bills import document_bills
from aura.runs.net_diffs import NetChange
from aura.runs.report import to_json
from aura.runs.run_report import RunReport
from aura.runs.sections import Item, make_sections, name_state, tell_file

VERSION = 1
FENCES = re.compile(r"`{3,}")
BEGINS = re.compile(r"(#|>|\+|-|\*|=|~|\||\d+[.)](?=\s|$))")


def tell_utc(at: float) -> str:
    """A Unix time as text, in UTC."""
    try:
        return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def render_markdown(report: RunReport, *, with_diffs: bool = True) -> Iterator[str]:
    """The report as markdown, piece by piece; nothing in it can be taken for markup of the report's own."""
    place = report.place
    yield f"# Run {_escape(place.session) or 'without a name'}: {name_state(report)}\n\n"
    yield f"- workspace: {_escape(place.workspace)}\n- aura {_escape(place.version)}\n"
    if place.sandbox:
        yield f"- commands ran with: {_escape(place.sandbox)}\n"
    for section in make_sections(report, tell_utc):
        yield f"\n## {section.title}\n\n"
        if section.note:
            yield f"{section.note}\n\n"
        yield "".join(_render_item(item) for item in section.items)
        if section.title == "Files changed" and with_diffs:
            yield from (_render_diffs(file) for file in report.files if file.diffs)


def _render_item(item: Item) -> str:
    if item.tone == "said":
        lines = clean(item.text).splitlines() or [""]
        return "".join(f"> {_escape(line)}\n" for line in lines)
    return f"- {_escape(item.text)}\n"


def _render_diffs(file: NetChange) -> str:
    several = f" ({len(file.diffs)} diffs in order: {file.note})" if file.note else ""
    blocks = "\n".join(_fence(clean(diff)) for diff in file.diffs)
    return f"\n### {_escape(file.path)}{_escape(several)}\n\n{blocks}\n"


def _fence(text: str) -> str:
    """A block that nothing in the text can end."""
    longest = max((len(run) for run in FENCES.findall(text)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}diff\n{text.rstrip(chr(10))}\n{marks}"


def _escape(text: str) -> str:
    """Text on one line in which nothing is a link, a tag or the beginning of a block."""
    line = " ".join(clean(text).split())
    line = line.replace("\\", "\\\\").replace("<", "&lt;").replace("[", "\\[")
    return f"\\{line}" if BEGINS.match(line) else line


# --- the document -------------------------------------------------------------------------------------------


def make_document(report: RunReport, *, with_diffs: bool = True) -> dict[str, Any]:
    """The report as a JSON document, version 1; times are Unix times and seconds, unknown costs are null."""
    run, standing = report.standing.run, report.standing
    document: dict[str, Any] = {
        "v": VERSION,
        "type": "report",
        **asdict(report.place),
        "goal": report.goal,
        "state": name_state(report),
        "standing": {
            "run": run.name,
            "phase": run.phase.value if run.name else "",
            "sentence": standing.sentence,
            "is_live": standing.is_live,
            "wake": standing.wake or None,
            "waits": list(standing.waits),
        },
        "result": to_json(report.ending),
        "evidence": asdict(report.evidence),
        "breaks": asdict(report.breaks),
        "times": {**asdict(report.times), "wall": report.times.wall},
        "cost": {**document_bills(report.bills), "compactions": report.compactions},
        "files": [_tell_change(file, with_diffs=with_diffs) for file in report.files],
        "problem": report.problem,
    }
    made: dict[str, Any] = tame(document)
    return made


def _tell_change(file: NetChange, *, with_diffs: bool) -> dict[str, Any]:
    told = {**asdict(file), "summary": tell_file(file)}
    if not with_diffs:
        del told["diffs"]
    return told


def tame(value: Any) -> Any:
    """The value with null for numbers that JSON lacks, and without halves of characters."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {str(key): tame(item) for key, item in value.items()}
    return [tame(item) for item in value] if isinstance(value, (list, tuple)) else value
