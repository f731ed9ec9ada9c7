"""Whatever kills or cuts a worker: every sample ends with exactly one result, no output twice, none lost."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.model import RunSpec
from cosmosctl.runs.status import RunState, count, failures, run_state
from cosmosctl.worker.exits import Exit
from cosmosctl.worker.job import run_job
from tests.support.run_kit import RUN_ID, FakeEngine, job_env, make_host, make_samples, make_spec, write_run
from tests.support.stores import FolderStore, MemoryStore

ROOT = Path(__file__).parents[2]


def assert_whole(store: MemoryStore | FolderStore, spec: RunSpec, samples: int) -> None:
    counts = count(store, spec)
    assert run_state(counts).state is RunState.SUCCEEDED
    expected = {spec.output_key(sample) for sample in make_samples(samples)}
    assert {item.key for item in store.list(spec.output_prefix)} == expected
    for item in store.list(spec.keys.all_results):
        result = json.loads(store.get(item.key) or b"")
        (output,) = result["outputs"]
        body = store.get(output["key"])
        assert body is not None
        assert len(body) == output["size"]
        assert json.loads(body)["result"]


@settings(max_examples=60, deadline=None)
@given(point=st.integers(1, 90), lasting=st.booleans(), seed=st.integers(0, 999))
def test_resume_after_the_store_fails_at_any_call(point: int, lasting: bool, seed: int) -> None:
    """From call `point` on nothing works any more (a dead host), or three calls in ten fail (a bad network)."""
    store, spec = MemoryStore(), make_spec(10, shard_size=10)
    write_run(store, spec, make_samples(10))
    store.calls.clear()
    dice = random.Random(seed)

    def fault(operation: str, key: str) -> None:
        if (lasting and len(store.calls) >= point) or (not lasting and dice.random() < 0.3):
            raise CosmosctlError("aws_error", "cut", path=key)

    store.fault = fault
    with tempfile.TemporaryDirectory() as folder:
        first = run_job(make_host(store, Path(folder), FakeEngine()), job_env())
        before = store.under(spec.keys.all_results)
        store.fault = lambda operation, key: None
        second = FakeEngine()
        assert run_job(make_host(store, Path(folder), second), job_env()) == Exit.DONE
    assert first in (Exit.DONE, Exit.TRANSIENT)
    assert len(second.computed) == 10 - len(before)
    assert_whole(store, spec, 10)


class Worker:
    """A worker process on a folder store."""

    def __init__(self, folder: Path, **env: str) -> None:
        scratch = folder.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        base = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self._env = {
            **base,
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder.parent),
            "FAKE_STORE": str(folder),
            "COSMOSCTL_SCRATCH": str(scratch),
            "COSMOSCTL_RUN_URI": f"s3://data/runs/{RUN_ID}",
            "COSMOSCTL_SUBMISSION": "0",
            **env,
        }
        self._log = (folder.parent / "worker.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.worker_process"]
        return subprocess.Popen(command, env=self._env, cwd=ROOT, stdout=self._log, stderr=self._log, start_new_session=True)

    def end(self, seconds: float = 60) -> int:
        return self.process.wait(seconds)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[object]:
    started: list[Worker] = []

    def start(**env: str) -> Worker:
        started.append(Worker(tmp_path / "store", **env))
        return started[-1]

    yield start
    for worker in started:
        worker.close()


def wait_for(condition: object, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


def prepared(tmp_path: Path, samples: int, **changes: object) -> tuple[FolderStore, RunSpec]:
    store, spec = FolderStore(tmp_path / "store"), make_spec(samples, shard_size=samples, **changes)
    write_run(store, spec, make_samples(samples))
    return store, spec


def results(store: FolderStore, spec: RunSpec) -> int:
    return sum(1 for _ in store.list(spec.keys.all_results))


def test_kill_9_at_random_moments_then_resume(tmp_path: Path, workers: object) -> None:
    store, spec = prepared(tmp_path, 40)
    dice = random.Random(7)
    for _ in range(4):
        worker = workers(FAKE_STEP="0.02")  # type: ignore[operator]
        target = results(store, spec) + dice.randint(1, 6)
        wait_for(lambda target=target: results(store, spec) >= target)
        time.sleep(dice.random() * 0.03)
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.end()
    before = results(store, spec)
    assert 4 <= before < 40
    assert workers().end() == Exit.DONE  # type: ignore[operator]
    assert_whole(store, spec, 40)
    done = [json.loads(store.get(spec.keys.attempt(0, number)) or b"{}") for number in range(1, 6)]
    assert [attempt["state"] for attempt in done] == ["running"] * 4 + ["ended"]
    assert done[-1]["skipped"] == before


@pytest.mark.parametrize("extra", [{}, {"slots": 2}])
def test_sigterm_ends_quickly_with_143_and_nothing_half_done(tmp_path: Path, workers: object, extra: Mapping[str, object]) -> None:
    store, spec = prepared(tmp_path, 12, **extra)
    worker = workers(FAKE_STEP="0.4")  # type: ignore[operator]
    wait_for(lambda: results(store, spec) >= 2)
    began = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.end() == Exit.STOPPED
    assert time.monotonic() - began < 5
    outputs = sum(1 for _ in store.list(spec.output_prefix))
    assert outputs == results(store, spec) < 12
    assert count(store, spec).failed == 0
    attempt = json.loads(store.get(spec.keys.attempt(0, 1)) or b"{}")
    assert (attempt["state"], attempt["exit_code"]) == ("ended", 143)
    assert workers().end() == Exit.DONE  # type: ignore[operator]
    assert_whole(store, spec, 12)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_two_engines_share_the_shard(tmp_path: Path, workers: object) -> None:
    store, spec = prepared(tmp_path, 9, slots=2)
    assert workers().end() == Exit.DONE  # type: ignore[operator]
    assert_whole(store, spec, 9)
    attempt = json.loads(store.get(spec.keys.attempt(0, 1)) or b"{}")
    assert (attempt["done"], attempt["engine"]["name"]) == (9, "fake")


def test_a_sample_that_kills_its_process_is_reported_as_resource(tmp_path: Path, workers: object) -> None:
    store, spec = prepared(tmp_path, 6)
    for _ in range(3):
        assert workers(FAKE_KILL="clip-0002", FAKE_STEP="0.2").end() == -signal.SIGKILL  # type: ignore[operator]
    counts = count(store, spec)
    assert counts.done == 5
    (failure,) = failures(store, spec, counts)
    assert (failure.sample, failure.failure, failure.code) == ("clip-0002", "resource", "worker_killed")


def test_one_killed_engine_leaves_the_other_its_results(tmp_path: Path, workers: object) -> None:
    store, spec = prepared(tmp_path, 8, slots=2)
    assert workers(FAKE_KILL="clip-0001", FAKE_STEP="0.1").end() == Exit.KILLED  # type: ignore[operator]
    assert count(store, spec).done == 4
    attempt = json.loads(store.get(spec.keys.attempt(0, 1)) or b"{}")
    assert attempt["error"]["code"] == "engine_process_died"
    assert workers().end() == Exit.DONE  # type: ignore[operator]
    assert_whole(store, spec, 8)


def test_the_environment_is_checked(tmp_path: Path, workers: object) -> None:
    assert workers(COSMOSCTL_RUN_URI="http://x").end() == Exit.RESOURCE  # type: ignore[operator]
    assert "COSMOSCTL_RUN_URI must be s3://" in (tmp_path / "worker.log").read_text()
