"""All jobs and the only way in which they change.

Every change goes through here, so that the counts of arrays are always right and every change is noted for the journal.
It decides nothing about scheduling and must not know moto, processes or files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from cosmosctl.sandbox.batch import retry
from cosmosctl.sandbox.batch.records import ArrayState, Attempt, Exit, Job, JobSpec, Key, Now, Status, Unit

CHILD_FAILED = "Array Child Job failed"
HOST_LOST = "Host EC2"


class Notes(Protocol):
    """Where changes are written down. `index` None is the job itself, -1 what its untouched children share."""

    def job(self, job: Job) -> None: ...

    def unit(self, job: str, index: int | None, unit: Unit) -> None: ...


REST = -1


class Table:
    def __init__(self, notes: Notes, new_id: Callable[[], str]) -> None:
        self.notes = notes
        self.new_id = new_id
        self.jobs: dict[str, Job] = {}
        self.live: dict[str, None] = {}
        self.followers: defaultdict[str, list[str]] = defaultdict(list)
        self.sequence = 0

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def add(self, spec: JobSpec, tags: dict[str, str], now: Now) -> Job:
        array = ArrayState(spec.size, Unit(since=now.mono)) if spec.size else None
        job = Job(spec, Unit(since=now.mono), array, tags)
        self.keep(job)
        self.notes.job(job)
        return job

    def keep(self, job: Job) -> None:
        """Takes a new job, or one read back from the journal."""
        self.jobs[job.spec.id] = job
        self.sequence = max(self.sequence, job.spec.sequence)
        if not job.unit.status.terminal:
            self.live[job.spec.id] = None
        for dep in job.spec.depends:
            if dep.kind == "N_TO_N" and dep.job:
                self.followers[dep.job].append(job.spec.id)

    def get(self, key: Key) -> Unit | None:
        job = self.jobs.get(key.job)
        return job.find(key.index) if job else None

    def own(self, key: Key) -> Unit:
        """The record of a job or child, split off from its siblings' shared one if needed."""
        job = self.jobs[key.job]
        if key.index is None or job.array is None:
            return job.unit
        array = job.array
        unit = array.children.get(key.index)
        if unit is None:
            unit = replace(array.rest)
            array.children[key.index] = unit
            array.tally[unit.status] += 1
            if unit.status is Status.RUNNABLE:
                array.waiting.add(key.index)
        return unit

    def move(self, key: Key, status: Status, now: Now, **changes: Any) -> Unit:
        unit = self.own(key)
        old, unit.status, unit.since = unit.status, status, now.mono
        if status is Status.RUNNING:
            unit.started_ms = now.ms
        if status.terminal:
            unit.stopped_ms = now.ms
        for name, value in changes.items():
            setattr(unit, name, value)
        job = self.jobs[key.job]
        if job.array is not None and key.index is not None:
            self._count(job.array, key.index, old, status)
        self.notes.unit(key.job, key.index, unit)
        if status.terminal:
            self._ended(job, key.index, now)
        return unit

    def update(self, key: Key, **changes: Any) -> None:
        unit = self.own(key)
        for name, value in changes.items():
            setattr(unit, name, value)
        self.notes.unit(key.job, key.index, unit)

    def move_rest(self, job: Job, status: Status, now: Now, reason: str | None = None) -> None:
        """Moves all untouched children of an array at once."""
        if job.array is None:
            return
        rest = job.array.rest
        rest.status, rest.since, rest.reason = status, now.mono, reason
        if status.terminal:
            rest.stopped_ms = now.ms
        self.notes.unit(job.spec.id, REST, rest)
        if status.terminal:
            self._ended(job, None, now)

    def reason_rest(self, job: Job, reason: str | None) -> None:
        """Says why the waiting children of an array, or a single job, are not placed."""
        array = job.array
        if array is None:
            if job.unit.reason != reason:
                self.update(Key(job.spec.id), reason=reason)
            return
        if array.rest.reason != reason and not array.rest.status.terminal:
            array.rest.reason = reason
            self.notes.unit(job.spec.id, REST, array.rest)
        for index in array.waiting:
            if array.children[index].reason != reason:
                self.update(Key(job.spec.id, index), reason=reason)

    @staticmethod
    def _count(array: ArrayState, index: int, old: Status, new: Status) -> None:
        array.tally[old] -= 1
        array.tally[new] += 1
        (array.waiting.add if new is Status.RUNNABLE else array.waiting.discard)(index)
        (array.placed.add if new.placed else array.placed.discard)(index)

    def _ended(self, job: Job, index: int | None, now: Now) -> None:
        if index is not None and job.array is not None:
            self._wake_followers(job, index)
        if job.array is None:
            self.live.pop(job.spec.id, None)
        elif job.array.done() and not job.unit.status.terminal:
            failed = job.array.summary()["FAILED"] > 0
            job.unit.status = Status.FAILED if failed else Status.SUCCEEDED
            job.unit.since, job.unit.stopped_ms = now.mono, now.ms
            job.unit.reason = CHILD_FAILED if failed and not job.unit.cancelled else job.unit.reason
            self.live.pop(job.spec.id, None)
            self.notes.unit(job.spec.id, None, job.unit)
            for follower in self.followers.get(job.spec.id, ()):
                self._recheck_all(follower)

    def _wake_followers(self, job: Job, index: int) -> None:
        if any(d.kind == "SEQUENTIAL" for d in job.spec.depends) and job.array and index + 1 < job.array.size:
            job.array.check.append(index + 1)
        for follower in self.followers.get(job.spec.id, ()):
            array = self.jobs[follower].array
            if array is not None:
                array.check.append(index)

    def _recheck_all(self, follower: str) -> None:
        array = self.jobs[follower].array
        if array is not None and array.gate_open:
            array.check.extend(i for i in range(array.size) if array.unit(i).status is Status.PENDING)

    def finish(self, key: Key, end: Exit, now: Now) -> Status:
        """Ends the current attempt and says what follows: SUCCEEDED, RUNNABLE (again) or FAILED."""
        unit = self.own(key)
        end = _final(end, unit.ending)
        instance = unit.placement.instance if unit.placement else None
        attempt = Attempt(unit.started_ms, now.ms, end, unit.log_stream, unit.task or "", instance)
        attempts = (*unit.attempts, attempt)
        again = end.code != 0 and retry.again(self.jobs[key.job].spec.retry, len(attempts), end)
        good = end.code == 0 and unit.ending is None
        status = Status.SUCCEEDED if good else Status.RUNNABLE if again else Status.FAILED
        clear: dict[str, Any] = {"process": None, "ending": None, "placement": None}
        if again:
            clear["started_ms"] = None
        self.move(key, status, now, attempts=attempts, reason=end.status_reason, **clear)
        return status

    def placed(self) -> Iterator[tuple[Key, Unit]]:
        """Everything that holds capacity now."""
        for job_id in self.live:
            job = self.jobs[job_id]
            if job.array is not None:
                yield from [(Key(job_id, i), job.array.children[i]) for i in sorted(job.array.placed)]
            elif job.unit.status.placed:
                yield Key(job_id), job.unit


def _final(end: Exit, ending: Exit | None) -> Exit:
    """What we did to a container counts more than how its process says it ended."""
    if ending is None:
        return end
    code = None if ending.status_reason.startswith(HOST_LOST) else end.code
    return Exit(code, ending.status_reason, ending.reason or end.reason, ending.retryable)
