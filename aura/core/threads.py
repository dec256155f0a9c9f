"""Work beside the loop that must not be left half done."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def work_in_thread(work: Callable[[], Result]) -> Result:
    """Do something beside the loop; when the caller is cancelled, it is still done to its end."""
    doing = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise
