"""aura models: which models can be used now, and what they cost."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from aura.core.text import clean

if TYPE_CHECKING:
    from aura.core.models import ModelInfo
    from aura.models.listing import Listing, Row

SHOWN = 12  # models of one provider before the rest is only counted
MILLION = 1_000_000


@click.command("models")
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@click.option("--all", "known", is_flag=True, help="Every model aura knows, usable or not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(words: tuple[str, ...], *, known: bool, as_json: bool) -> None:
    """Show which models can be used right now: keys found, local servers, windows and prices.

    FILTER words have to be part of the name or of what the model can do: aura models --all gemini vision.
    """
    import datetime as dt
    from pathlib import Path

    from aura.config.load import load
    from aura.models.catalog import choose_default
    from aura.models.listing import filter_rows, list_known, list_usable
    from aura.models.naming import read_overrides
    from aura.safety.trust import is_trusted

    settings = load(Path.cwd(), trusted=is_trusted(Path.cwd()))
    overrides = read_overrides(settings.models)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    listing = list_usable(overrides, today=today)
    rows = filter_rows(tuple(list_known(overrides, today=today)) if known else listing.rows, words)
    default = choose_default(settings.model, overrides=overrides, ways=listing.ways) or ""
    if as_json:
        click.echo(json.dumps(_make_json(rows, listing, default), indent=2))
        return
    for line in _render(rows, listing, default, whole=known or bool(words)):
        click.echo(line)


def _make_json(rows: Sequence["Row"], listing: "Listing", default: str) -> dict[str, object]:
    models = []
    for row in rows:
        info = {**asdict(row.info), "capabilities": sorted(row.info.capabilities)}
        models.append({**info, "role": row.role, "source": row.source})
    return {"default": default, "models": models, "missing": list(listing.missing)}


def _render(rows: Sequence["Row"], listing: "Listing", default: str, *, whole: bool) -> Iterator[str]:
    """The table: one block for each provider or server, then which model is taken."""
    if not rows:
        yield from _render_nothing(listing, whole=whole)
        return
    width = max(len(row.info.name) for row in rows)
    yield click.style(
        f"{'':2}{'':{width}}  {'window':>9}  {'in':>8}  {'out':>8}  USD per million tokens", dim=True
    )
    for head, block in _blocks(rows):
        yield click.style(clean(head), bold=True)
        for row in block if whole else block[:SHOWN]:
            mark = "*" if row.info.name == default else " "
            note = f"  {row.role}" if row.role else ""
            yield clean(f"{mark} {row.info.name:{width}}  {_describe(row.info)}{note}").rstrip()
        if len(block) > SHOWN and not whole:
            name = block[0].info.name.partition("/")[0]
            yield click.style(f"  … and {len(block) - SHOWN} more: aura models {clean(name)}/", dim=True)
        for advice in dict.fromkeys(row.advice for row in block if row.advice):
            yield clean(f"  {advice}")
    yield ""
    if default:
        told = "unless it is told otherwise: --model, AURA_MODEL, or `aura config set model`."
        yield f"aura takes {clean(default)} {told}"
    else:
        yield "None of these can be used yet; `aura auth set PROVIDER` keeps a key."


def _render_nothing(listing: "Listing", *, whole: bool) -> Iterator[str]:
    from aura.models.catalog import WAYS

    if whole:
        yield "No such model; `aura models --all` lists those it knows."
        return
    yield WAYS
    yield ""
    yield clean(f"No server answered: {', '.join(listing.missing)}.")


def _blocks(rows: Sequence["Row"]) -> Iterator[tuple[str, list["Row"]]]:
    """The rows by provider, each with its heading: who it is, and what makes its models usable."""
    from aura.models.listing import title_of

    blocks: dict[str, list[Row]] = {}
    for row in rows:
        source = row.source or "no key"
        blocks.setdefault(f"{title_of(row.info.name)} ({source})", []).append(row)
    yield from blocks.items()


def _describe(info: "ModelInfo") -> str:
    window = f"{info.window:,}" if info.window else "?"
    tools = "" if "tools" in info.capabilities or not info.capabilities else "  no tools"
    return f"{window:>9}  {_price(info.input_price):>8}  {_price(info.output_price):>8}{tools}"


def _price(price: float | None) -> str:
    if price is None:
        return "?"
    return f"{price * MILLION:.2f}" if price else "0"
