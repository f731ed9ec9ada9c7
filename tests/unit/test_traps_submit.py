"""Mistakes that batches of these models are known for, between the command and the queue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.blueprints.registry import discover, load_blueprint
from cosmosctl.catalog.limits import SUBMIT_BYTES
from cosmosctl.catalog.naming import Names
from cosmosctl.config.contracts import VariantContract
from cosmosctl.config.model import Batch as BatchSection
from cosmosctl.config.model import Deployment, Pool
from cosmosctl.errors import CosmosctlError
from cosmosctl.plan.build import variant_spec
from cosmosctl.ports.batch import JobState
from cosmosctl.runs.model import Submission
from cosmosctl.runs.results import put_submission
from cosmosctl.runs.sharding import ON_DEMAND_BUDGET_MINUTES, SPOT_BUDGET_MINUTES, plan_shards
from cosmosctl.services.ledger import Entry, Ledger, request_digest
from cosmosctl.services.runs import cancel
from cosmosctl.services.submit import Prepared, send
from cosmosctl.services.submit_plan import Request, minutes_of, prepare
from cosmosctl.worker.signals import GRACE
from cosmosctl.worker.spawn import GRACE as CHILD_GRACE
from tests.support.clips import clip, image
from tests.support.run_kit import make_samples, make_spec, write_run
from tests.support.standin import StepClock
from tests.support.stores import MemoryStore

NOW = datetime(2026, 4, 10, 16, 50, 29, tzinfo=UTC)
ENTRY = Entry("predict-20260410-165029-ab12", "2026-04-10T16:50:29+00:00")
VARIANTS = [(name, variant) for name in discover() for variant in load_blueprint(name).variants]
BATCH_KILLS_AFTER_S = 30
LARGE = Pool(instance_types=["p5.48xlarge"])
EVERYTHING = Deployment(name="demo", batch=BatchSection(pools={"gpu48": Pool(instance_types=["g6e.2xlarge"]), "gpu80": LARGE}))


class FakeBatch:
    """Takes jobs; a stopped one ends after being looked at `patience` times."""

    def __init__(self, patience: int = 0) -> None:
        self.submitted: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.patience = patience

    def submit(self, **job: Any) -> str:
        self.submitted.append(job)
        return f"job-{len(self.submitted)}"

    def find(self, queue: str, name: str) -> JobState | None:
        return None

    def stop(self, job_ids: Sequence[str], reason: str) -> None:
        self.stopped += job_ids

    def describe(self, job_ids: Sequence[str]) -> list[JobState]:
        if self.stopped:
            self.patience -= 1
        ended = set(self.stopped) if self.patience < 0 else set()
        return [
            JobState(item, item, "FAILED" if item in ended else "RUNNING", "", None, 0, {}, (), "", 0, 0, 0, "q", "d") for item in job_ids
        ]


def contract(blueprint: str, variant: str, engine: str = "baseline", gpus: int = 1) -> VariantContract:
    return VariantContract(
        job_definition=f"d-{blueprint}-{variant}", image="worker@sha256:" + "a" * 64, pool="gpu48", queue_name="q", engine=engine, gpus=gpus
    )


def prepared(folder: Path, inputs: Sequence[Path] = (), variant: str = "2B", engine: str = "baseline", **request: Any) -> Prepared:
    wanted = Request(load_blueprint("predict"), variant, tuple(str(path) for path in inputs), cwd=folder, **request)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return prepare(wanted, contract("predict", variant, engine), Deployment(name="demo"), ENTRY, scratch, MemoryStore())


@pytest.mark.parametrize(("blueprint", "variant"), VARIANTS)
def test_run_json_holds_the_variant_with_its_own_weights(blueprint: str, variant: str, tmp_path: Path) -> None:
    loaded = load_blueprint(blueprint)
    facts = loaded.variants[variant]
    text_only = "text2world" in facts.tasks
    inputs = () if text_only else (str(clip(tmp_path / "a.mp4")),)
    request = Request(loaded, variant, inputs, prompt="a robot arm pours tea", cwd=tmp_path)
    deployed = contract(blueprint, variant)
    found = prepare(
        request, deployed, Deployment(name="demo"), replace(ENTRY, run_id=f"{blueprint}-20260410-165029-ab12"), tmp_path, MemoryStore()
    )
    body = json.loads(found.spec.to_json())
    assert (body["variant"], body["model"], body["revision"]) == (variant, facts.weights.repo, facts.weights.revision)
    assert body["revision"], "no revision would mean whatever is newest on the day of the job"
    assert body["job_definition"] == deployed.job_definition


@pytest.mark.parametrize(("blueprint", "variant"), VARIANTS)
def test_a_job_asks_for_the_gpus_that_its_engine_uses(blueprint: str, variant: str, tmp_path: Path) -> None:
    """What the stack requests, what run.json promises and how many engines start are one number."""
    loaded = load_blueprint(blueprint)
    spec = variant_spec(EVERYTHING, Names("demo", "123456789012", "us-east-1"), loaded, variant, loaded.modes.batch.engines.gpu)  # type: ignore[union-attr]
    assert spec["gpus"] == loaded.variants[variant].gpu.count
    deployed = contract(blueprint, variant, spec["engine"], spec["gpus"])
    inputs = () if "text2world" in loaded.variants[variant].tasks else (str(clip(tmp_path / "a.mp4")),)
    request = Request(loaded, variant, inputs, prompt="tea", cwd=tmp_path)
    run = prepare(request, deployed, EVERYTHING, ENTRY, tmp_path, MemoryStore()).spec
    assert (run.device, run.slots, run.gpus) == ("cuda", spec["gpus"], spec["gpus"])
    assert run.guardrails == "on", "nothing switches guardrails off without a word"


@pytest.mark.parametrize("gpus", [1, 4, 8])
def test_as_many_engines_start_as_gpus_are_requested(gpus: int, tmp_path: Path) -> None:
    request = Request(load_blueprint("predict"), "2B", prompt="tea", cwd=tmp_path)
    run = prepare(request, contract("predict", "2B", "diffusers", gpus), Deployment(name="demo"), ENTRY, tmp_path, MemoryStore()).spec
    assert (run.slots, run.gpus) == (gpus, gpus)


def test_a_folder_of_files_is_one_job_and_not_one_each(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    first = clip(folder / "c0.mp4").read_bytes()
    for number in range(1, 6):
        (folder / f"c{number}.mp4").write_bytes(first)
    found = prepared(tmp_path, [folder], shard_size=6)
    batch = FakeBatch()
    send(found, MemoryStore(), batch, lambda: NOW, lambda *_: None, {})  # type: ignore[arg-type]
    assert found.spec.samples == 6
    assert [job["array_size"] for job in batch.submitted] == [1]


def test_an_image_is_never_sent_as_a_video(tmp_path: Path) -> None:
    found = prepared(tmp_path, [image(tmp_path / "a.png"), clip(tmp_path / "b.mp4")])
    lines = [json.loads(line) for line in found.manifest.manifest.read_text(encoding="utf-8").splitlines()]
    assert {(line["kind"], line["task"]) for line in lines} == {("image", "image2world"), ("video", "video2world")}


def test_a_container_that_the_model_cannot_read_is_converted_before_it_leaves(tmp_path: Path) -> None:
    found = prepared(tmp_path, [clip(tmp_path / "a.mkv"), clip(tmp_path / "b.mov")])
    assert [item.key.rpartition("/")[2] for item in found.uploads] == ["a.mp4", "b.mp4"]
    assert all(item.path.read_bytes()[4:8] == b"ftyp" for item in found.uploads)


@pytest.mark.parametrize("name", ["a.gif", "a.webm", "a.mp4"])
def test_what_cannot_be_read_is_refused_before_anything_is_uploaded(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"GIF89a" + b"\0" * 100)
    with pytest.raises(CosmosctlError) as caught:
        prepared(tmp_path, [tmp_path / name])
    assert caught.value.code == "invalid_input"
    assert name in str(caught.value.path)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"steps": "{"}, "steps"), ({"guidence": "3"}, "guidence"), ({"seed": "1.5"}, "seed"), ({"frames": "61.5"}, "frames"),
        ({"frames": "60"}, "frames"), ({"fps": "NaN"}, "fps"), ({"control_type": "depth"}, "control_type"), ({"height": "480"}, "height"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_meant_is_refused_by_its_name(params: dict[str, str], key: str, tmp_path: Path) -> None:
    """Never defaults in its place, never another kind of control."""
    with pytest.raises(CosmosctlError) as caught:
        prepared(tmp_path, [clip(tmp_path / "a.mp4")], params=params)
    assert caught.value.code == "invalid_parameter"
    assert caught.value.path == f"parameters.{key}"


def test_a_job_carries_an_address_and_nothing_else(tmp_path: Path) -> None:
    """Prompt, parameters and 12,000 samples stay in the bucket: no payload limit is near."""
    manifest = tmp_path / "m.jsonl"
    prompt = "x" * 4000
    lines = (json.dumps({"id": f"s{number}", "task": "text2world", "prompt": f"{number} {prompt[:50]}"}) for number in range(12_000))
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = prepared(tmp_path, manifest=manifest, prompt=prompt, params={"negative_prompt": "y" * 1000}, shard_size=1)
    batch = FakeBatch()
    send(found, MemoryStore(), batch, lambda: NOW, lambda *_: None, {"owner": "robotics"})  # type: ignore[arg-type]
    assert [job["array_size"] for job in batch.submitted] == [10_000, 2_000]
    for job in batch.submitted:
        assert set(job["environment"]) == {"COSMOSCTL_RUN_URI", "COSMOSCTL_SUBMISSION"}
        assert len(json.dumps(job)) < SUBMIT_BYTES / 30


def test_two_submissions_in_one_second_are_two_runs(tmp_path: Path) -> None:
    """And the same one twice, after a kill, is one run."""
    ledger = Ledger(tmp_path)
    digests = [request_digest([name]) for name in ("a.mp4", "b.mp4")]
    first, second = (ledger.open(digest, "predict", NOW)[0] for digest in digests)
    again, resumed = ledger.open(digests[0], "predict", NOW)
    assert first.run_id != second.run_id
    assert first.run_id.rpartition("-")[0] == second.run_id.rpartition("-")[0]
    assert (again, resumed) == (first, True)


def test_a_submission_that_was_killed_after_the_call_submits_nothing_twice(tmp_path: Path) -> None:
    store, batch = MemoryStore(), FakeBatch()
    found = prepared(tmp_path, [clip(tmp_path / "a.mp4")])
    first = send(found, store, batch, lambda: NOW, lambda *_: None, {})  # type: ignore[arg-type]
    second = send(found, store, batch, lambda: NOW, lambda *_: None, {})  # type: ignore[arg-type]
    assert second.job_ids == first.job_ids
    assert second.resumed
    assert len(batch.submitted) == 1


@pytest.mark.parametrize(("blueprint", "variant"), VARIANTS)
@pytest.mark.parametrize("budget", [SPOT_BUDGET_MINUTES, ON_DEMAND_BUDGET_MINUTES])
def test_each_time_limit_holds_the_ones_inside_it(blueprint: str, variant: str, budget: float) -> None:
    """A sample ends before its shard, a shard before the attempt is cut, with room for samples twice as slow as planned."""
    loaded = load_blueprint(blueprint)
    minutes = minutes_of(loaded, variant)
    plan = plan_shards(10_000, minutes, 1, budget_minutes=budget)
    limit = loaded.timeout_minutes(variant) or 0
    assert 0 < minutes.step <= plan.rounds * minutes.step
    assert minutes.start + 2 * plan.rounds * minutes.step < limit


def test_a_worker_stops_before_batch_kills_it() -> None:
    assert max(GRACE, CHILD_GRACE) < BATCH_KILLS_AFTER_S


def _run_with_jobs(*ids: str) -> MemoryStore:
    store, spec = MemoryStore(), make_spec(4)
    write_run(store, spec, make_samples(4), inputs=False)
    for number, job in enumerate(ids):
        put_submission(store, spec.keys, Submission(number, first=0, count=1, job_id=job))
    return store


def test_cancel_ends_every_job_and_waits_until_none_runs() -> None:
    batch, clock = FakeBatch(patience=3), StepClock()
    status = cancel(_run_with_jobs("job-a", "job-b"), batch, clock, make_spec(4).run_id, "cancelled")  # type: ignore[arg-type]
    assert batch.stopped == ["job-a", "job-b"]
    assert not status.jobs.active
    assert clock.elapsed >= 3


def test_cancel_that_is_not_obeyed_is_an_error() -> None:
    with pytest.raises(CosmosctlError) as caught:
        cancel(_run_with_jobs("job-a"), FakeBatch(patience=10_000), StepClock(), make_spec(4).run_id, "cancelled")  # type: ignore[arg-type]
    assert caught.value.code == "timeout"
    assert "still run" in caught.value.message
