"""aura undo: put the files of a session back as they were, and undo that."""

import sys
from typing import TYPE_CHECKING, Any

import click

from aura.cli.take_over import take_over_option
from aura.core.errors import AuraError

if TYPE_CHECKING:
    from aura.app.session import Others
    from aura.app.undoing import Preview, Undone, UndoWish


class NotAsked(AuraError):
    """Somebody has to say yes, and nobody can be asked (exit 4)."""

    exit_code = 4


@click.command("undo")
@click.argument("run", metavar="RUN")
@click.option(
    "--to", "place", default="", metavar="PLACE", help="Back to this place instead of before the run."
)
@click.option("--redo", is_flag=True, help="Undo the last undo.")
@click.option("--path", "paths", multiple=True, help="Only this file or folder (repeatable).")
@click.option(
    "--others",
    type=click.Choice(["mine", "old", "beside"]),
    default="mine",
    help="Files that you changed since: keep yours, take the old ones, or put the old ones beside yours.",
)
@click.option("--diff", is_flag=True, help="Show what would change, line by line.")
@click.option("--preview", "only_preview", is_flag=True, help="Only show it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@take_over_option
def command(**given: Any) -> None:
    """Put the files that RUN changed back as they were, and nothing else.

    RUN is the beginning of the name of a session, wherever it was begun, or `last`. PLACE is the number of an event, as
    `aura rewind RUN` lists them, or TURN.STEP. Files that you changed since stay as they are unless you choose
    otherwise. What is there now is kept first: `aura undo RUN --redo` brings it back. The conversation is not touched;
    see `aura rewind`.
    """
    import asyncio

    from aura.app.undoing import UndoWish
    from aura.app.undos import preview_undo, send_undo
    from aura.cli.ordering import locate

    folder = locate(given["run"])
    if given["redo"] and given["place"]:
        raise click.UsageError("--redo goes back to before the last undo; leave --to out.")
    wish = UndoWish(given["place"], given["redo"], tuple(given["paths"]), given["others"])
    take_over = bool(given["take_over"])
    preview = asyncio.run(preview_undo(folder, wish, take_over=take_over))
    if not given["as_json"]:
        _show(preview, wish, diff=given["diff"])
    if given["only_preview"] or not preview.files:
        if given["as_json"]:
            _print_json(folder.name, preview, None)
        return
    agreed = wish if given["yes"] else _ask(wish, preview, can_ask=not given["as_json"])
    if agreed is None:
        if given["as_json"]:
            _print_json(folder.name, preview, None)
        raise NotAsked("Nothing was changed: nobody can be asked here; add --yes to do it.")
    undone = asyncio.run(send_undo(folder, agreed))
    if given["as_json"]:
        _print_json(folder.name, preview, undone)
    else:
        _tell(folder.name, undone, agreed)
    if undone.failed:
        told = "; ".join(f"{path}: {why}" for path, why in undone.failed)
        raise AuraError(f"Not everything could be put back. {told}.")


def _show(preview: "Preview", wish: "UndoWish", *, diff: bool) -> None:
    """What would be done, in lines."""
    from aura.core.text import clean

    lines = [
        f"The files as they were {preview.what}:"
        if preview.files
        else f"There is nothing to undo: all files are as they were {preview.what}."
    ]
    for file in preview.files:
        size = f" +{file.added} -{file.removed}" if file.added or file.removed else ""
        note = f" ({file.note})" if file.note else ""
        lines.append(f"  {file.verb:<8} {file.path}{size}{note}")
    conflicts = [file for file in preview.files if file.conflict]
    if conflicts:
        stays = {
            "mine": "they stay as they are",
            "old": "the old ones come back",
            "beside": "the old ones go beside",
        }
        lines.append(f"Changed by somebody else since ({stays[wish.others]} unless you choose otherwise):")
        lines += [f"  {file.path}: {file.conflict}" for file in conflicts]
    if preview.lost:
        lines.append("Cannot be put back:")
        lines += [f"  {path}: {why}" for path, why in preview.lost]
    if preview.gaps:
        lines.append("Not covered by snapshots:")
        lines += [f"  {path}: {why}" for path, why in preview.gaps[:10]]
        if len(preview.gaps) > 10:
            lines.append(f"  and {len(preview.gaps) - 10} more")
    click.echo(clean("\n".join(lines)))
    if diff:
        click.echo(clean("".join(file.diff for file in preview.files)), nl=False)


def _ask(wish: "UndoWish", preview: "Preview", *, can_ask: bool) -> "UndoWish | None":
    """The wish with what the person chose; None when nobody can be asked. Raises `click.Abort` for a no."""
    from dataclasses import replace

    if not (can_ask and sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    choices: dict[str, Others] = {}
    for file in preview.files if wish.others == "mine" else ():
        if file.conflict:
            choices[file.path] = _choose(file.path)
    safe = sum(not file.conflict for file in preview.files)
    chosen = sum(choice != "mine" for choice in choices.values())
    if wish.others != "mine":
        chosen = len(preview.files) - safe
    click.confirm(f"Put {safe + chosen} back?", abort=True)
    return replace(wish, choices=choices)


def _choose(path: str) -> "Others":
    """What is to become of a file that a person changed."""
    from aura.core.text import clean

    question = f"{clean(path)}: keep (m)ine, take the (o)ld one, put the old one (b)eside it"
    answer = click.prompt(question, type=click.Choice(["m", "o", "b"]), default="m", show_choices=False)
    match answer:
        case "o":
            return "old"
        case "b":
            return "beside"
        case _:
            return "mine"


def _tell(name: str, undone: "Undone", wish: "UndoWish") -> None:
    """What was done, in lines."""
    from aura.core.text import clean

    count = len(undone.paths)
    many = "1 file or folder" if count == 1 else f"{count} files and folders"
    lines = [f"Put back as they were {undone.what}: {many}."]
    lines += [f"  written beside: {path}" for path in undone.beside]
    lines += [f"  stays as it is: {path}" for path in undone.kept]
    if undone.paths or undone.beside:
        lines.append(f"`aura undo {name} --redo` undoes this.")
    click.echo(clean("\n".join(lines)))


def _print_json(name: str, preview: "Preview", undone: "Undone | None") -> None:
    import json
    from dataclasses import asdict

    done = None if undone is None else asdict(undone)
    click.echo(json.dumps({"session": name, "preview": asdict(preview), "undone": done}))
