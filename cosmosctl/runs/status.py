"""How far a run is, exact to the sample, from a few listings of its bucket instead of all its results.

Finished shards carry their figures in the name of a marker, so only shards that are started and unfinished are listed.
Counting (acts on the store) and judging (`run_state`, pure) are apart. This module must not know AWS Batch: what the
queue says comes in as `JobFacts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectInfo, ObjectStore
from cosmosctl.runs.keys import RunKeys, attempt_of, complete_of, sample_of, shard_of, submission_of
from cosmosctl.runs.model import RunSpec, Submission
from cosmosctl.runs.results import Failure, get_failure

PAGE = 1000  # keys in one answer of S3


class RunState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ShardState:
    """`failed` = samples with a failure record and no result; `closed` = its marker says that nothing more will come."""

    done: int
    failed: int
    closed: bool
    attempts: int


@dataclass(frozen=True)
class RunCounts:
    samples: int
    done: int
    failed: int
    shards: int
    shards_started: int
    shards_complete: int
    shard_states: Mapping[int, ShardState] = field(default_factory=dict, repr=False)  # only started shards
    submissions: tuple[Submission, ...] = field(default=(), repr=False)

    @property
    def missing(self) -> int:
        """Samples without a result."""
        return self.samples - self.done

    @property
    def pending(self) -> int:
        """Samples that have neither a result nor a failure."""
        return max(0, self.samples - self.done - self.failed)


@dataclass(frozen=True)
class JobFacts:
    """What the queue says about a run's jobs (children of arrays counted one by one)."""

    waiting: int = 0  # SUBMITTED, PENDING, RUNNABLE
    running: int = 0  # STARTING, RUNNING
    succeeded: int = 0
    failed: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return bool(self.waiting or self.running)


@dataclass(frozen=True)
class Verdict:
    state: RunState
    reasons: tuple[str, ...]

    @property
    def ended(self) -> bool:
        return self.state in (RunState.SUCCEEDED, RunState.PARTIAL, RunState.FAILED)


def load_spec(store: ObjectStore, run_id: str) -> RunSpec:
    body = store.get(RunKeys(run_id).spec)
    if body is None:
        raise CosmosctlError("run_not_found", f"there is no run {run_id}", path=run_id, hint="cosmosctl runs list   shows the runs")
    return RunSpec.from_json(body)


def load_submissions(store: ObjectStore, keys: RunKeys) -> list[Submission]:
    numbers = sorted(number for item in store.list(keys.submissions) if (number := submission_of(item.key)) is not None)
    bodies = ((number, store.get(keys.submission(number))) for number in numbers)
    return [Submission.from_json(body) for _, body in bodies if body is not None]


def count(store: ObjectStore, spec: RunSpec) -> RunCounts:
    """Lists `shards/`, then only what is open."""
    keys = spec.keys
    submissions = load_submissions(store, keys)
    reopened = {shard for item in submissions if item.include_input for shard in item.all_shards()}
    states = dict(_markers(store.list(keys.shards), reopened))
    for shard, done, failed in list(_tally(store, spec, states)):
        states[shard] = ShardState(done, failed, False, states[shard].attempts)
    return RunCounts(
        samples=spec.samples,
        done=sum(state.done for state in states.values()),
        failed=sum(state.failed for state in states.values()),
        shards=spec.shards,
        shards_started=len(states),
        shards_complete=sum(state.closed for state in states.values()),
        shard_states=states,
        submissions=tuple(submissions),
    )


def _markers(listing: Iterable[ObjectInfo], reopened: set[int]) -> Iterator[tuple[int, ShardState]]:
    for shard, items in _by_shard(listing):
        attempts, marker = 0, None
        for item in items:
            attempts += attempt_of(item.key) is not None
            found = complete_of(item.key)
            marker = max(marker or found, found) if found else marker
        done, failed = marker or (0, 0)
        closed = marker is not None and not (failed and shard in reopened)
        yield shard, ShardState(done, failed, closed, attempts)


def _tally(store: ObjectStore, spec: RunSpec, states: Mapping[int, ShardState]) -> Iterator[tuple[int, int, int]]:
    """(shard, done, failed) of open shards."""
    keys = spec.keys
    open_shards = sorted(shard for shard, state in states.items() if not state.closed)
    by_failed = _groups(open_shards, lambda shard: states[shard].failed if shard in states else 0)
    by_done = _groups(open_shards, lambda shard: states[shard].done if shard in states else 0)
    failed_of = {shard: {sample_of(item.key) for item in items} for shard, items in _listed(store, keys.all_failures, by_failed)}
    done_of: dict[int, int] = {}
    for shard, items in _listed(store, keys.all_results, by_done):
        failed = failed_of.get(shard, set())
        for item in items:
            done_of[shard] = done_of.get(shard, 0) + 1
            failed.discard(sample_of(item.key))  # a later attempt succeeded
    yield from ((shard, done_of.get(shard, 0), len(failed_of.get(shard, ()))) for shard in open_shards)


def _groups(shards: Sequence[int], weight: Callable[[int], int]) -> list[list[int]]:
    """Neighbours whose keys in between cost less to read over than another call."""
    groups: list[list[int]] = []
    for shard in shards:
        close = groups and shard - groups[-1][-1] < PAGE and sum(map(weight, range(groups[-1][-1] + 1, shard))) <= PAGE // 2
        if close:
            groups[-1].append(shard)
        else:
            groups.append([shard])
    return groups


def _listed(store: ObjectStore, prefix: str, groups: Iterable[Sequence[int]]) -> Iterator[tuple[int, Iterator[ObjectInfo]]]:
    for group in groups:
        wanted = set(group)
        for shard, items in _by_shard(store.list(prefix, start_after=f"{prefix}{group[0]:06d}/")):
            if shard > group[-1]:
                break
            if shard in wanted:
                yield shard, items


def _by_shard(listing: Iterable[ObjectInfo]) -> Iterator[tuple[int, Iterator[ObjectInfo]]]:
    return groupby(listing, key=lambda item: shard_of(item.key))


def run_state(counts: RunCounts, jobs: JobFacts | None = None, *, cancelled: bool = False) -> Verdict:
    """Results decide; the queue only says whether more may come. SUCCEEDED means a result for every sample, nothing less."""
    if counts.done >= counts.samples:
        return Verdict(RunState.SUCCEEDED, ())
    reasons = tuple(jobs.reasons) if jobs else ()
    if cancelled:
        reasons = ("cancelled", *reasons)
    more = jobs.active if jobs else counts.shards_complete < counts.shards
    if more and not cancelled:
        started = counts.shards_started or (jobs and jobs.running)
        return Verdict(RunState.RUNNING if started else RunState.QUEUED, reasons)
    if counts.failed:
        reasons = (*reasons, f"{counts.failed} of {counts.samples} samples failed")
    if counts.pending:
        reasons = (*reasons, f"{counts.pending} of {counts.samples} samples were not computed")
    return Verdict(RunState.PARTIAL if counts.done else RunState.FAILED, reasons)


def failures(store: ObjectStore, spec: RunSpec, counts: RunCounts, limit: int = 1000) -> Iterator[Failure]:
    """Failure records of samples without a result, shard by shard, at most `limit`."""
    given = 0
    for shard in sorted(shard for shard, state in counts.shard_states.items() if state.failed):
        done = {sample_of(item.key) for item in store.list(spec.keys.results(shard))}
        for item in store.list(spec.keys.failures(shard)):
            if given >= limit:
                return
            failure = None if sample_of(item.key) in done else get_failure(store, item.key)
            if failure:
                given += 1
                yield failure


def class_of_exit(code: int | None, reason: str = "") -> str:
    """The failure class that a job's end stands for when its worker could not write one."""
    text = reason.lower()
    if "outofmemory" in text or code in (137, 76):
        return "resource"
    if text.startswith("host ec2") or code in (75, 143) or code is None:
        return "transient"
    return {65: "input", 70: "model"}.get(code, "resource")
