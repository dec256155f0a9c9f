"""The page of the docs that says what is survived and how that is tested; made of the catalogue."""

from collections.abc import Iterable
from pathlib import Path

from tests.faults.scene import Fault

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"
HEAD = """\
# Faults that are survived

Each row is a test that brings the fault about for real: `./dev test tests/faults -k P01` runs the first. After every
one of them it is looked at that no process is left behind, that every log can be read to its end and gone on with (each
call has one result, each id is there once), that the provider's key is in no file and no output, and that no traceback
was shown. A row that names test files is played there, beside the code; the names of the tests are in
`tests/faults/proved.py`, and a test looks that they are there and are not left out. Where chance has a part in it, the
row says how many seeds it is played with. The page is made from the tests.
"""
PARTS = {
    "P": "Providers and their streams",
    "S": "The log and other files of aura's own",
    "F": "Files of the project",
    "X": "Processes",
    "T": "The terminal",
    "U": "Undo",
}


def render_page(faults: Iterable[Fault]) -> str:
    """The page, a table for each part."""
    known = list(faults)
    parts = [HEAD]
    for letter, title in PARTS.items():
        rows = [fault for fault in known if fault.id.startswith(letter)]
        if rows:
            parts.append(
                f"\n## {title}\n\n"
                "| | Fault | How it is brought about | What must hold | Test |\n|---|---|---|---|---|\n"
            )
            parts += [_row(fault) for fault in rows]
    parts.append(
        f"\n{len(known)} faults in all. Not among them, because they are not built: tool servers and subagents.\n"
    )
    return "".join(parts)


def _row(fault: Fault) -> str:
    name = fault.id if len(fault.seeds) == 1 else f"{fault.id} ({len(fault.seeds)} seeds)"
    tests = ", ".join(
        dict.fromkeys(f"`{one.removeprefix('tests/').partition('::')[0]}`" for one in fault.proof)
    )
    return f"| {name} | {fault.name} | {fault.injected} | {fault.expected} | {tests or 'its own'} |\n"
