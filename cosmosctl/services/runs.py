"""Use cases on existing runs: list, state, cancel, retry, follow.

Results in the bucket decide what is done; the queue only says whether more may come and why it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.batch import Batch, JobState
from cosmosctl.ports.clock import Clock
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.ids import is_run_id
from cosmosctl.runs.keys import RUNS
from cosmosctl.runs.model import RunSpec
from cosmosctl.runs.results import Failure, put_submission
from cosmosctl.runs.retry import RetryPlan, retry_plan
from cosmosctl.runs.status import JobFacts, RunCounts, RunState, Verdict, count, failures, load_spec, load_submissions, run_state
from cosmosctl.runs.store import run_ids
from cosmosctl.services.submit import adopted, submit_one

WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")
ACTIVE = ("STARTING", "RUNNING")
SHOWN_FAILURES = 20
POLL_SECONDS = 2.0
POLL_MAX_SECONDS = 15.0


@dataclass(frozen=True)
class RunStatus:
    spec: RunSpec
    counts: RunCounts
    jobs: JobFacts
    verdict: Verdict
    failures: tuple[Failure, ...] = ()
    waiting: tuple[str, ...] = ()  # what the queue says about jobs that have no place, when it was asked


def list_runs(store: ObjectStore, blueprint: str = "") -> list[str]:
    """Run ids, newest first, found by their keys alone."""
    ids = (run_id for run_id in run_ids(store) if not blueprint or run_id.startswith(f"{blueprint}-"))
    return sorted(ids, key=lambda run_id: run_id.split("-")[-3:], reverse=True)


def resolve_run(store: ObjectStore, text: str) -> str:
    """A run id, a unique beginning of one, or "" for the newest. Raises `run_not_found` with close names."""
    if text and is_run_id(text) and store.head(f"{RUNS}{text}/run.json") is not None:
        return text
    known = list_runs(store)
    matches = [run_id for run_id in known if run_id.startswith(text)]
    if matches and (not text or len(matches) == 1):
        return matches[0]
    which = f"{len(matches)} runs begin with {text!r}" if matches else (f"there is no run {text!r}" if text else "there is no run yet")
    hint = f"newest: {', '.join((matches or known)[:3])}" if known else "cosmosctl submit BLUEPRINT INPUT...   starts one"
    raise CosmosctlError("run_not_found", which, path=text, hint=hint)


def status(store: ObjectStore, batch: Batch, run_id: str, *, with_failures: bool = True) -> RunStatus:
    """Exact to the sample at the moment of the call; with the reasons of what failed or waits unless that is not wanted."""
    spec = load_spec(store, run_id)
    counts = count(store, spec)
    described = batch.describe([item.job_id for item in counts.submissions if item.job_id])
    jobs = job_facts(described)
    verdict = run_state(counts, jobs)
    shown = tuple(failures(store, spec, counts, SHOWN_FAILURES)) if with_failures and counts.failed else ()
    waiting = waiting_reasons(batch, described) if with_failures and jobs.waiting else ()
    return RunStatus(spec, counts, jobs, verdict, shown, waiting)


def job_facts(jobs: Sequence[JobState]) -> JobFacts:
    """Children of arrays count one by one; a reason is kept once, with what Batch says about waiting jobs first."""
    tally: dict[str, int] = {}
    reasons: dict[str, None] = {}
    for job in jobs:
        for state, number in _states(job).items():
            tally[state] = tally.get(state, 0) + number
        if job.reason and job.status != "SUCCEEDED":
            reasons[job.reason] = None
    return JobFacts(
        waiting=sum(tally.get(state, 0) for state in WAITING),
        running=sum(tally.get(state, 0) for state in ACTIVE),
        succeeded=tally.get("SUCCEEDED", 0),
        failed=tally.get("FAILED", 0),
        reasons=tuple(reasons),
    )


def _states(job: JobState) -> Mapping[str, int]:
    """An array's children by state; an array that has not been split yet waits as a whole."""
    if not job.array_size or job.status in ("SUCCEEDED", "FAILED"):
        return {job.status: max(1, job.array_size)} if not job.status_counts else job.status_counts
    known = sum(job.status_counts.values())
    return {**job.status_counts, "PENDING": job.status_counts.get("PENDING", 0) + max(0, job.array_size - known)}


def waiting_reasons(batch: Batch, jobs: Sequence[JobState], limit: int = 3) -> tuple[str, ...]:
    """Why children wait: an array parent does not carry its children's reasons."""
    reasons: dict[str, None] = {}
    for job in jobs:
        if job.array_size and job.status_counts.get("RUNNABLE"):
            for child in batch.children(job.id, "RUNNABLE")[:20]:
                if child.reason:
                    reasons[child.reason] = None
        elif job.status == "RUNNABLE" and job.reason:
            reasons[job.reason] = None
    return tuple(reasons)[:limit]


def cancel(store: ObjectStore, batch: Batch, clock: Clock, run_id: str, reason: str, wait_s: float = 120) -> RunStatus:
    """Ends every job of the run and confirms it: a GPU job that nobody stops runs for hours."""
    spec = load_spec(store, run_id)
    ids = [item.job_id for item in count(store, spec).submissions if item.job_id]
    batch.stop(ids, reason)
    deadline = clock.monotonic() + wait_s
    while clock.monotonic() < deadline:
        if not job_facts(batch.describe(ids)).active:
            break
        clock.sleep(1.0)
    else:
        raise CosmosctlError(
            "timeout",
            f"jobs of {run_id} still run {wait_s:.0f} s after they were terminated",
            path=run_id,
            hint=f"cosmosctl doctor {run_id}",
        )
    return status(store, batch, run_id)


def plan_retry(
    store: ObjectStore, batch: Batch, now: Callable[[], datetime], run_id: str, *, include_input: bool
) -> tuple[RunSpec, RetryPlan]:
    """What a retry would submit. Raises `run_failed` while jobs of the run are still active."""
    spec = load_spec(store, run_id)
    for item in load_submissions(store, spec.keys):
        if not item.job_id:  # a killed submission may have sent it
            adopted(spec, item, store, batch, now)
    current = status(store, batch, run_id, with_failures=False)
    if current.jobs.active:
        raise CosmosctlError(
            "run_failed",
            f"{current.jobs.waiting} jobs wait and {current.jobs.running} run",
            path=run_id,
            hint=f"cosmosctl runs cancel {run_id}   or wait: cosmosctl status {run_id} --wait",
        )
    return current.spec, retry_plan(current.spec, current.counts, include_input=include_input)


def retry(
    plan: tuple[RunSpec, RetryPlan], store: ObjectStore, batch: Batch, now: Callable[[], datetime], tags: Mapping[str, str]
) -> tuple[str, ...]:
    """Submits only the shards that lack results; returns the job ids."""
    spec, wanted = plan
    for item in wanted.submissions:
        put_submission(store, spec.keys, item)  # a child reads it, so it comes before the job
    return tuple(submit_one(spec, item, store, batch, now, tags, look=False) for item in wanted.submissions)


@dataclass(frozen=True)
class Followed:
    status: RunStatus
    timed_out: bool = False


def follow(
    store: ObjectStore,
    batch: Batch,
    clock: Clock,
    run_id: str,
    show: Callable[[RunStatus, tuple[str, ...]], None],
    *,
    timeout_s: float | None = None,
) -> Followed:
    """Watches until the run ends. `show` gets every change and, while jobs wait, the queue's reasons.

    The interval grows to 15 s, as the calls cost the account's API rate. A run whose jobs Batch has forgotten (after a day,
    or in a lost sandbox) ends as PARTIAL or FAILED instead of hanging.
    """
    started = clock.monotonic()
    interval = POLL_SECONDS
    while True:
        current = status(store, batch, run_id, with_failures=False)
        ids = [item.job_id for item in current.counts.submissions if item.job_id]
        show(current, waiting_reasons(batch, batch.describe(ids)) if current.jobs.waiting and not current.jobs.running else ())
        if current.verdict.ended:
            return Followed(status(store, batch, run_id))
        if timeout_s is not None and clock.monotonic() - started > timeout_s:
            return Followed(current, timed_out=True)
        clock.sleep(interval)
        interval = min(POLL_MAX_SECONDS, interval * 1.2)


def require_success(followed: Followed) -> None:
    """Raises `run_failed` or `timeout` unless every sample has a result."""
    current, verdict = followed.status, followed.status.verdict
    run_id = current.spec.run_id
    if followed.timed_out:
        raise CosmosctlError("timeout", f"{run_id} has not ended; it goes on", path=run_id, hint=f"cosmosctl status {run_id} --wait")
    if verdict.state is RunState.SUCCEEDED:
        return
    reasons = "; ".join(verdict.reasons) or "no reason was given"
    detail = "\n".join(f"{item.sample}: {item.failure} {item.code}: {item.message}" for item in current.failures)
    raise CosmosctlError(
        "run_failed",
        f"{current.counts.done} of {current.counts.samples} samples have results; {reasons}",
        path=run_id,
        detail=detail,
        hint=f"cosmosctl doctor {run_id}   finds the cause; cosmosctl runs retry {run_id}   submits only what is missing",
    )
