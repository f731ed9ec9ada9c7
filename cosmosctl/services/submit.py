"""Use case: a blueprint, some inputs and a prompt become a run of Batch jobs.

`prepare` decides everything on this machine (what is accepted, how it is sharded) and uploads nothing; `send` uploads and
submits, and may be killed and repeated at any point: every key and job name follows from the run id. This module must
not know Typer, boto3 or how a worker computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding
from cosmosctl.ports.batch import Batch
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.manifest import ManifestFiles
from cosmosctl.runs.model import RunSpec, Submission
from cosmosctl.runs.results import put_submission
from cosmosctl.runs.store import create_run

UPLOADS_AT_ONCE = 8
RUN_TAG = "cosmosctl:run"


@dataclass(frozen=True)
class Upload:
    """A file of this machine and its key; S3 user metadata must be ASCII, so prompts travel in the manifest."""

    path: Path
    key: str
    content_type: str


@dataclass(frozen=True)
class Prepared:
    """Decided and written to a scratch folder; nothing has left this machine."""

    spec: RunSpec
    manifest: ManifestFiles
    uploads: tuple[Upload, ...]
    submissions: tuple[Submission, ...]
    findings: tuple[Finding, ...]
    usd: float | None
    skipped_files: int = 0


@dataclass(frozen=True)
class Sent:
    run_id: str
    job_ids: tuple[str, ...]
    uploaded: int
    resumed: bool


Progress = Callable[[int, int, str], None]


def send(
    prepared: Prepared, store: ObjectStore, batch: Batch, now: Callable[[], datetime], progress: Progress, tags: Mapping[str, str]
) -> Sent:
    """Inputs, then manifest and index, then `run.json`, then jobs: a run exists once everything it needs does."""
    spec = prepared.spec
    resumed = store.head(spec.keys.spec) is not None
    if not resumed:
        _upload_inputs(prepared, store, progress)
        create_run(store, spec, prepared.manifest, prepared.submissions)
    jobs = tuple(submit_one(spec, item, store, batch, now, tags, look=resumed) for item in prepared.submissions)
    return Sent(spec.run_id, jobs, 0 if resumed else len(prepared.uploads), resumed)


def submit_one(
    spec: RunSpec,
    submission: Submission,
    store: ObjectStore,
    batch: Batch,
    now: Callable[[], datetime],
    tags: Mapping[str, str],
    *,
    look: bool,
) -> str:
    """Submits once; the submission's record is in the bucket already. `look`: an earlier, killed attempt may have got further."""
    if look:
        job_id = adopted(spec, submission, store, batch, now)
        if job_id:
            return job_id
    job_id = batch.submit(
        name=job_name(spec, submission),
        queue=spec.queue,
        definition=spec.job_definition,
        array_size=submission.size,
        environment=job_environment(spec, submission, store.bucket),
        tags={**tags, RUN_TAG: spec.run_id},
    )
    return _record(spec, submission, job_id, store, now)


def adopted(spec: RunSpec, submission: Submission, store: ObjectStore, batch: Batch, now: Callable[[], datetime]) -> str:
    """The job of a submission that was sent but perhaps not recorded, found by its name; "" when there is none."""
    stored = store.get(spec.keys.submission(submission.number))
    known = Submission.from_json(stored).job_id if stored else ""
    if known:
        return known
    found = batch.find(spec.queue, job_name(spec, submission))
    return _record(spec, submission, found.id, store, now) if found is not None else ""


def job_name(spec: RunSpec, submission: Submission) -> str:
    return f"{spec.run_id}-s{submission.number}"


def job_environment(spec: RunSpec, submission: Submission, bucket: str) -> dict[str, str]:
    """All that a child needs: where the run is, and which submission it belongs to."""
    return {"COSMOSCTL_RUN_URI": f"s3://{bucket}/{spec.keys.prefix.rstrip('/')}", "COSMOSCTL_SUBMISSION": str(submission.number)}


def _record(spec: RunSpec, submission: Submission, job_id: str, store: ObjectStore, now: Callable[[], datetime]) -> str:
    put_submission(store, spec.keys, replace(submission, job_id=job_id, submitted=now().isoformat(timespec="seconds")))
    return job_id


def _upload_inputs(prepared: Prepared, store: ObjectStore, progress: Progress) -> None:
    total = len(prepared.uploads)
    if not total:
        return
    with ThreadPoolExecutor(UPLOADS_AT_ONCE, thread_name_prefix="upload") as pool:
        for done, item in enumerate(pool.map(lambda upload: _upload(upload, store), prepared.uploads), start=1):
            progress(done, total, item.path.name)


def _upload(upload: Upload, store: ObjectStore) -> Upload:
    """Skips what an interrupted attempt has uploaded whole."""
    try:
        size = upload.path.stat().st_size
    except FileNotFoundError:
        raise CosmosctlError("invalid_input", "the file vanished while it was being submitted", path=str(upload.path)) from None
    there = store.head(upload.key)
    if there is None or there.size != size:
        store.upload(upload.path, upload.key, content_type=upload.content_type)
    return upload
