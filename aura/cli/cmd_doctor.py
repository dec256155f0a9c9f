"""`aura doctor`: what is missing here, and how to mend it."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from aura.core.text import clean

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> int:
    """Look for what is missing here; exit 1 if something blocks."""
    from aura.cli.checkup import examine_all

    findings = examine_all(Path.cwd())
    blocked = any(finding.level == "problem" for finding in findings)
    if as_json:
        listed = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"ok": not blocked, "checks": listed}, indent=2))
        return int(blocked)
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        sign, colour = SIGNS[finding.level]
        found = clean(f"{finding.name:<{width}}  {finding.found}")
        click.echo(f"{click.style(sign, fg=colour)} {found}")
        if finding.fix:
            click.echo(clean(f"  {'':<{width}}  → {finding.fix}"))
    return int(blocked)
