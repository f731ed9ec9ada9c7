"""The documents beside and inside outputs: everything needed to judge or repeat a result without the run.

Pure: facts in, JSON-ready dictionaries out. Field names of Reason's document are fixed by the format that its users know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cosmosctl.runs.model import RunSpec, Sample
from cosmosctl.worker.engines.base import EngineInfo

OBJECT = "cosmosctl"
_OWN_FACTS = ("frames", "fps", "width", "height", "result", "reasoning", "duration_s", "peak_gpu_mib", "seed")


@dataclass(frozen=True)
class Computed:
    """One computed sample and the circumstances."""

    sample: Sample
    prompt: str
    info: EngineInfo
    facts: Mapping[str, Any]  # of the engine
    measured: Mapping[str, Any] = field(default_factory=dict)  # of the output file: wins over the engine's claims
    seconds: Mapping[str, float] = field(default_factory=dict)
    gpu: str = ""
    peak_rss_mib: float = 0.0
    attempt: int = 0
    shard: int = 0
    finished: str = ""


def sidecar(spec: RunSpec, work: Computed) -> dict[str, Any]:
    """The `cosmosctl` object."""
    facts = {**work.facts, **work.measured}
    params = spec.params_of(work.sample)
    return {
        "schema": 1,
        "tool_version": spec.tool_version,
        "run": spec.run_id,
        "sample": work.sample.id,
        "blueprint": spec.blueprint,
        "variant": spec.variant,
        "task": work.sample.task,
        "engine": work.info.name,
        "uses_model": work.info.uses_model,
        "model": work.info.model,
        "revision": work.info.revision,
        "deployed_model": spec.model,
        "deployed_revision": spec.revision,
        "image": spec.image,
        "input": work.sample.input_name,
        "prompt": work.prompt,
        "params": params,
        "seed": facts.get("seed", params.get("seed")),
        "frames": facts.get("frames"),
        "fps": facts.get("fps"),
        "size": _size(facts),
        "duration_s": facts.get("duration_s"),
        "seconds": {name: round(value, 3) for name, value in work.seconds.items()},
        "device": work.info.device,
        "gpu": work.gpu or None,
        "peak_memory_mib": {"host": round(work.peak_rss_mib, 1), "gpu": facts.get("peak_gpu_mib")},
        "guardrails": spec.guardrails if work.info.uses_model else "not applicable",
        "attribution": spec.attribution,
        "submitted": spec.submitted,
        "finished": work.finished,
        "shard": work.shard,
        "attempt": work.attempt,
        "facts": {name: value for name, value in work.facts.items() if name not in _OWN_FACTS},
    }


def reason_document(spec: RunSpec, work: Computed, job_logs: str) -> dict[str, Any]:
    """Reason's output: the fields of the known format, all text, and the `cosmosctl` object."""
    reasoning = str(work.facts.get("reasoning") or "")
    return {
        "model": work.info.model,
        "modelSize": spec.variant,
        "inputFile": work.sample.input_name,
        "timestamp": spec.timestamp,
        "systemPrompt": spec.system_prompt,
        "userPrompt": work.prompt,
        "result": str(work.facts.get("result") or ""),
        "jobLogs": job_logs,
        **({"reasoning": reasoning} if reasoning else {}),
        OBJECT: sidecar(spec, work),
    }


def _size(facts: Mapping[str, Any]) -> str | None:
    width, height = facts.get("width"), facts.get("height")
    return f"{width}x{height}" if width and height else None
