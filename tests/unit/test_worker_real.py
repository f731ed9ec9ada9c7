"""The job definition's own command as a process: S3 over HTTP, the baseline engine, real clips in, playable files out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.adapters.s3 import S3Store
from cosmosctl.media.probe import probe
from cosmosctl.runs.model import Sample
from cosmosctl.runs.status import RunState, count, failures, run_state
from tests.benchmarks._common import s3_server
from tests.support.clips import clip
from tests.support.run_kit import RUN_ID, make_spec, write_run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with s3_server("data") as made:
        yield made


def work(client: Any, run_id: str, tmp_path: Path) -> tuple[int, list[dict[str, Any]]]:
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": client.meta.endpoint_url,
        "COSMOSCTL_RUN_URI": f"s3://data/runs/{run_id}",
        "COSMOSCTL_SUBMISSION": "0",
        "AWS_BATCH_JOB_ID": "job-7",
        "AWS_BATCH_JOB_ATTEMPT": "1",
    }
    command = [sys.executable, "-m", "cosmosctl.worker"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_reason_answers_with_measured_facts_and_a_broken_clip_fails_once(client: Any, tmp_path: Path) -> None:
    store = S3Store(client, "data")
    spec = make_spec(2, engine="baseline")
    samples = [
        Sample("good", "set/good", "reason", "video", f"inputs/{RUN_ID}/set/good.mp4"),
        Sample("bad", "set/bad", "reason", "video", f"inputs/{RUN_ID}/set/bad.mp4"),
    ]
    write_run(store, spec, samples, inputs=False)
    store.upload(clip(tmp_path / "good.mp4"), samples[0].input, metadata={"cosmos-reason-prompt": "What moves?"})
    store.put(samples[1].input, b"no video at all")
    code, lines = work(client, RUN_ID, tmp_path)
    assert code == 65
    assert {line["event"] for line in lines} >= {"attempt_started", "engine_loaded", "sample_done", "sample_failed", "attempt_ended"}
    body = json.loads(store.get(spec.output_key(samples[0])) or b"")
    assert (body["userPrompt"], body["model"], body["cosmosctl"]["uses_model"]) == ("What moves?", "none", False)
    assert body["result"]
    counts = count(store, spec)
    assert (counts.done, counts.failed, counts.shards_complete) == (1, 1, 1)
    assert [(item.sample, item.failure) for item in failures(store, spec, counts)] == [("bad", "input")]
    assert run_state(counts).state is RunState.PARTIAL
    assert work(client, RUN_ID, tmp_path)[0] == 65


def test_predict_writes_a_playable_clip_with_its_sidecar(client: Any, tmp_path: Path) -> None:
    store, run_id = S3Store(client, "data"), "predict-20260410-165029-00ff"
    params = {"width": 128, "height": 64, "frames": 13, "fps": 16, "seed": 5}
    spec = make_spec(
        1,
        engine="baseline",
        run_id=run_id,
        blueprint="predict",
        output_prefix=f"outputs/{run_id}/",
        params=params,
        output_name="{stem}_CosmosPredict{Task}_{timestamp}.mp4",
    )
    sample = Sample("one", "a/one", "video2world", "video", f"inputs/{run_id}/a/one.mp4")
    write_run(store, spec, [sample], inputs=False)
    store.upload(clip(tmp_path / "one.mp4"), sample.input)
    assert work(client, run_id, tmp_path)[0] == 0
    assert [item.key.rpartition("/")[2] for item in store.list(spec.output_prefix)] == [
        "one_CosmosPredictVideo2World_20260410-165029.json",
        "one_CosmosPredictVideo2World_20260410-165029.mp4",
    ]
    store.download(spec.output_key(sample), tmp_path / "out.mp4")
    info = probe(tmp_path / "out.mp4")
    assert (info.frames, info.fps, info.width, info.height) == (13, 16.0, 128, 64)
    beside = json.loads(store.get(spec.output_key(sample).replace(".mp4", ".json")) or b"")["cosmosctl"]
    assert (beside["frames"], beside["fps"], beside["size"], beside["seed"]) == (13, 16.0, "128x64", 5)
    assert beside["seconds"]["generate"] > 0
    attempt = json.loads(store.get(spec.keys.attempt(0, 1)) or b"")
    assert (attempt["job_id"], attempt["exit_code"], attempt["peak_rss_mib"] > 0) == ("job-7", 0, True)


def test_starting_the_worker_imports_neither_boto3_nor_pydantic_nor_numpy() -> None:
    heavy = ("boto3", "botocore", "pydantic", "numpy", "av", "typer")
    code = f"import sys, cosmosctl.worker.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
