"""The queue on DBOS, as those see it who hand runs over or look at them; it never runs one."""

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from aura.core.errors import AuraError
from aura.core.text import shorten
from aura.fleet.liveness import open_liveness
from aura.fleet.queue import Job, JobState
from aura.fleet.site import Site
from aura.fleet.table import APPLICATION, LONGEST_DETAIL, JobTable

Given = ParamSpec("Given")
Result = TypeVar("Result")


class DurableQueue:
    """A `RunQueue` in a database; made by `open_queue`. Every call raises `AuraError` when that fails."""

    def __init__(self, table: JobTable) -> None:
        self.table = table

    @property
    def site(self) -> Site:
        """Where it is kept."""
        return self.table.site

    async def submit(self, job: Job, wake: float = 0.0) -> JobState:
        """See `RunQueue.submit`."""
        return await self._ask(self.table.submit, job, wake)

    async def find(self, run: str) -> JobState | None:
        """See `RunQueue.find`."""
        return await self._ask(self.table.find, run)

    async def jobs(self) -> tuple[JobState, ...]:
        """See `RunQueue.jobs`; the runs of all machines that share the database."""
        return await self._ask(self.table.jobs)

    async def cancel(self, run: str) -> bool:
        """See `RunQueue.cancel`."""
        return await self._ask(self.table.cancel, run)

    async def resume(self, run: str) -> JobState:
        """See `RunQueue.resume`."""
        return await self._ask(self.table.resume, run)

    async def signal(self, run: str) -> bool:
        """See `RunQueue.signal`."""
        return await self._ask(self.table.signal, run)

    async def sweep(self) -> tuple[str, ...]:
        """See `RunQueue.sweep`; only of this machine, whose queue alone can be worked on here."""
        return await self._ask(self.table.sweep)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self.table.close)

    async def _ask(self, call: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """The result of a call that blocks; what goes wrong with the database is one sentence."""
        try:
            return await asyncio.to_thread(call, *given, **named)
        except Exception as error:
            raise explain(error, self.site) from error


def open_queue(site: Site) -> DurableQueue:
    """The queue of this machine, made if it is not there yet; raises `AuraError` when that fails. It blocks."""
    from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

    site.prepare()
    hush()
    try:
        client = DBOSClient(
            system_database_url=site.database,
            application_name=APPLICATION,
            serializer=DBOSPortableJSONSerializer(),
            retry_connection_errors=False,
            lazy=True,
        )
        DBOS.migrate(site.database)
    except Exception as error:
        raise explain(error, site) from error
    return DurableQueue(JobTable(site, client, open_liveness(site)))


def hush() -> None:
    """Keep DBOS from writing to the terminal of whoever looks at a queue."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def explain(error: Exception, site: Site) -> AuraError:
    """An error of the database as one sentence."""
    if isinstance(error, AuraError):
        return error
    why = shorten(str(getattr(error, "orig", None) or error), LONGEST_DETAIL)
    return AuraError(f"The database of runs ({site.shown}) does not work: {why or type(error).__name__}")
