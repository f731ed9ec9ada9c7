"""Brings one sample onto this machine: its media, and its prompt by priority. Runs beside the engine, never in its way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cosmosctl.media.prompts import metadata_prompt
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.ids import suffix
from cosmosctl.runs.model import RunSpec, Sample
from cosmosctl.worker.classify import InputProblem
from cosmosctl.worker.engines.base import Task
from cosmosctl.worker.host import Host


@dataclass(frozen=True)
class Fetched:
    sample: Sample
    task: Task
    seconds: float
    order: int = 0

    def clean(self) -> None:
        """Removes the local copies."""
        for path in (self.task.media, self.task.output):
            if path is not None:
                path.unlink(missing_ok=True)


def fetch(host: Host, spec: RunSpec, bucket: str, sample: Sample) -> Fetched:
    """Raises `InputProblem` when the input is not there or the task has no prompt."""
    began = host.clock()
    metadata = None
    media: Path | None = None
    if sample.input:
        store, key = _place(host, bucket, sample.input)
        info = store.head(key)
        if info is None:
            raise InputProblem("input_missing", f"there is no object s3://{store.bucket}/{key}")
        if info.size == 0:
            raise InputProblem("input_empty", f"s3://{store.bucket}/{key} is empty")
        metadata = info.metadata
        media = host.workdir / "in" / f"{sample.id}{suffix(key)}"
        store.download(key, media)
    prompt = spec.prompt_of(sample, metadata_prompt(metadata, spec.prompt_metadata_key) if spec.prompt_metadata_key else None)
    if sample.task in spec.prompt_required and not prompt.strip():
        raise InputProblem("prompt_missing", f"task {sample.task} needs a prompt")
    output = host.workdir / "out" / f"{sample.id}{suffix(spec.output_name)}"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.unlink(missing_ok=True)
    task = Task(sample.id, prompt, media, sample.kind, spec.params_of(sample), output)
    return Fetched(sample, task, host.clock() - began)


def _place(host: Host, bucket: str, address: str) -> tuple[ObjectStore, str]:
    if not address.startswith("s3://"):
        return host.store(bucket), address
    name, _, key = address.removeprefix("s3://").partition("/")
    return host.store(name), key
