"""A manifest of 25,000 samples to the (embedded) API: how many calls, and how much time is our own.

Own time is the process' CPU time between reading the manifest and the last SubmitJob answer; one sample per job, so that
three arrays are needed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from cosmosctl.adapters.batch import AwsBatch
from cosmosctl.adapters.s3 import S3Store
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.config.contracts import VariantContract
from cosmosctl.config.model import Deployment
from cosmosctl.services.ledger import Entry
from cosmosctl.services.submit import send
from cosmosctl.services.submit_plan import Request, prepare
from tests.benchmarks._common import Limit, Report
from tests.support.sandbox_batch import Farm, sandbox

SAMPLES = 25_000
BUCKET = "bench-data"
CALLS_BESIDE_SUBMIT = 30  # manifest, index, spec, and a few per submission; none per sample


def calls(folder: Path) -> Counter[str]:
    lines = (folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return Counter(f"{item.get('service')}:{item.get('action')}" for item in map(json.loads, lines))


def main() -> int:
    with tempfile.TemporaryDirectory() as name, sandbox(Path(name) / "sandbox") as server:
        folder = Path(name)
        farm = Farm(server, max_vcpus=8)
        server.post("settings", {"capacity_denied": [{}]})  # the jobs are counted, not run
        server.client("s3").create_bucket(Bucket=BUCKET)
        definition = farm.define("pass")
        manifest = folder / "samples.jsonl"
        manifest.write_text(
            "".join(f'{{"input": "s3://{BUCKET}/inputs/shared/clips/{n:06d}.mp4", "prompt": "Sample {n}"}}\n' for n in range(SAMPLES))
        )
        session = SandboxSession(str(server.record["endpoint"]), "us-east-1")
        batch, store = AwsBatch(session), S3Store(session.client("s3"), BUCKET)
        deployed = VariantContract(
            job_definition=definition, image="repo@sha256:0", pool="gpu48", queue_name=farm.queue, engine="baseline", gpus=1
        )
        entry = Entry("reason-20260410-165029-abcd", "2026-04-10T16:50:29+00:00")
        request = Request(load_blueprint("reason"), "2B", manifest=manifest, shard_size=1, cwd=folder)
        before, cpu, wall = calls(folder / "sandbox"), time.process_time(), time.perf_counter()
        prepared = prepare(request, deployed, Deployment(name="bench"), entry, folder, store)
        sent = send(prepared, store, batch, lambda: datetime.now(UTC), lambda *_: None, {})
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        made = calls(folder / "sandbox") - before
    submits = sum(number for action, number in made.items() if action.endswith("SubmitJob") or action.endswith("/v1/submitjob"))
    limits = [
        Limit("SubmitJob calls", len(sent.job_ids), 3),
        Limit("own seconds", cpu, 4, "s"),
        Limit("other calls", sum(made.values()) - submits, CALLS_BESIDE_SUBMIT),
    ]
    return Report("submit 25,000 samples", limits, {"wall": wall, "calls": dict(made), "samples": prepared.spec.samples}).finish()


if __name__ == "__main__":
    sys.exit(main())
