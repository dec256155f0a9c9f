"""Hands a run to the queue of the background, and takes it away again."""

import asyncio
import contextlib
from pathlib import Path

from aura.cli.given import find_workspace_of
from aura.config.load import load
from aura.core.errors import AuraError
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


def drop(folder: Path) -> None:
    """Take a run out of the queue if it waits there; where that fails, the next worker does it."""
    with contextlib.suppress(AuraError):
        asyncio.run(_drop(folder))


async def _drop(folder: Path) -> None:
    workspace = find_workspace_of(folder)
    site = find_own_site(load(workspace, {}, trusted=False))
    if site.file is not None and not site.file.exists():
        return
    queue = await asyncio.to_thread(open_queue, site)
    try:
        await queue.cancel(folder.name)
    finally:
        await queue.close()


async def _open(workspace: Path) -> tuple[Site, DurableQueue]:
    settings = load(workspace, {}, trusted=False)
    site = find_own_site(settings)
    return site, await asyncio.to_thread(open_queue, site)
