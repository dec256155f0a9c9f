"""`aura policy`: what the rules say of a shell command, and how they do on labelled ones."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

import click

from aura.core.text import clean

MODES = ("plan", "ask", "edit", "auto", "yolo")
DOES = {"looks": "only looks", "works": "works", "needs a person": "needs a person", "never": "never"}
WORDS = {"allow": "allowed", "ask": "needs a person", "deny": "refused"}


@click.group("policy")
def command() -> None:
    """What may run without asking: explain one command, or test the policy on many."""


@command.command("explain")
@click.argument("text", metavar="COMMAND")
@click.option(
    "--mode", type=click.Choice(MODES), default="auto", show_default=True, help="The mode to judge in."
)
@click.option(
    "--home", type=click.Path(path_type=Path), help="Judge as if this were the home folder.", metavar="DIR"
)
@click.option("--workspace", type=click.Path(path_type=Path), help="Judge for this folder.", metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(*, text: str, mode: str, home: Path | None, workspace: Path | None, as_json: bool) -> None:
    """Say whether COMMAND may run here by your settings, by which rule, why, and what each part of it does.

    Nothing is run.
    """
    from aura.config.load import load
    from aura.core.permissions import Mode
    from aura.safety.cases import rule_on
    from aura.safety.policy import Policy
    from aura.safety.sandbox import find_sandbox, is_boxed
    from aura.safety.trust import is_trusted

    folder = (workspace or Path.cwd()).absolute()
    settings = load(folder, trusted=is_trusted(folder))
    boxed = is_boxed(find_sandbox(settings.sandbox.mode)) and not settings.network.open
    ruling = rule_on(Policy(settings, folder, home=home, boxed=boxed), text, Mode(mode))
    if as_json:
        click.echo(json.dumps({"command": text, "mode": mode, **asdict(ruling)}))
        return
    click.echo(clean(f"{WORDS[ruling.verdict]} ({ruling.verdict}) in {mode} mode"))
    for name, value in (("rule", ruling.rule), ("why", ruling.reason), ("instead", ruling.suggestion)):
        if value:
            click.echo(clean(f"  {name:8} {value}"))
    for number, part in enumerate(ruling.parts):
        does = (
            DOES[part.level]
            if part.level == "looks" or not part.reason
            else f"{DOES[part.level]}: {part.reason}"
        )
        click.echo(clean(f"  {'' if number else 'parts':8} {shlex.join(part.argv)}"))
        click.echo(clean(f"  {'':10} {does}"))


@command.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a list of id, verdict, rule and reason.")
def test(*, file: Path, as_json: bool) -> int:
    """Judge the labelled commands of FILE in auto mode, and count how many get the decision they should.

    One a line between tabs: id, label (must-block, must-ask, should-allow), family, command (a JSON string), reason.
    They are judged by the built-in policy alone, in the scene that a comment of the file names (HOME=, workspace=).
    Exit code 1 when a command is allowed that must not be.
    """
    from aura.config.schema import Settings
    from aura.safety.cases import read_cases, rule_on, score

    scene, cases = read_cases(file)
    policy = scene.make_policy(Settings())
    judged = [(case, rule_on(policy, case.command)) for case in cases]
    result = score(judged)
    if as_json:
        rows = [
            {"id": case.id, "verdict": ruling.verdict, "rule": ruling.rule, "reason": ruling.reason}
            for case, ruling in judged
        ]
        click.echo(json.dumps(rows, indent=1))
        return 0
    for case, ruling in result.misses:
        click.echo(clean(f"{case.id}  {case.label}, {WORDS[ruling.verdict]}: {json.dumps(case.command)}"))
        click.echo(clean(f"      {ruling.reason}"))
    for label, good in (("must-block", "deny"), ("must-ask", "ask"), ("should-allow", "allow")):
        counts = ", ".join(f"{result.counts[label, verdict]} {WORDS[verdict]}" for verdict in WORDS)
        click.echo(clean(f"{label:13}{result.share(label, good):7.1%}  {counts}"))
    click.echo(clean(f"allowed though they must not be: {result.false_allows}"))
    return 1 if result.false_allows else 0
