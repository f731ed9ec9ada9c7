"""Makes one computed sample durable: look at the file, compose the documents, upload, verify, result last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmosctl.runs.ids import sidecar_path
from cosmosctl.runs.model import RunSpec
from cosmosctl.runs.results import OutputFile, publish
from cosmosctl.worker.compose import OBJECT, Computed, reason_document, sidecar
from cosmosctl.worker.engines.base import EngineInfo
from cosmosctl.worker.fetch import Fetched
from cosmosctl.worker.host import Host
from cosmosctl.worker.verify import BadOutput, measure_output

_TYPES = {".mp4": "video/mp4", ".json": "application/json"}


@dataclass(frozen=True)
class Delivery:
    """What all samples of a slot share."""

    host: Host
    spec: RunSpec
    bucket: str
    shard: int
    attempt: int
    info: EngineInfo
    gpu: str

    def deliver(self, item: Fetched, facts: Mapping[str, Any], generate_seconds: float) -> None:
        """Raises `BadOutput` for what the engine wrote, `CosmosctlError` for what S3 did."""
        document = self.spec.output_name.endswith(".json")
        work = Computed(
            sample=item.sample,
            prompt=item.task.prompt,
            info=self.info,
            facts=facts,
            measured={} if document else measure_output(item.task.output),
            seconds={"fetch": item.seconds, "generate": generate_seconds},
            gpu=self.gpu,
            peak_rss_mib=self.host.peak_rss_mib(),
            attempt=self.attempt,
            shard=self.shard,
            finished=self.host.now().isoformat(timespec="seconds"),
        )
        files = self._document(item, work) if document else self._media(item, work)
        began = self.host.clock()
        try:
            publish(
                self.host.store(self.bucket),
                self.spec.keys,
                self.shard,
                sample=item.sample.id,
                files=files,
                record=self._record(item, work),
            )
        finally:
            for extra in files:
                if extra.path != item.task.output:
                    extra.path.unlink(missing_ok=True)
        self.host.log.event("delivered", (item.sample.id,), seconds=round(self.host.clock() - began, 3))

    def _document(self, item: Fetched, work: Computed) -> list[OutputFile]:
        if not str(work.facts.get("result") or "").strip():
            raise BadOutput("empty_result", "the engine answered nothing")
        body = reason_document(self.spec, work, self.host.log.of_sample(item.sample.id))
        return [self._file(_write(item.task.output, body), self.spec.output_key(item.sample))]

    def _media(self, item: Fetched, work: Computed) -> list[OutputFile]:
        key = self.spec.output_key(item.sample)
        beside = _write(item.task.output.with_suffix(".sidecar.json"), {OBJECT: sidecar(self.spec, work)})
        return [self._file(item.task.output, key), self._file(beside, sidecar_path(key))]

    def _file(self, path: Path, key: str) -> OutputFile:
        return OutputFile(path, key, _TYPES.get(path.suffix, "application/octet-stream"))

    def _record(self, item: Fetched, work: Computed) -> dict[str, Any]:
        return {
            "task": item.sample.task,
            "input": item.sample.input,
            "source": item.sample.input_name,
            "prompt": work.prompt,
            "engine": self.info.name,
            "uses_model": self.info.uses_model,
            "gpu": self.gpu or None,
            "seconds": {name: round(value, 3) for name, value in work.seconds.items()},
            "attempt": self.attempt,
            "finished": work.finished,
        }


def _write(path: Path, body: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
