"""One attempt at one shard, end to end, in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.model import Submission
from cosmosctl.runs.results import put_submission
from cosmosctl.runs.status import RunState, count, failures, run_state
from cosmosctl.worker.devices import Gpu
from cosmosctl.worker.engines.base import FailureClass
from cosmosctl.worker.exits import Exit
from cosmosctl.worker.job import run_job
from cosmosctl.worker.report import SlotReport
from tests.support.run_kit import FakeEngine, document, job_env, make_host, make_samples, make_spec, write_run
from tests.support.stores import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_a_shard_ends_with_outputs_results_marker_and_timings(store: MemoryStore, tmp_path: Path) -> None:
    spec, samples = make_spec(4), make_samples(4)
    write_run(store, spec, samples)
    assert run_job(make_host(store, tmp_path, FakeEngine()), job_env()) == Exit.DONE
    body = document(store, spec, samples[2])
    assert body["result"] == "saw: media of clip-0002"
    assert body["userPrompt"] == "Caption the video in detail."
    assert body["systemPrompt"] == "You are a helpful assistant."
    assert body["inputFile"] == "clip-0002.mp4"
    assert body["timestamp"] == "20260410-165029"
    assert (body["model"], body["modelSize"]) == ("none", "2B")
    assert "fetched" in body["jobLogs"]
    assert "clip-0001" not in body["jobLogs"]
    assert body["cosmosctl"]["attribution"] == "Built on NVIDIA Cosmos"
    assert body["cosmosctl"]["uses_model"] is False
    assert spec.output_key(samples[2]) == f"outputs/{spec.run_id}/set/clip-0002_CosmosReason_20260410-165029.json"
    assert f"{spec.keys.shard(0)}complete-4-0" in store.objects
    attempt = json.loads(store.objects[spec.keys.attempt(0, 1)])
    assert (attempt["state"], attempt["exit_code"], attempt["done"]) == ("ended", 0, 4)
    assert set(attempt["seconds"]) >= {"load", "fetch", "generate", "deliver"}
    assert list(tmp_path.rglob("*.mp4")) == []
    assert list(tmp_path.rglob("*.json")) == []


def test_the_result_is_written_after_output_and_its_check(store: MemoryStore, tmp_path: Path) -> None:
    spec, samples = make_spec(1), make_samples(1)
    write_run(store, spec, samples)
    run_job(make_host(store, tmp_path, FakeEngine()), job_env())
    key = spec.output_key(samples[0])
    order = [store.calls.index(call) for call in (("put", key), ("head", key), ("put", spec.keys.result(0, samples[0].id)))]
    assert order == sorted(order)


def test_a_second_attempt_computes_only_what_is_missing(store: MemoryStore, tmp_path: Path) -> None:
    spec, samples = make_spec(4), make_samples(4)
    write_run(store, spec, samples)
    first = FakeEngine({"clip-0001": [FailureClass.MODEL]})
    assert run_job(make_host(store, tmp_path, first), job_env()) == Exit.MODEL
    second = FakeEngine()
    assert run_job(make_host(store, tmp_path, second), job_env()) == Exit.DONE
    assert second.computed == ["clip-0001"]
    assert count(store, spec).done == 4
    assert count(store, spec).failed == 0
    third = FakeEngine()
    assert run_job(make_host(store, tmp_path, third), job_env()) == Exit.DONE
    assert third.computed == []


def test_an_input_failure_is_final_until_asked_for(store: MemoryStore, tmp_path: Path) -> None:
    spec, samples = make_spec(3), make_samples(3)
    write_run(store, spec, samples)
    assert run_job(make_host(store, tmp_path, FakeEngine({"clip-0000": [FailureClass.INPUT]})), job_env()) == Exit.INPUT
    assert f"{spec.keys.shard(0)}complete-2-1" in store.objects
    again = FakeEngine()
    assert run_job(make_host(store, tmp_path, again), job_env()) == Exit.INPUT
    assert again.computed == []
    put_submission(store, spec.keys, Submission(1, shards=(0,), include_input=True))
    assert count(store, spec).done == 2
    assert run_job(make_host(store, tmp_path, again), job_env(submission=1)) == Exit.DONE
    assert again.computed == ["clip-0000"]
    assert run_state(count(store, spec)).state is RunState.SUCCEEDED


def test_a_missing_input_and_a_missing_prompt_are_input_failures(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(2, default_prompt="", prompt_required=("reason",))
    samples = make_samples(2)
    write_run(store, spec, samples)
    store.delete([samples[1].input])
    assert run_job(make_host(store, tmp_path, FakeEngine()), job_env()) == Exit.INPUT
    codes = {item.sample: item.code for item in failures(store, spec, count(store, spec))}
    assert codes == {"clip-0000": "prompt_missing", "clip-0001": "input_missing"}


def test_file_metadata_beats_the_run_prompt(store: MemoryStore, tmp_path: Path) -> None:
    spec, samples = make_spec(2, prompt="of the run"), make_samples(2)
    write_run(store, spec, samples)
    store.metadata[samples[0].input] = {"cosmos-reason-prompt": "of the file"}
    run_job(make_host(store, tmp_path, FakeEngine()), job_env())
    assert document(store, spec, samples[0])["userPrompt"] == "of the file"
    assert document(store, spec, samples[1])["userPrompt"] == "of the run"


@pytest.mark.parametrize("kind", [FailureClass.TRANSIENT, FailureClass.RESOURCE])
def test_passing_failures_are_tried_again_in_the_process(store: MemoryStore, tmp_path: Path, kind: FailureClass) -> None:
    spec, samples = make_spec(2), make_samples(2)
    write_run(store, spec, samples)
    engine = FakeEngine({"clip-0000": [kind, kind]})
    assert run_job(make_host(store, tmp_path, engine), job_env()) == Exit.DONE
    assert engine.computed.count("clip-0000") == 3


@pytest.mark.parametrize(
    ("kind", "code"), [(FailureClass.TRANSIENT, Exit.TRANSIENT), (FailureClass.RESOURCE, Exit.RESOURCE), (FailureClass.MODEL, Exit.MODEL)]
)
def test_exit_status_follows_the_class_of_what_is_left(store: MemoryStore, tmp_path: Path, kind: FailureClass, code: Exit) -> None:
    spec, samples = make_spec(2), make_samples(2)
    write_run(store, spec, samples)
    assert run_job(make_host(store, tmp_path, FakeEngine({"clip-0000": [kind] * 9})), job_env()) == code
    (failure,) = failures(store, spec, count(store, spec))
    assert (failure.sample, failure.failure, failure.code) == ("clip-0000", kind.value, f"planned_{kind.value}")
    assert not any("complete-" in key for key in store.objects)


def test_a_raising_engine_fails_the_sample_with_its_traceback(store: MemoryStore, tmp_path: Path) -> None:
    spec, samples = make_spec(2), make_samples(2)
    write_run(store, spec, samples)

    def explode(task: object) -> None:
        raise ValueError("tensor shapes differ")

    assert run_job(make_host(store, tmp_path, FakeEngine(act=explode)), job_env()) == Exit.MODEL
    failure = next(failures(store, spec, count(store, spec)))
    assert "tensor shapes differ" in failure.message
    assert "explode" in failure.trace


def test_an_unreadable_video_is_never_a_result(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(1, output_name="{stem}_CosmosPredict{Task}_{timestamp}.mp4")
    write_run(store, spec, make_samples(1))
    assert run_job(make_host(store, tmp_path, FakeEngine()), job_env()) == Exit.MODEL
    failure = next(failures(store, spec, count(store, spec)))
    assert failure.code == "output_unreadable"
    assert store.under(spec.output_prefix) == set()


@pytest.mark.parametrize(
    ("changes", "host"),
    [({"device": "cuda", "slots": 2}, {"gpus": (Gpu("0", "L40S"),)}), ({"engine": "vllm"}, {"engine_exists": lambda name: False})],
)
def test_a_broken_promise_is_a_resource_failure_and_never_falls_back(store: MemoryStore, tmp_path: Path, changes: dict, host: dict) -> None:
    spec = make_spec(2, **changes)
    write_run(store, spec, make_samples(2))
    engine = FakeEngine()
    assert run_job(make_host(store, tmp_path, engine, **host), job_env()) == Exit.RESOURCE
    assert engine.computed == []
    attempt = json.loads(store.objects[spec.keys.attempt(0, 1)])
    assert attempt["error"]["code"] == "promise_broken"


def test_several_slots_share_the_shard_and_a_killed_one_is_named(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(5, shard_size=5, slots=2)
    write_run(store, spec, make_samples(5))
    died = {"class": "resource", "code": "engine_process_died", "message": "killed"}

    def spawn(orders: object) -> list[SlotReport]:
        return [SlotReport(total=3, done=3, busy_share=0.9), SlotReport(error=died, killed=True)]

    assert run_job(make_host(store, tmp_path, FakeEngine(), spawn=spawn), job_env()) == Exit.KILLED
    attempt = json.loads(store.objects[spec.keys.attempt(0, 1)])
    assert (attempt["done"], attempt["error"]["code"]) == (3, "engine_process_died")


def test_stop_before_the_first_sample_leaves_nothing_half_done(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(4)
    write_run(store, spec, make_samples(4))
    host = make_host(store, tmp_path, FakeEngine())
    host.stop.set()
    assert run_job(host, job_env()) == Exit.STOPPED
    assert store.under(spec.keys.all_results) == store.under(spec.keys.all_failures) == set()


def test_stop_during_a_sample_keeps_what_is_finished_and_drops_the_rest(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(4)
    write_run(store, spec, make_samples(4))
    engine = FakeEngine()
    host = make_host(store, tmp_path, engine)
    engine._act = lambda task: host.stop.set() if task.sample_id == "clip-0001" else None
    assert run_job(host, job_env()) == Exit.STOPPED
    results = {key.rpartition("/")[2] for key in store.under(spec.keys.all_results)}
    assert results == {f"{sample}.json" for sample in engine.computed}
    assert store.under(spec.keys.all_failures) == set()


def test_an_attempt_that_died_names_its_suspect_and_tries_it_last(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(4)
    write_run(store, spec, make_samples(4))

    class Killed(BaseException):
        pass

    def die(task: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        run_job(make_host(store, tmp_path, FakeEngine(act=die)), job_env())
    seen: dict[str, str] = {}

    def look(task: object) -> None:
        seen.update({item.sample: item.code for item in failures(store, spec, count(store, spec))})

    engine = FakeEngine(act=look)
    assert run_job(make_host(store, tmp_path, engine), job_env()) == Exit.DONE
    assert engine.computed[-1] == "clip-0000"
    assert seen == {"clip-0000": "worker_killed"}
    assert count(store, spec).failed == 0


def test_trouble_in_a_row_ends_the_attempt_early(store: MemoryStore, tmp_path: Path) -> None:
    spec = make_spec(100, shard_size=100)
    write_run(store, spec, make_samples(100))

    def fault(operation: str, key: str) -> None:
        if operation == "download":
            raise CosmosctlError("aws_error", "slow down", path=key)

    store.fault = fault
    assert run_job(make_host(store, tmp_path, FakeEngine()), job_env()) == Exit.TRANSIENT
    assert sum(operation == "download" for operation, _ in store.calls) < 30


def test_a_missing_run_and_an_unreachable_store_end_with_their_codes(store: MemoryStore, tmp_path: Path) -> None:
    assert run_job(make_host(store, tmp_path, FakeEngine()), job_env()) == Exit.RESOURCE

    def fault(operation: str, key: str) -> None:
        raise CosmosctlError("aws_error", "no connection", path=key)

    store.fault = fault
    assert run_job(make_host(store, tmp_path, FakeEngine()), job_env()) == Exit.TRANSIENT
