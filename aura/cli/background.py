"""Hands a run to the queue of the background, and takes it away again."""

import asyncio
from pathlib import Path

from aura.cli.given import find_workspace_of
from aura.config.load import load
from aura.fleet.durable import DurableQueue, open_queue
from aura.fleet.queue import Job
from aura.fleet.site import Site, find_own_site
from aura.fleet.starting import ensure_worker


def hand_over(folder: Path) -> None:
    """Have a worker take the run up, with what it was started with; one is brought up if need be."""
    asyncio.run(_hand_over(folder))


async def _hand_over(folder: Path) -> None:
    workspace = find_workspace_of(folder)
    site, queue = await _open(workspace)
    try:
        if await queue.find(folder.name) is None:
            await queue.submit(Job(folder.name, str(workspace), str(folder.parent)))
        else:
            await queue.resume(folder.name)
            await queue.signal(folder.name)
    finally:
        await queue.close()
    ensure_worker(site)


async def _open(workspace: Path) -> tuple[Site, DurableQueue]:
    settings = load(workspace, {}, trusted=False)
    site = find_own_site(settings)
    return site, await asyncio.to_thread(open_queue, site)
