"""One engine at work: fetchers before it, deliverers behind it, the engine never waiting for S3.

Three stages with short queues between them; the engine stays in the calling thread. Every sample ends in exactly one way:
a result, a failure record, or nothing at all (left for the next attempt). Stopping drains what is computed and drops the
rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import Queue
from threading import Event, Lock, Thread
from typing import Any

from cosmosctl.runs.model import RunSpec, Sample
from cosmosctl.runs.results import Failure, put_failure
from cosmosctl.worker.classify import Problem, classify
from cosmosctl.worker.deliver import Delivery
from cosmosctl.worker.engines.base import Engine, EngineInfo, FailureClass, Outcome
from cosmosctl.worker.fetch import Fetched, fetch
from cosmosctl.worker.host import Host
from cosmosctl.worker.report import SlotReport
from cosmosctl.worker.verify import BadOutput

FETCHERS = 2
DELIVERERS = 2
TRIES = 3  # of one sample in one process, for transient and resource failures
PAUSE = 2.0  # seconds before the second try, doubled after it
PATIENCE = 5  # transient failures in a row that end the attempt: something larger is wrong
_TICK = 0.2
_RETRIED = (FailureClass.TRANSIENT, FailureClass.RESOURCE)


@dataclass(frozen=True)
class SlotWork:
    spec: RunSpec
    bucket: str
    shard: int
    attempt: int
    todo: Sequence[Sample]
    device: str
    gpu: str


@dataclass(frozen=True)
class _Lost:
    sample: Sample
    problem: Problem


@dataclass(frozen=True)
class _Made:
    item: Fetched
    outcome: Outcome
    seconds: float


class Slot:
    """`run()` once; counts go into `report`."""

    def __init__(self, host: Host, work: SlotWork, report: SlotReport) -> None:
        self._host, self._work, self.report = host, work, report
        settings = work.spec.engine_settings
        self._batch = max(1, int(settings.get("batch_size", 1)))
        self._ahead: deque[Future[Fetched | _Lost]] = deque()
        self._fetchers = ThreadPoolExecutor(FETCHERS, thread_name_prefix="fetch")
        self._ended: Queue[_Made | _Lost | None] = Queue(maxsize=2 * self._batch + DELIVERERS)
        self._samples: Iterator[Sample] = iter(work.todo)
        self._lock = Lock()
        self._halt = Event()
        self._in_a_row = 0

    @property
    def _halted(self) -> bool:
        return self._halt.is_set() or self._host.stop.is_set()

    def run(self) -> SlotReport:
        try:
            self._look_ahead()  # the first inputs arrive while the engine loads
            loaded = self._load()
            if loaded:
                self._work_through(*loaded)
        finally:
            self._fetchers.shutdown(wait=True, cancel_futures=True)
            self.report.peak_rss_mib = self._host.peak_rss_mib()
            self.report.stopped = self._host.stop.is_set()
        return self.report

    def _load(self) -> tuple[Engine, EngineInfo] | None:
        spec, began = self._work.spec, self._host.clock()
        settings = {**spec.engine_settings, "blueprint": spec.blueprint, "variant": spec.variant, "params": dict(spec.params)}
        try:
            engine = self._host.create_engine(spec.engine)
            info = engine.load(None, self._work.device, settings)
        except Exception as error:
            problem = classify(error)
            self.report.error = {"class": problem.kind.value, "code": problem.code, "message": problem.message, "trace": problem.trace}
            self._host.log.event("engine_failed", code=problem.code, message=problem.message)
            return None
        self.report.add_seconds("load", self._host.clock() - began)
        self.report.engine = {"name": info.name, "model": info.model, "revision": info.revision, "device": info.device}
        self._host.log.event("engine_loaded", engine=info.name, device=info.device, seconds=round(self._host.clock() - began, 3))
        return engine, info

    # -- stage 1: fetchers ---------------------------------------------------------------------------------------

    def _look_ahead(self) -> None:
        """Keeps a bounded number of samples on their way. Their order holds: what a killed attempt computed last is known by it."""
        while len(self._ahead) < 2 * self._batch and not self._halted:
            sample = next(self._samples, None)
            if sample is None:
                return
            self._ahead.append(self._fetchers.submit(self._fetch_one, sample))

    def _fetch_one(self, sample: Sample) -> Fetched | _Lost:
        try:
            item = fetch(self._host, self._work.spec, self._work.bucket, sample)
        except Exception as error:
            return _Lost(sample, classify(error))
        self._count_seconds("fetch", item.seconds)
        self._host.log.event("fetched", (sample.id,), seconds=round(item.seconds, 3))
        return item

    # -- stage 2: the engine, in the calling thread -----------------------------------------------------------------

    def _work_through(self, engine: Engine, info: EngineInfo) -> None:
        work = self._work
        delivery = Delivery(self._host, work.spec, work.bucket, work.shard, work.attempt, info, work.gpu)
        deliverers = [Thread(target=self._deliver_all, args=(delivery,), name=f"deliver-{n}", daemon=True) for n in range(DELIVERERS)]
        for thread in deliverers:
            thread.start()
        began = self._host.clock()
        try:
            while self._ahead and not self._halted:
                batch = self._take()
                if batch:
                    self._compute(engine, batch)
        finally:
            for _ in deliverers:
                self._ended.put(None)
            for thread in deliverers:
                thread.join()
        elapsed = self._host.clock() - began
        self.report.add_seconds("after_load", elapsed)
        self.report.busy_share = round(self.report.seconds.get("generate", 0.0) / elapsed, 4) if elapsed > 0 else None

    def _take(self) -> list[Fetched]:
        """Waits for the next sample, takes what else is ready up to the engine's batch, and sends for more."""
        batch: list[Fetched] = []
        while self._ahead and len(batch) < self._batch and (not batch or self._ahead[0].done()):
            try:
                item = self._ahead[0].result(timeout=_TICK)
            except TimeoutError:
                break
            self._ahead.popleft()
            if isinstance(item, _Lost):
                self._ended.put(item)
            else:
                batch.append(item)
        self._look_ahead()
        return batch

    def _compute(self, engine: Engine, batch: list[Fetched]) -> None:
        left = batch
        for number in range(1, TRIES + 1):
            began = self._host.clock()
            outcomes = self._call(engine, left)
            seconds = self._host.clock() - began
            self._count_seconds("generate", seconds)
            again = []
            for item in left:
                outcome = outcomes.get(item.sample.id) or self._silent(item)
                if not outcome.ok and self._host.stop.is_set():
                    continue  # abandoned: it has no record, the next attempt computes it
                if not outcome.ok and outcome.failure in _RETRIED and number < TRIES:
                    again.append(item)
                    self._host.log.event("try_failed", (item.sample.id,), code=outcome.code, message=outcome.message, number=number)
                else:
                    self._ended.put(_Made(item, outcome, seconds / len(left)))
            left = again
            if not left or self._host.stop.pause(PAUSE * 2 ** (number - 1)):
                return

    def _call(self, engine: Engine, items: list[Fetched]) -> dict[str, Outcome]:
        logs = self._host.engine_logs
        if logs:
            logs.samples = tuple(item.sample.id for item in items)
        try:
            found = engine.run([item.task for item in items], self._host.stop.is_set)
            return {outcome.sample_id: outcome for outcome in found}
        except Exception as error:
            problem = classify(error)
            return {item.sample.id: _failed(item, problem) for item in items}
        finally:
            if logs:
                logs.samples = ()

    def _silent(self, item: Fetched) -> Outcome:
        return Outcome(item.sample.id, False, failure=FailureClass.MODEL, code="no_outcome", message="the engine did not answer")

    # -- stage 3: deliverers -----------------------------------------------------------------------------------------

    def _deliver_all(self, delivery: Delivery) -> None:
        while (item := self._ended.get()) is not None:
            lost = item if isinstance(item, _Lost) else self._deliver_one(delivery, item)
            if lost:
                self._record(lost)

    def _deliver_one(self, delivery: Delivery, made: _Made) -> _Lost | None:
        item, outcome = made.item, made.outcome
        try:
            if not outcome.ok:
                kind = outcome.failure or FailureClass.MODEL
                return _Lost(item.sample, Problem(kind, outcome.code or kind.value, outcome.message, str(outcome.facts.get("trace", ""))))
            return self._deliver_retrying(delivery, made)
        finally:
            item.clean()

    def _deliver_retrying(self, delivery: Delivery, made: _Made) -> _Lost | None:
        sample = made.item.sample
        for number in range(1, TRIES + 1):
            began = self._host.clock()
            try:
                delivery.deliver(made.item, made.outcome.facts, made.seconds)
            except BadOutput as error:
                return _Lost(sample, Problem(FailureClass.MODEL, error.code, error.message))
            except Exception as error:
                problem = classify(error)
                if problem.kind not in _RETRIED or number == TRIES or self._host.stop.pause(PAUSE * 2 ** (number - 1)):
                    return _Lost(sample, problem)
                continue
            self._count_seconds("deliver", self._host.clock() - began)
            self._done(sample, made.seconds)
            return None
        return None

    def _done(self, sample: Sample, seconds: float) -> None:
        with self._lock:
            self.report.done += 1
            self._in_a_row = 0
            done, total = self.report.done + self.report.skipped, self.report.total
        self._host.log.event("sample_done", (sample.id,), generate_seconds=round(seconds, 3), done=done, of=total)
        self._host.log.forget(sample.id)

    def _record(self, lost: _Lost) -> None:
        problem, work = lost.problem, self._work
        failure = Failure(
            sample=lost.sample.id,
            failure=problem.kind.value,
            code=problem.code,
            message=problem.message,
            attempt=work.attempt,
            trace=problem.trace,
            at=self._host.now().isoformat(timespec="seconds"),
            input=lost.sample.input,
        )
        self._host.log.event("sample_failed", (lost.sample.id,), failure=failure.failure, code=failure.code, message=failure.message)
        try:
            put_failure(self._host.store(work.bucket), work.spec.keys, work.shard, failure)
        except Exception as error:  # the sample stays without a record and is tried again: nothing is lost
            self._host.log.event("record_failed", (lost.sample.id,), message=str(error))
            failure = replace(failure, failure=FailureClass.TRANSIENT.value)
        with self._lock:
            self.report.add_failure(failure.failure)
            self._in_a_row = self._in_a_row + 1 if failure.failure == FailureClass.TRANSIENT.value else 0
            if self._in_a_row >= PATIENCE:
                self._halt.set()
        self._host.log.forget(lost.sample.id)

    def _count_seconds(self, phase: str, seconds: float) -> None:
        with self._lock:
            self.report.add_seconds(phase, seconds)


def _failed(item: Fetched, problem: Problem) -> Outcome:
    facts: dict[str, Any] = {"trace": problem.trace}
    return Outcome(item.sample.id, False, facts, problem.kind, problem.code, problem.message)
