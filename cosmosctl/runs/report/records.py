"""From what a run keeps (spec, samples, sidecars, Reason documents, failures) to report data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.media.errors import HINTS
from cosmosctl.runs.model import RunSpec, Sample
from cosmosctl.runs.report.model import Media, ReportFailure, ReportSample, Series
from cosmosctl.runs.results import Failure

CLASS_HINTS = {
    "input": "correct or replace the file and submit it again; a retry of the same file fails the same way",
    "model": "read the log: `cosmosctl logs RUN --sample ID`; try another seed or prompt",
    "resource": "use a pool with more memory, then `cosmosctl runs retry RUN`",
    "transient": "`cosmosctl runs retry RUN` submits only what is missing",
}
SHOWN_FACTS = ("frames", "fps", "size", "duration_s", "seed", "device", "gpu", "guardrails", "attempt")
CURVES = (("light", "Brightness"), ("movement", "Change of the picture"))


def sample_report(
    spec: RunSpec,
    sample: Sample,
    *,
    sidecar: Mapping[str, Any] | None = None,
    document: Mapping[str, Any] | None = None,
    failed: bool = False,
    input_media: Media | None = None,
    output_media: Media | None = None,
) -> ReportSample:
    """One sample. `sidecar` is the `cosmosctl` object, `document` Reason's output (which holds a sidecar of its own)."""
    document = document or {}
    sidecar = sidecar or document.get("cosmosctl") or {}
    state = "done" if sidecar or document else "failed" if failed else "missing"
    prompt, source = _prompt(spec, sample, sidecar)
    return ReportSample(
        id=sample.id,
        name=sample.input_name or sample.output,
        task=sample.task,
        state=state,
        prompt=prompt,
        prompt_source=source,
        input=input_media,
        output=output_media,
        text=str(document.get("result") or ""),
        reasoning=str(document.get("reasoning") or ""),
        facts=_facts(sidecar),
        seconds={str(name): float(value) for name, value in (sidecar.get("seconds") or {}).items()},
        series=curves((sidecar.get("facts") or {}).get("measurements") or {}),
    )


def _prompt(spec: RunSpec, sample: Sample, sidecar: Mapping[str, Any]) -> tuple[str, str]:
    """The prompt that was used, and which of its possible sources it equals."""
    prompt = str(sidecar.get("prompt") or spec.prompt_of(sample))
    if prompt == sample.prompt:
        return prompt, "of this file"
    if prompt == spec.prompt:
        return prompt, "of the run"
    return prompt, "default" if prompt == spec.default_prompt else "of this file"


def _facts(sidecar: Mapping[str, Any]) -> dict[str, str]:
    known = {name: sidecar[name] for name in SHOWN_FACTS if sidecar.get(name) not in (None, "")}
    return {name.removesuffix("_s").replace("_", " "): _shown(value) for name, value in known.items()}


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def curves(measurements: Mapping[str, Any]) -> tuple[Series, ...]:
    """Curves that the baseline measures; nothing for other engines."""
    found = []
    for key, title in CURVES:
        points = (measurements.get(key) or {}).get("over_time") or []
        if len(points) > 2:
            found.append(Series(title, tuple((float(point["time_s"]), float(point["value"])) for point in points)))
    return tuple(found)


def failure_report(failure: Failure, name: str = "") -> ReportFailure:
    hint = HINTS.get(failure.code) or CLASS_HINTS.get(failure.failure, "")
    return ReportFailure(failure.sample, name or failure.input, failure.failure, failure.code, failure.message, hint, failure.attempt)
