"""One step of the scheduler: what moves on, what gets a place, what must be started or stopped.

It changes records through the table and returns what has to be done outside as plain actions. It must not know moto,
processes or the wall clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from cosmosctl.sandbox.batch import gates
from cosmosctl.sandbox.batch.placement import Blocked, Denial, Place, Queue, place
from cosmosctl.sandbox.batch.records import Exit, Job, Key, Now, Placement, Status, Unit
from cosmosctl.sandbox.batch.table import Table

TIMED_OUT = "Job attempt duration exceeded timeout"
Usage = defaultdict[str, float]
Shares = defaultdict[tuple[str, str | None], float]
LIMIT_TEXT = "Canceled by JobStateTimeLimit action due to reason: "


@dataclass(frozen=True, slots=True)
class Options:
    dwell_s: float = 0.3
    time_scale: float = 1.0
    slots: int = 2
    denials: tuple[Denial, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    key: Key


@dataclass(frozen=True, slots=True)
class Stop:
    key: Key


@dataclass(slots=True)
class Head:
    """The job that blocks a queue, and since when."""

    job: str
    reason: str
    since: float


@dataclass
class Scheduler:
    table: Table
    queues: Callable[[str], Queue | None]
    heads: dict[str, Head] = field(default_factory=dict)
    launching: set[Key] = field(default_factory=set)

    def tick(self, now: Now, options: Options) -> list[Start | Stop]:
        for job_id in list(self.table.live):
            self._advance(self.table.jobs[job_id], now, options)
        self._place(now, options)
        return [*self._starts(now, options), *self._timeouts(now, options)]

    def _advance(self, job: Job, now: Now, options: Options) -> None:
        """SUBMITTED to PENDING to RUNNABLE, for a job or for all untouched children of an array."""
        waiting = job.array.rest if job.array else job.unit
        if job.array and job.array.gate_open:
            gates.release(self.table, job, now)
        if now.mono - waiting.since < options.dwell_s:
            return
        if waiting.status is Status.SUBMITTED:
            self._move_all(job, Status.PENDING, now)
            if job.array:
                self.table.move(Key(job.spec.id), Status.PENDING, now)
        elif waiting.status is Status.PENDING and not (job.array and job.array.gate_open):
            self._open_gate(job, now)

    def _open_gate(self, job: Job, now: Now) -> None:
        verdict = gates.whole(self.table, job)
        if verdict is gates.Gate.FAILED:
            self._move_all(job, Status.FAILED, now, gates.DEPENDENT_FAILED)
        elif verdict is gates.Gate.OPEN and job.array and job.spec.per_index:
            gates.open_per_index(job)
            gates.release(self.table, job, now)
        elif verdict is gates.Gate.OPEN:
            self._move_all(job, Status.RUNNABLE, now)

    def _move_all(self, job: Job, status: Status, now: Now, reason: str | None = None) -> None:
        if job.array:
            self.table.move_rest(job, status, now, reason)
        else:
            self.table.move(Key(job.spec.id), status, now, reason=reason)

    def _place(self, now: Now, options: Options) -> None:
        used: Usage = defaultdict(float)
        shares: Shares = defaultdict(float)
        for key, unit in self.table.placed():
            spec = self.table.jobs[key.job].spec
            shares[spec.queue, spec.share] += spec.needs.vcpus
            if unit.placement:
                used[unit.placement.environment] += spec.needs.vcpus
        for queue, jobs in self._by_queue(now, options, shares):
            self._place_queue(queue, jobs, used, now, options)

    def _by_queue(self, now: Now, options: Options, shares: Shares) -> list[tuple[Queue, list[Job]]]:
        waiting: dict[str, list[Job]] = {}
        for job_id in self.table.live:
            job = self.table.jobs[job_id]
            if next(self._runnable(job, now, options), None) is not None:
                waiting.setdefault(job.spec.queue, []).append(job)
        found = [(queue, jobs) for arn, jobs in waiting.items() if (queue := self.queues(arn)) is not None]
        for queue, jobs in found:
            jobs.sort(key=partial(_turn, queue, shares))
        self.heads = {arn: head for arn, head in self.heads.items() if arn in waiting}
        return sorted(found, key=lambda pair: -pair[0].priority)

    def _runnable(self, job: Job, now: Now, options: Options) -> Iterator[Key]:
        """Keys that wait for a place, oldest index first."""

        def ripe(unit: Unit) -> bool:
            return unit.status is Status.RUNNABLE and now.mono - unit.since >= options.dwell_s

        if job.array is None:
            if ripe(job.unit):
                yield Key(job.spec.id)
            return
        for index in sorted(job.array.waiting):
            if ripe(job.array.children[index]):
                yield Key(job.spec.id, index)
        if ripe(job.array.rest):
            for index in job.array.untouched():
                yield Key(job.spec.id, index)

    def _place_queue(self, queue: Queue, jobs: Sequence[Job], used: Usage, now: Now, options: Options) -> None:
        """First come, first served; a job with a reason blocks those behind it, as on AWS."""
        for job in jobs:
            blocked = self._place_job(queue, job, used, now, options)
            if blocked is None:
                continue
            self.table.reason_rest(job, blocked.status_reason)
            if blocked.reason:
                self._block(queue, job, blocked, now, options)
                return
        self.heads.pop(queue.arn, None)

    def _place_job(self, queue: Queue, job: Job, used: Usage, now: Now, options: Options) -> Blocked | None:
        for key in list(_take(self._runnable(job, now, options), 500)):
            found = place(queue, job.spec.needs, used, options.denials)
            if isinstance(found, Blocked):
                return found
            used[found.environment.arn] += job.spec.needs.vcpus
            self._put(key, found, now)
        return None

    def _put(self, key: Key, found: Place, now: Now) -> None:
        instance = f"i-{self.table.new_id().replace('-', '')[:17]}"
        env = found.environment
        placement = Placement(env.arn, env.purchase, found.instance_type, instance)
        task = f"{self.table.new_id().replace('-', '')}"
        self.table.move(key, Status.STARTING, now, placement=placement, reason=None, task=task, log_stream=None)

    def _block(self, queue: Queue, job: Job, blocked: Blocked, now: Now, options: Options) -> None:
        head = self.heads.get(queue.arn)
        if head is None or (head.job, head.reason) != (job.spec.id, blocked.reason):
            head = self.heads[queue.arn] = Head(job.spec.id, blocked.reason, now.mono)
        waited = (now.mono - head.since) * options.time_scale
        if any(limit.reason == blocked.reason and waited >= limit.seconds for limit in queue.limits):
            self._cancel_waiting(job, LIMIT_TEXT + blocked.reason, now)

    def _cancel_waiting(self, job: Job, reason: str, now: Now) -> None:
        if job.array is None:
            self.table.move(Key(job.spec.id), Status.FAILED, now, reason=reason)
            return
        for index in sorted(job.array.waiting):
            self.table.move(Key(job.spec.id, index), Status.FAILED, now, reason=reason)
        if job.array.rest.status is Status.RUNNABLE:
            self.table.move_rest(job, Status.FAILED, now, reason)

    def _starts(self, now: Now, options: Options) -> list[Start]:
        """Placed jobs whose instance has booted, as far as this machine has room for their processes."""
        placed = list(self.table.placed())
        free = options.slots - len(self.launching) - sum(u.status is Status.RUNNING for _, u in placed)
        ready = [
            k
            for k, u in sorted(placed, key=lambda pair: pair[1].since)
            if u.status is Status.STARTING and now.mono - u.since >= options.dwell_s and k not in self.launching and u.ending is None
        ]
        chosen = ready[: max(0, free)]
        self.launching.update(chosen)
        return [Start(key) for key in chosen]

    def _timeouts(self, now: Now, options: Options) -> list[Stop]:
        stops = []
        for key, unit in self.table.placed():
            limit = self.table.jobs[key.job].spec.timeout_s
            ran = (now.mono - unit.since) * options.time_scale
            if limit and unit.status is Status.RUNNING and unit.ending is None and ran > limit:
                self.table.update(key, ending=Exit(None, TIMED_OUT, retryable=False))
                stops.append(Stop(key))
        return stops


def _turn(queue: Queue, shares: Shares, job: Job) -> tuple[float, int, int]:
    """Fair share: the share that uses least for its weight goes first; then priority, then age."""
    if queue.weights is None:
        return (0.0, 0, job.spec.sequence)
    weight = next((w for name, w in queue.weights.items() if _covers(name, job.spec.share or "")), 1.0)
    return (shares[queue.arn, job.spec.share] * weight, -job.spec.priority, job.spec.sequence)


def _covers(name: str, share: str) -> bool:
    return share.startswith(name[:-1]) if name.endswith("*") else name == share


def _take(keys: Iterator[Key], count: int) -> Iterator[Key]:
    return (key for key, _ in zip(keys, range(count), strict=False))
