"""Use case: a real sample through the deployed thing, and a judgement of what came back.

The check opens the outputs as a user would; "the job succeeded" is not an answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level, errors
from cosmosctl.media.errors import MediaError
from cosmosctl.media.probe import probe
from cosmosctl.runs.model import RunSpec

REASON_FIELDS = ("model", "modelSize", "inputFile", "timestamp", "systemPrompt", "userPrompt", "result", "jobLogs")
SIDECAR_FIELDS = ("attribution", "blueprint", "engine", "model", "params")


@dataclass(frozen=True)
class Judged:
    run_id: str
    outputs: tuple[str, ...]
    findings: tuple[Finding, ...]


def sample_inputs(examples: Path, media: Sequence[str]) -> list[Path]:
    """One shipped clip and one image, as far as the blueprint takes them."""
    folder = examples / "footage"
    wanted = {"video": "*.mp4", "image": "*.jpg"}
    found = [next(iter(sorted(folder.glob(wanted[kind]))), None) for kind in ("video", "image") if kind in media]
    return [path for path in found if path is not None]


def judge(spec: RunSpec, folder: Path) -> Judged:
    """`folder` holds the fetched outputs of a run that succeeded. Raises `test_failed` with every finding."""
    outputs = sorted(path for path in folder.rglob("*") if path.is_file())
    findings: list[Finding] = []
    for path in outputs:
        findings += _video(spec, path) if path.suffix == ".mp4" else _document(spec, path)
    if sum(path.suffix == Path(spec.output_name).suffix for path in outputs) < spec.samples:
        findings.append(
            Finding(spec.run_id, Level.ERROR, "output_missing", f"{spec.samples} samples, but only {len(outputs)} output files")
        )
    if errors(findings):
        raise CosmosctlError(
            "test_failed", f"{spec.blueprint} answered, but {len(errors(findings))} checks of the answer failed", path=spec.run_id,
            findings=findings, hint=f"cosmosctl logs {spec.run_id}",
        )  # fmt: skip
    return Judged(spec.run_id, tuple(path.name for path in outputs), tuple(findings))


def _video(spec: RunSpec, path: Path) -> list[Finding]:
    try:
        info = probe(path)
    except MediaError as error:
        return [Finding(path.name, Level.ERROR, error.code, error.message)]
    wanted = {"frames": spec.params.get("frames"), "width": spec.params.get("width"), "height": spec.params.get("height")}
    have = {"frames": info.frames, "width": info.width, "height": info.height}
    wrong = {key: value for key, value in wanted.items() if value is not None and have[key] != value}
    findings = [Finding(path.name, Level.ERROR, f"wrong_{key}", f"{key} is {have[key]}, asked for {value}") for key, value in wrong.items()]
    fps = spec.params.get("fps")
    if fps is not None and abs(info.fps - float(fps)) > 0.01:
        findings.append(Finding(path.name, Level.ERROR, "wrong_fps", f"fps is {info.fps:g}, asked for {fps}"))
    if not path.with_suffix(".json").is_file():
        findings.append(Finding(path.name, Level.ERROR, "sidecar_missing", "the sidecar is missing"))
    return findings


def _document(spec: RunSpec, path: Path) -> list[Finding]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        return [Finding(path.name, Level.ERROR, "not_json", f"the file is not JSON: {error}")]
    sidecar = document.get("cosmosctl", document)
    missing = [key for key in SIDECAR_FIELDS if not sidecar.get(key)]
    if Path(spec.output_name).suffix == ".json":
        missing += [key for key in REASON_FIELDS if not document.get(key)]
    return [Finding(path.name, Level.ERROR, "field_missing", f"{key} is missing or empty") for key in missing]
