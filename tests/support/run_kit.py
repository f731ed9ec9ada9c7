"""A run without a deployment: spec, samples and manifest in any store, and a worker host around an engine of the test."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.manifest import ManifestWriter
from cosmosctl.runs.model import RunSpec, Sample
from cosmosctl.runs.results import put_submission
from cosmosctl.runs.sharding import submissions
from cosmosctl.worker.engines.base import EngineInfo, FailureClass, Outcome, Task
from cosmosctl.worker.environment import JobEnv
from cosmosctl.worker.host import Host
from cosmosctl.worker.log import JobLog
from cosmosctl.worker.stop import Stop

RUN_ID = "reason-20260410-165029-ab12"
NOW = datetime(2026, 4, 10, 17, 0, tzinfo=UTC)


def make_spec(samples: int, shard_size: int = 4, **changes: Any) -> RunSpec:
    values: dict[str, Any] = {
        "run_id": RUN_ID,
        "deployment": "demo",
        "blueprint": "reason",
        "variant": "2B",
        "engine": "fake",
        "device": "cpu",
        "model": "nvidia/Cosmos-Reason2-2B",
        "revision": "abc",
        "attribution": "Built on NVIDIA Cosmos",
        "image": "worker@sha256:0",
        "submitted": "2026-04-10T16:50:29Z",
        "timestamp": "20260410-165029",
        "samples": samples,
        "shards": -(-samples // shard_size),
        "shard_size": shard_size,
        "output_name": "{stem}_CosmosReason_{timestamp}.json",
        "output_prefix": f"outputs/{RUN_ID}/",
        "default_prompt": "Caption the video in detail.",
        "system_prompt": "You are a helpful assistant.",
        "prompt_metadata_key": "cosmos-reason-prompt",
        "params": {"seed": 0},
        "tool_version": "0.1.0",
    }
    return RunSpec(**{**values, **changes})


def make_samples(count: int) -> list[Sample]:
    return [
        Sample(f"clip-{number:04d}", f"set/clip-{number:04d}", "reason", "video", f"inputs/{RUN_ID}/set/clip-{number:04d}.mp4")
        for number in range(count)
    ]


def write_run(store: ObjectStore, spec: RunSpec, samples: Sequence[Sample], *, inputs: bool = True) -> None:
    with tempfile.TemporaryDirectory() as folder, ManifestWriter(Path(folder)) as writer:
        for sample in samples:
            writer.add(sample)
            if inputs and sample.input:
                store.put(sample.input, b"media of " + sample.id.encode())
        writer.close()
        store.upload(writer.files.manifest, spec.keys.manifest)
        store.upload(writer.files.index, spec.keys.index)
    store.put(spec.keys.spec, spec.to_json())
    for submission in submissions(spec.shards):
        put_submission(store, spec.keys, submission)


class FakeEngine:
    """Answers with the media's text; `plan` maps a sample to failures to give first, or to a function called instead."""

    def __init__(self, plan: Mapping[str, Sequence[FailureClass]] | None = None, act: Callable[[Task], None] | None = None) -> None:
        self._plan = {sample: list(failures) for sample, failures in (plan or {}).items()}
        self._act = act
        self.computed: list[str] = []

    def load(self, weights: Path | None, device: str, settings: Mapping[str, Any]) -> EngineInfo:
        return EngineInfo("fake", "none", "", uses_model=False, device=device)

    def run(self, tasks: Sequence[Task], cancelled: Callable[[], bool]) -> Sequence[Outcome]:
        return [self._one(task) for task in tasks if not cancelled()]

    def _one(self, task: Task) -> Outcome:
        self.computed.append(task.sample_id)
        if self._act:
            self._act(task)
        failures = self._plan.get(task.sample_id)
        if failures:
            kind = failures.pop(0)
            return Outcome(task.sample_id, False, failure=kind, code=f"planned_{kind.value}", message="as planned")
        text = task.media.read_bytes().decode(errors="replace") if task.media else task.prompt
        if task.output.suffix != ".json":
            task.output.write_bytes(text.encode())
        return Outcome(task.sample_id, True, {"result": f"saw: {text}"})


class InstantStop(Stop):
    """Pauses take no time."""

    def pause(self, seconds: float) -> bool:
        return self.is_set()


def make_host(store: ObjectStore, workdir: Path, engine: Any, **changes: Any) -> Host:
    lines: list[str] = changes.pop("lines", [])
    values: dict[str, Any] = {
        "store": lambda bucket: store,
        "now": lambda: NOW,
        "clock": __import__("time").monotonic,
        "log": JobLog(lines.append, lambda: NOW),
        "stop": InstantStop(),
        "workdir": workdir,
        "gpus": (),
        "create_engine": lambda name: engine,
        "engine_exists": lambda name: True,
        "peak_rss_mib": lambda: 1.0,
        "spawn": lambda orders: [],
    }
    return Host(**{**values, **changes})


def job_env(submission: int = 0, index: int = 0) -> JobEnv:
    return JobEnv("data", RUN_ID, submission, index, "job-1", 1)


def document(store: ObjectStore, spec: RunSpec, sample: Sample) -> dict[str, Any]:
    body = store.get(spec.output_key(sample))
    assert body is not None
    return dict(json.loads(body))
