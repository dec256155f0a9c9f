"""Work beside the screen that ends with its owner."""

from collections.abc import Awaitable, Callable

from textual.dom import DOMNode


def start(owner: DOMNode, group: str, work: Callable[..., Awaitable[None]], *arguments: object) -> None:
    """Begin work that belongs to a widget or the app; whatever of the same group still runs is cancelled.

    The work is made only when it begins, so one that is cancelled before leaves nothing behind.
    """

    async def run() -> None:
        await work(*arguments)

    owner.run_worker(run, group=group, exclusive=True)  # type: ignore[arg-type] # its own type is too narrow
