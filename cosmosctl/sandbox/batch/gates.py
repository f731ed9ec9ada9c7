"""When a job's dependencies let it go on: whole jobs, `N_TO_N` and `SEQUENTIAL`.

Children of arrays are looked at only when something they wait for has ended, so an array of 10,000 costs nothing while
it waits. It must not know queues, places or processes.
"""

from __future__ import annotations

from enum import Enum, auto

from cosmosctl.sandbox.batch.records import Job, Key, Now, Status
from cosmosctl.sandbox.batch.table import Table

DEPENDENT_FAILED = "Dependent Job failed"


class Gate(Enum):
    OPEN = auto()
    WAIT = auto()
    FAILED = auto()


def whole(table: Table, job: Job) -> Gate:
    """Dependencies on complete jobs, which hold for all children alike."""
    units = [table.get(Key.parse(d.job)) for d in job.spec.depends if d.job and d.kind is None]
    return _verdict([u.status if u else Status.FAILED for u in units])


def open_per_index(job: Job) -> None:
    if job.array is not None:
        job.array.gate_open = True
        job.array.check.extend(range(job.array.size))


def release(table: Table, job: Job, now: Now) -> None:
    """Looks at the children whose own dependency may have ended."""
    array = job.array
    if array is None:
        return
    while array.check:
        index = array.check.popleft()
        if array.unit(index).status is not Status.PENDING:
            continue
        verdict = _child(table, job, index)
        if verdict is Gate.FAILED:
            table.move(Key(job.spec.id, index), Status.FAILED, now, reason=DEPENDENT_FAILED)
        elif verdict is Gate.OPEN:
            table.move(Key(job.spec.id, index), Status.RUNNABLE, now)


def _child(table: Table, job: Job, index: int) -> Gate:
    keys = []
    for dep in job.spec.depends:
        if dep.kind == "SEQUENTIAL" and index > 0:
            keys.append(Key(job.spec.id, index - 1))
        elif dep.kind == "N_TO_N" and dep.job:
            keys.append(Key(dep.job, index))
    units = [table.get(k) for k in keys]
    return _verdict([u.status if u else Status.FAILED for u in units])


def _verdict(statuses: list[Status]) -> Gate:
    if Status.FAILED in statuses:
        return Gate.FAILED
    return Gate.OPEN if all(s is Status.SUCCEEDED for s in statuses) else Gate.WAIT
