"""Cancel, terminate, and the loss of a host: how jobs end that do not end by themselves.

Pure over the table; what must be killed is returned as keys. It must not know signals or processes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.sandbox.batch.records import Exit, Job, Key, Now, Status, Unit
from cosmosctl.sandbox.batch.table import HOST_LOST, Table

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
EXITED = "Essential container in task exited"


def cancel(table: Table, key: Key, reason: str, now: Now) -> None:
    """Ends what has not got a place yet; STARTING and RUNNING jobs go on."""
    job = table.jobs.get(key.job)
    if job is None or (unit := job.find(key.index)) is None or unit.status.terminal:
        return
    if job.array is not None and key.index is None:
        table.update(key, cancelled=True, reason=reason)
        _end_waiting(table, job, reason, now, terminated=False)
    elif not unit.status.placed:
        table.move(key, Status.FAILED, now, reason=reason, cancelled=True)


def terminate(table: Table, key: Key, reason: str, now: Now) -> list[Key]:
    """Ends everything; the keys returned have a process that must be stopped."""
    job = table.jobs.get(key.job)
    if job is None or (unit := job.find(key.index)) is None or unit.status.terminal:
        return []
    if job.array is not None and key.index is None:
        table.update(key, terminated=True, cancelled=True, reason=reason)
        keys = [Key(job.spec.id, i) for i in sorted(job.array.placed)]
        _end_waiting(table, job, reason, now, terminated=True)
        return [k for k in keys if _stop(table, k, reason, now)]
    return [key] if _stop(table, key, reason, now) else []


def _stop(table: Table, key: Key, reason: str, now: Now) -> bool:
    unit = table.own(key)
    if unit.status is Status.RUNNING or (unit.status is Status.STARTING and unit.process is not None):
        table.update(key, ending=Exit(None, reason, retryable=False), terminated=True)
        return True
    table.move(key, Status.FAILED, now, reason=reason, terminated=True, placement=None)
    return False


def _end_waiting(table: Table, job: Job, reason: str, now: Now, *, terminated: bool) -> None:
    array = job.array
    if array is None:
        return
    for index in [i for i, u in array.children.items() if not u.status.terminal and not u.status.placed]:
        table.move(Key(job.spec.id, index), Status.FAILED, now, reason=reason, cancelled=True, terminated=terminated)
    if len(array.children) < array.size and not array.rest.status.terminal:
        array.rest.cancelled, array.rest.terminated = True, terminated
        table.move_rest(job, Status.FAILED, now, reason)


def host_lost(unit: Unit) -> Exit:
    instance = unit.placement.instance if unit.placement else "i-00000000000000000"
    return Exit(None, f"{HOST_LOST} (instance {instance}) terminated.")


def reclaim(table: Table, keys: list[Key], now: Now) -> list[Key]:
    """The instances of these jobs go away; the keys returned have a process that must be stopped."""
    stops = []
    for key in keys:
        unit = table.own(key)
        if unit.status is Status.RUNNING:
            table.update(key, ending=host_lost(unit))
            stops.append(key)
        elif unit.status is Status.STARTING:
            table.finish(key, host_lost(unit), now)
    return stops


def targets(table: Table, *, queue: str | None, job: str | None, everything: bool, forced: bool) -> Iterator[Key]:
    """What a reclaim order means: running on spot (or anywhere, if forced), of a queue, a job or all."""
    wanted = Key.parse(job) if job else None
    for key, unit in table.placed():
        spec = table.jobs[key.job].spec
        if not forced and not (unit.placement and unit.placement.purchase == "spot"):
            continue
        in_queue = queue is not None and queue in (spec.queue, spec.queue.rpartition("/")[2])
        if everything or in_queue or (wanted is not None and wanted in (key, Key(key.job))):
            yield key
