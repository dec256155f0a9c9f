"""Hands a run to the queue of the background, and takes it away again."""

import asyncio
from pathlib import Path

from aura.config.load import load
from aura.core.errors import AuraError
from aura.fleet.durable import DurableQueue, open_queue
from aura.fleet.queue import Job
from aura.fleet.site import Site, find_site
from aura.fleet.starting import ensure_worker
from aura.store.index import read_workspace


def hand_over(folder: Path, model: str = "") -> None:
    """Have a worker take the run up, with this model (empty: its own); one is brought up if need be."""
    asyncio.run(_hand_over(folder, {"model": model} if model else {}))


async def _hand_over(folder: Path, flags: dict[str, str]) -> None:
    workspace = read_workspace(folder)
    if not workspace.is_dir():
        raise AuraError(f"The folder that the run works in is gone: {workspace}. Bring it back, then resume.")
    site, queue = await _open(workspace)
    try:
        await queue.submit(Job(folder.name, str(workspace), str(folder.parent), flags))
        await queue.signal(folder.name)
    finally:
        await queue.close()
    ensure_worker(site)


async def _open(workspace: Path) -> tuple[Site, DurableQueue]:
    settings = load(workspace, {}, trusted=False)
    site = find_site(settings.fleet.database, settings.fleet.host)
    return site, await asyncio.to_thread(open_queue, site)
