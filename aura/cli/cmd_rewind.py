"""aura rewind: take a session back to an earlier place."""

import json
from typing import Any

import click

from aura.cli.take_over import take_over_option


@click.command("rewind")
@click.argument("session", metavar="SESSION")
@click.option("--to", type=click.IntRange(min=1), help="The number of the event to go back to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@take_over_option
def command(*, session: str, to: int | None, as_json: bool, take_over: bool) -> None:
    """Take the conversation and the todos of SESSION back to an earlier place.

    Without --to the places are listed: every prompt, and every step that changed something. The log keeps everything:
    a rewind is undone by going back to the place before it. SESSION is the beginning of its name, wherever it was
    begun, or `last`.
    """
    import asyncio
    from dataclasses import asdict

    from aura.app.rewound import Wish, read_points, send_rewind
    from aura.cli.ordering import locate, tell
    from aura.core.text import clean
    from aura.runs.points import tell_points

    folder = locate(session)
    if to is None:
        points = read_points(folder)
        listed: Any = [asdict(point) for point in points]
        click.echo(json.dumps(listed) if as_json else clean("\n".join(tell_points(points))))
        return
    prompt = asyncio.run(send_rewind(folder, Wish(to), take_over=take_over))
    if as_json:
        click.echo(json.dumps({"session": folder.name, "to": to, "prompt": prompt}))
        return
    tell(folder, f"is as it was after event {to}; the log keeps what followed.")
    if prompt:
        click.echo(clean(f"What was said there:\n{prompt}"))
