"""Share of time in which the engine computes, after load, with 50 ms on every S3 call and 0.5 s a sample."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cosmosctl.ports.objectstore import ObjectInfo
from cosmosctl.worker.engines.base import Outcome, Task
from cosmosctl.worker.job import run_job
from tests.benchmarks._common import Limit, Report
from tests.support.run_kit import FakeEngine, job_env, make_host, make_samples, make_spec, write_run
from tests.support.stores import MemoryStore

SAMPLES, STEP, LATENCY = 40, 0.5, 0.050


class SlowStore(MemoryStore):
    """Every call takes `LATENCY`; a download takes two, as S3 is asked for the size first."""

    def head(self, key: str) -> ObjectInfo | None:
        time.sleep(LATENCY)
        return super().head(key)

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        time.sleep(LATENCY)
        return super().get(key, start, end)

    def put(self, key: str, body: bytes, *, content_type: str = "", metadata: Mapping[str, str] | None = None) -> None:
        time.sleep(LATENCY)
        super().put(key, body, content_type=content_type, metadata=metadata)

    def download(self, key: str, path: Path) -> int:
        time.sleep(2 * LATENCY)
        return super().download(key, path)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        time.sleep(LATENCY)
        yield from super().list(prefix, start_after=start_after)


class StepEngine(FakeEngine):
    def run(self, tasks: Sequence[Task], cancelled: Callable[[], bool]) -> Sequence[Outcome]:
        time.sleep(STEP * len(tasks))
        return super().run(tasks, cancelled)


def main() -> int:
    store, spec = SlowStore(), make_spec(SAMPLES, shard_size=SAMPLES)
    write_run(MemoryStoreView(store), spec, make_samples(SAMPLES))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        began = time.perf_counter()
        code = run_job(make_host(store, Path(folder), StepEngine()), job_env())
        seconds = time.perf_counter() - began
    assert code == 0
    attempt: dict[str, Any] = json.loads(store.objects[spec.keys.attempt(0, 1)])
    assert attempt["done"] == SAMPLES
    serial = SAMPLES * (STEP + LATENCY * 6)
    report = Report("worker with 50 ms S3 latency, 0.5 s engine step")
    report.figures = {"seconds": seconds, "whole_process_share": SAMPLES * STEP / seconds, "s3_calls": len(store.calls)}
    report.figures["one_after_the_other_seconds"] = serial
    report.limits = [Limit("engine busy share after load", attempt["busy_share"], 0.95, at_least=True)]
    return report.finish()


class MemoryStoreView(MemoryStore):
    """Fills another store without its latency."""

    def __init__(self, target: MemoryStore) -> None:
        super().__init__(target.bucket)
        self.objects, self.metadata = target.objects, target.metadata


if __name__ == "__main__":
    sys.exit(main())
