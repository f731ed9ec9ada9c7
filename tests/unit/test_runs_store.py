"""Runs appear whole, are found with one call each, and tell what stopped them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.manifest import ManifestWriter, read_shard
from cosmosctl.runs.sharding import submissions
from cosmosctl.runs.status import count, load_spec, load_submissions
from cosmosctl.runs.store import attempt_errors, create_run, last_attempts, run_ids
from cosmosctl.worker.job import run_job
from tests.support.run_kit import FakeEngine, job_env, make_host, make_samples, make_spec, write_run
from tests.support.stores import MemoryStore


def test_a_created_run_can_be_read_and_appears_last(tmp_path: Path) -> None:
    store, spec = MemoryStore(), make_spec(5, shard_size=2)
    with ManifestWriter(tmp_path) as writer:
        for sample in make_samples(5):
            writer.add(sample)
    create_run(store, spec, writer.files, submissions(spec.shards))
    assert store.calls[-1] == ("put", spec.keys.spec)
    assert load_spec(store, spec.run_id) == spec
    assert [item.size for item in load_submissions(store, spec.keys)] == [3]
    assert [sample.id for sample in read_shard(store, spec.keys, spec.shard_samples(2))] == ["clip-0004"]


def test_a_cut_submission_is_not_a_run(tmp_path: Path) -> None:
    store, spec = MemoryStore(), make_spec(1)
    with ManifestWriter(tmp_path) as writer:
        writer.add(make_samples(1)[0])

    def fault(operation: str, key: str) -> None:
        if "submissions" in key:
            raise CosmosctlError("aws_error", "cut")

    store.fault = fault
    with pytest.raises(CosmosctlError, match="cut"):
        create_run(store, spec, writer.files, submissions(1))
    with pytest.raises(CosmosctlError) as caught:
        load_spec(store, spec.run_id)
    assert caught.value.code == "run_not_found"


def test_runs_are_listed_with_one_call_each() -> None:
    store = MemoryStore()
    ids = [f"{name}-20260410-165029-ab1{digit}" for name in ("predict", "predict-b", "reason") for digit in (1, 2)]
    for run_id in ids:
        write_run(store, make_spec(30, run_id=run_id), make_samples(30), inputs=False)
    store.put("runs/readme.txt", b"")
    store.calls.clear()
    assert list(run_ids(store)) == sorted(ids)
    assert len(store.calls) == len(ids) + 2


def test_what_stopped_a_shard_is_found_in_its_last_attempt(tmp_path: Path) -> None:
    store, spec = MemoryStore(), make_spec(2, device="cuda")
    write_run(store, spec, make_samples(2))
    for _ in range(2):
        run_job(make_host(store, tmp_path, FakeEngine()), job_env())
    (attempt,) = last_attempts(store, spec, count(store, spec))
    assert attempt.attempt == 2
    assert attempt_errors([attempt, attempt]) == ("resource: run.json promises 1 GPU(s), this job sees 0",)
