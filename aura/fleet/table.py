"""The jobs of runs in a database of DBOS: what is written and read there; every call blocks.

A job is a workflow `<run>.<number>`; as that name is unique, one run is never handed over twice at once. A run that
waits is not kept in a worker: its workflow ends, and the next one is delayed until it is to wake.
"""

import contextlib
import datetime as dt
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from aura.core.errors import AuraError
from aura.core.text import shorten
from aura.fleet.liveness import Liveness
from aura.fleet.queue import Job, JobState, pack, unpack
from aura.fleet.site import Site

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

APPLICATION = "aura-runs"
VERSION = "runs-1"  # to be changed when the order of steps in the workflow changes, never else
WORKFLOW = "pursue"
ACTIVE = ["ENQUEUED", "DELAYED", "PENDING"]
LONGEST_DETAIL = 300
KEPT_DAYS = 7
MOST_PRUNED = 500
LEFT = "The worker that had it is gone; the next one goes on with it."


class JobTable:
    """The jobs of a site, as those see them who hand runs over, look at them, or work on them."""

    def __init__(self, site: Site, client: "DBOSClient", liveness: Liveness) -> None:
        self.site = site
        self.liveness = liveness
        self._client = client

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()

    def park(self, job: Job, number: int, wake: float, failures: int, detail: str) -> None:
        """Hand a run over again as its job of this number, to be woken at `wake`; harmless when repeated."""
        self._enqueue(job, number, failures=failures, wake=wake, detail=detail, policy="return-existing")

    def hand_back(self, worker: str) -> tuple[str, ...]:
        """Queue again what this worker had; only for one that works no more. The runs that are queued again.

        A row that another one has taken meanwhile is not touched.
        """
        mine = self._rows(status="PENDING", executor_id=worker, queue_name=self.site.queue)
        given = [one for one in mine if self._give_back(one.workflow_id, worker)]
        return tuple(_split(one.workflow_id)[0] for one in given)

    def is_idle(self) -> bool:
        """Whether this machine has nothing to do, now or later."""
        return not self._rows(status=ACTIVE, queue_name=self.site.queue, limit=1)

    def waiting(self) -> list[tuple[Job, int]]:
        """The jobs of this machine that wait, and how many segments of each failed in a row."""
        rows = self._rows(status="DELAYED", queue_name=self.site.queue, load_input=True)
        given = [row.input["args"] for row in rows if row.input is not None]
        return [(unpack(job), int(failures)) for job, _, failures in given]

    def prune(self) -> int:
        """Forget what ended more than `KEPT_DAYS` ago; how many jobs."""
        before = (dt.datetime.now(dt.UTC) - dt.timedelta(days=KEPT_DAYS)).isoformat()
        old = self._rows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            queue_name=self.site.queue,
            completed_before=before,
            limit=MOST_PRUNED,
        )
        if old:
            self._client.delete_workflows([one.workflow_id for one in old])
        return len(old)

    def _rows(self, **wanted: Any) -> "list[WorkflowStatus]":
        return self._client.list_workflows(
            name=WORKFLOW, **{"load_input": False, "load_output": False, **wanted}
        )

    def _newest(self, run: str) -> "WorkflowStatus | None":
        found = self._rows(workflow_id_prefix=f"{run}.", load_output=True)
        return max(
            (one for one in found if _split(one.workflow_id)[0] == run),
            key=lambda one: _split(one.workflow_id)[1],
            default=None,
        )

    def find(self, run: str) -> JobState | None:
        """See `RunQueue.find`."""
        newest = self._newest(run)
        return next(self._describe([newest])) if newest is not None else None

    def jobs(self) -> tuple[JobState, ...]:
        """See `RunQueue.jobs`; the runs of all machines that share the database."""
        newest: dict[str, WorkflowStatus] = {}
        for one in self._rows(load_output=True):
            run, number = _split(one.workflow_id)
            if run not in newest or number > _split(newest[run].workflow_id)[1]:
                newest.pop(run, None)
                newest[run] = one
        return tuple(self._describe(newest.values()))

    def _describe(self, rows: "Iterable[WorkflowStatus]") -> Iterator[JobState]:
        alive: dict[str, bool] = {}
        for row in rows:
            state = _read(row)
            if state.state == "running" and state.host == self.site.host:
                if state.worker not in alive:
                    alive[state.worker] = self.liveness.is_alive(state.worker)
                if not alive[state.worker]:
                    state = JobState(state.run, "queued", detail=LEFT, number=state.number, host=state.host)
            yield state

    def submit(self, job: Job, wake: float) -> JobState:
        """See `RunQueue.submit`."""
        from dbos._error import DBOSWorkflowIDInUseError

        while True:
            newest = self._newest(job.run)
            if newest is not None and newest.status in ACTIVE:
                return next(self._describe([newest]))
            number = _split(newest.workflow_id)[1] + 1 if newest is not None else 1
            with contextlib.suppress(DBOSWorkflowIDInUseError):  # somebody else was quicker
                self._enqueue(job, number, wake=wake)
                return self.find(job.run) or JobState(job.run, "queued", number=number, host=self.site.host)

    def _enqueue(
        self,
        job: Job,
        number: int,
        *,
        failures: int = 0,
        wake: float = 0.0,
        detail: str = "",
        policy: str = "reject",
    ) -> None:
        options: Any = {
            "workflow_name": WORKFLOW,
            "queue_name": self.site.queue,
            "workflow_id": f"{job.run}.{number}",
            "workflow_id_reuse_policy": policy,
            "app_version": VERSION,
        }
        if wake > time.time():
            options["delay_seconds"] = wake - time.time()
        if detail:
            options["attributes"] = {"detail": shorten(detail, LONGEST_DETAIL)}
        self._client.enqueue(options, pack(job), number, failures)

    def cancel(self, run: str) -> bool:
        """See `RunQueue.cancel`."""
        newest = self._newest(run)
        if newest is None or newest.status not in ("ENQUEUED", "DELAYED"):
            return False
        self._client.cancel_workflow(newest.workflow_id)
        return True

    def resume(self, run: str) -> JobState:
        """See `RunQueue.resume`."""
        newest = self._newest(run)
        if newest is None:
            raise AuraError(f"The queue knows no run {run}.")
        given = self._client.list_workflows(workflow_ids=[newest.workflow_id], load_output=False)[0].input
        assert given is not None
        return self.submit(unpack(given["args"][0]), 0.0)

    def signal(self, run: str) -> bool:
        """See `RunQueue.signal`."""
        newest = self._newest(run)
        if newest is None or newest.status != "DELAYED":
            return False
        self._client.set_workflow_delay(newest.workflow_id, delay_seconds=0)
        return True

    def sweep(self) -> tuple[str, ...]:
        """See `RunQueue.sweep`; only of this machine, whose queue alone can be worked on here."""
        owned = self._rows(status="PENDING", queue_name=self.site.queue)
        owners = {one.executor_id for one in owned if one.executor_id}
        dead = [worker for worker in sorted(owners) if not self.liveness.is_alive(worker)]
        return tuple(run for worker in dead for run in self.hand_back(worker))

    def _give_back(self, name: str, worker: str) -> bool:
        """Queue a job again if this worker still owns it.

        The public way (`resume_workflow`) asks for no owner, so of two that sweep at once the later one would start
        a job again that a third has just begun.
        """
        return self._client._sys_db.reenqueue_for_recovery(name, [worker], self.site.queue)  # noqa: SLF001


def _split(name: str) -> tuple[str, int]:
    """The run and the number of a job's name."""
    run, _, number = name.rpartition(".")
    return (run, int(number)) if number.isdecimal() else (name, 0)


def _read(row: "WorkflowStatus") -> JobState:
    run, number = _split(row.workflow_id)
    host = (row.queue_name or "").partition("@")[2]
    detail = str((row.attributes or {}).get("detail", ""))
    match row.status:
        case "PENDING":
            return JobState(run, "running", worker=row.executor_id or "", number=number, host=host)
        case "DELAYED":
            wake = (row.delay_until_epoch_ms or 0) / 1000
            return JobState(run, "waiting", wake=wake, detail=detail, number=number, host=host)
        case "ENQUEUED":
            return JobState(run, "queued", detail=detail, number=number, host=host)
        case "CANCELLED":
            return JobState(run, "ended", detail="cancelled", number=number, host=host)
        case _:
            output = row.output if isinstance(row.output, dict) else {}
            said = str(output.get("detail") or output.get("phase") or row.error or "")
            return JobState(run, "ended", detail=shorten(said, LONGEST_DETAIL), number=number, host=host)
