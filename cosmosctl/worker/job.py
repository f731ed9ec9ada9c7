"""One attempt at one shard: read what is to do, check the promises, run the engines, say what became of it.

Decides nothing about samples (`slot` does) and knows no AWS beyond the object store. Whatever happens, the bucket tells
the truth afterwards: an attempt that died stays "running" and the next one finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.manifest import read_shard
from cosmosctl.runs.model import RunSpec, Sample, ShardAttempt, Submission
from cosmosctl.runs.results import (
    Failure,
    ShardHistory,
    get_attempt,
    put_attempt,
    put_complete,
    put_failure,
    shard_history,
    shard_progress,
)
from cosmosctl.runs.sharding import slot_items
from cosmosctl.runs.status import load_spec
from cosmosctl.worker.devices import Gpu
from cosmosctl.worker.engines.base import FailureClass
from cosmosctl.worker.environment import JobEnv
from cosmosctl.worker.exits import Exit, exit_of
from cosmosctl.worker.host import Host, SlotOrder
from cosmosctl.worker.report import SlotReport, merge
from cosmosctl.worker.slot import Slot, SlotWork

WORKER_KILLED = "worker_killed"


@dataclass(frozen=True)
class Shard:
    spec: RunSpec
    submission: Submission
    number: int
    samples: Sequence[Sample]


def read_job(host: Host, env: JobEnv) -> Shard:
    store = host.store(env.bucket)
    spec = load_spec(store, env.run_id)
    body = store.get(env.keys.submission(env.submission))
    if body is None:
        raise CosmosctlError("run_damaged", "the submission of this job has no record", path=env.keys.submission(env.submission))
    submission = Submission.from_json(body)
    number = submission.shard(env.index)
    return Shard(spec, submission, number, read_shard(store, spec.keys, spec.shard_samples(number)))


def run_job(host: Host, env: JobEnv) -> int:
    """The whole attempt; returns the exit status."""
    try:
        shard = read_job(host, env)
        history = shard_history(host.store(env.bucket), env.keys, shard.number)
        early = _already_ended(shard, history)
        if early is not None:
            host.log.event("shard_complete_before", shard=shard.number)
            return early
        return _attempt(host, env, shard, history)
    except CosmosctlError as error:
        host.log.event("job_failed", code=error.code, message=error.message, path=error.path)
        return Exit.TRANSIENT if error.code == "aws_error" else Exit.RESOURCE


def _already_ended(shard: Shard, history: ShardHistory) -> Exit | None:
    if history.complete is None:
        return None
    _, failed = history.complete
    if not failed:
        return Exit.DONE
    return None if shard.submission.include_input else Exit.INPUT


def _attempt(host: Host, env: JobEnv, shard: Shard, history: ShardHistory) -> int:
    store, keys = host.store(env.bucket), shard.spec.keys
    number = history.next_attempt
    begun = ShardAttempt(
        shard=shard.number,
        attempt=number,
        state="running",
        started=_now(host),
        job_id=env.job_id,
        job_attempt=env.job_attempt,
        samples=len(shard.samples),
        gpus=tuple(gpu.name for gpu in host.gpus),
    )
    put_attempt(store, keys, begun)
    host.log.event("attempt_started", shard=shard.number, attempt=number, of=len(shard.samples), engine=shard.spec.engine)
    broken = _broken_promise(host, shard.spec)
    report = SlotReport(total=len(shard.samples), error=broken) if broken else merge(_run_slots(host, env, shard, number))
    failed_for_input = report.failed.get(FailureClass.INPUT.value, 0)
    if not report.unfinished and not broken:
        put_complete(store, keys, shard.number, report.skipped + report.done, failed_for_input)
    code = exit_of(report.classes(), unfinished=report.unfinished, stopped=host.stop.is_set(), killed=report.killed)
    put_attempt(store, keys, _ended(begun, report, code, host))
    host.log.event(
        "attempt_ended",
        shard=shard.number,
        exit=int(code),
        done=report.done,
        skipped=report.skipped,
        failed=report.failed,
        busy_share=report.busy_share,
        error=report.error and report.error["message"],
    )
    return code


def _ended(begun: ShardAttempt, report: SlotReport, code: Exit, host: Host) -> ShardAttempt:
    return replace(
        begun,
        state="ended",
        ended=_now(host),
        exit_code=int(code),
        skipped=report.skipped,
        done=report.done,
        failed=report.failed,
        seconds=report.seconds,
        busy_share=report.busy_share,
        engine=report.engine,
        peak_rss_mib=report.peak_rss_mib,
        error=report.error,
    )


def _broken_promise(host: Host, spec: RunSpec) -> dict[str, str] | None:
    """What run.json fixes and this machine does not have. There is no falling back to something else."""
    problem = ""
    if not host.engine_exists(spec.engine):
        problem = f"run.json promises the engine `{spec.engine}`, this image does not have it"
    elif spec.device == "cuda" and len(host.gpus) < spec.slots:
        problem = f"run.json promises {spec.slots} GPU(s), this job sees {len(host.gpus)}"
    if not problem:
        return None
    host.log.event("promise_broken", message=problem)
    return {"class": FailureClass.RESOURCE.value, "code": "promise_broken", "message": problem}


def _run_slots(host: Host, env: JobEnv, shard: Shard, attempt: int) -> Sequence[SlotReport]:
    if shard.spec.slots <= 1:
        return [run_slot(host, env, shard, attempt, slot=0)]
    gpus: Sequence[Gpu | None] = host.gpus if shard.spec.device == "cuda" else [None] * shard.spec.slots
    reports = list(host.spawn([SlotOrder(slot, gpus[slot], attempt) for slot in range(shard.spec.slots)]))
    for slot, report in enumerate(reports):
        report.total = len(slot_items(len(shard.samples), shard.spec.slots, slot))  # a killed process could not tell
    return reports


def run_slot(host: Host, env: JobEnv, shard: Shard, attempt: int, slot: int) -> SlotReport:
    """The samples of one engine: those without a result, and without a failure that is final."""
    store, spec = host.store(env.bucket), shard.spec
    progress = shard_progress(store, spec.keys, shard.number)
    mine = [shard.samples[position] for position in slot_items(len(shard.samples), spec.slots, slot)]
    report = SlotReport(total=len(mine))
    todo = []
    for sample in mine:
        failure = progress.failed.get(sample.id)
        if sample.id in progress.done:
            report.skipped += 1
        elif failure and failure.final and not shard.submission.include_input:
            report.add_failure(failure.failure)
        else:
            todo.append(sample)
    todo.sort(key=lambda sample: _killed_in(progress.failed.get(sample.id)))  # as the attempt before had them
    todo = _suspect_last(host, env, shard, attempt, todo)
    gpu = host.gpus[0].name if spec.device == "cuda" and host.gpus else ""
    if not todo:
        return report
    return Slot(host, SlotWork(spec, env.bucket, shard.number, attempt, todo, spec.device, gpu), report).run()


def _suspect_last(host: Host, env: JobEnv, shard: Shard, attempt: int, todo: list[Sample]) -> list[Sample]:
    """When the attempt before died without a word, its first open sample may be the cause: note that, and try it last."""
    store, keys = host.store(env.bucket), shard.spec.keys
    before = get_attempt(store, keys, shard.number, attempt - 1) if attempt > 1 and todo else None
    if before is None or (before.state != "running" and before.exit_code != Exit.KILLED):
        return todo
    suspect = todo[0]
    put_failure(
        store,
        keys,
        shard.number,
        Failure(
            sample=suspect.id,
            failure=FailureClass.RESOURCE.value,
            code=WORKER_KILLED,
            attempt=attempt - 1,
            at=_now(host),
            message="the worker ended without a word at or near this sample: out of memory, or its host was taken",
            input=suspect.input,
        ),
    )
    return [*todo[1:], suspect]


def _killed_in(failure: Failure | None) -> int:
    return failure.attempt if failure and failure.code == WORKER_KILLED else 0


def _now(host: Host) -> str:
    return host.now().isoformat(timespec="seconds")
