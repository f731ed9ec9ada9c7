"""How the outcome of a sample becomes visible: outputs first, looked at in the bucket, and the result record last.

The existence of the result *is* "done", so a worker killed between any two lines here leaves a sample that is simply not
done. Names derive from the submission, so doing it again overwrites. This module must not know engines or Batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.keys import RunKeys, attempt_of, complete_of, sample_of
from cosmosctl.runs.model import ShardAttempt, Submission, decode

FINAL = frozenset({"input"})  # classes that no attempt can change
TRACE_LIMIT = 4000
JSON_TYPE = "application/json"


@dataclass(frozen=True)
class OutputFile:
    path: Path
    key: str
    content_type: str


@dataclass(frozen=True)
class Failure:
    """`failures/<shard>/<sample>.json`: the last error of a sample. `failure` is a class of `FailureClass`."""

    sample: str
    failure: str
    code: str
    message: str
    attempt: int = 0
    trace: str = ""
    at: str = ""
    input: str = ""

    @property
    def final(self) -> bool:
        return self.failure in FINAL


@dataclass
class ShardProgress:
    """What the bucket says about one shard."""

    done: set[str] = field(default_factory=set)
    failed: dict[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True)
class ShardHistory:
    """Earlier attempts (numbers) and the marker of a finished shard."""

    attempts: tuple[int, ...]
    complete: tuple[int, int] | None

    @property
    def next_attempt(self) -> int:
        return max(self.attempts, default=0) + 1


def publish(store: ObjectStore, keys: RunKeys, shard: int, *, sample: str, files: Iterable[OutputFile], record: Mapping[str, Any]) -> None:
    """Uploads `files`, compares their sizes in the bucket, and only then writes the result."""
    outputs = []
    for item in files:
        size = item.path.stat().st_size
        store.upload(item.path, item.key, content_type=item.content_type)
        seen = store.head(item.key)
        if seen is None or seen.size != size:
            found = "is not there" if seen is None else f"has {seen.size} bytes"
            raise CosmosctlError(
                "aws_error", f"after its upload of {size} bytes the object {found}", path=f"s3://{store.bucket}/{item.key}"
            )
        outputs.append({"key": item.key, "size": size})
    body = {"sample": sample, "shard": shard, "outputs": outputs, **record}
    store.put(keys.result(shard, sample), _dump(body), content_type=JSON_TYPE)


def put_failure(store: ObjectStore, keys: RunKeys, shard: int, failure: Failure) -> None:
    store.put(keys.failure(shard, failure.sample), _dump(asdict(failure)), content_type=JSON_TYPE)


def put_complete(store: ObjectStore, keys: RunKeys, shard: int, done: int, failed: int) -> None:
    store.put(keys.complete(shard, done, failed), b"")


def put_attempt(store: ObjectStore, keys: RunKeys, attempt: ShardAttempt) -> None:
    store.put(keys.attempt(attempt.shard, attempt.attempt), attempt.to_json(), content_type=JSON_TYPE)


def put_submission(store: ObjectStore, keys: RunKeys, submission: Submission) -> None:
    store.put(keys.submission(submission.number), submission.to_json(), content_type=JSON_TYPE)


def get_attempt(store: ObjectStore, keys: RunKeys, shard: int, number: int) -> ShardAttempt | None:
    body = store.get(keys.attempt(shard, number))
    return ShardAttempt.from_json(body) if body else None


def get_result(store: ObjectStore, keys: RunKeys, shard: int, sample: str) -> dict[str, Any] | None:
    body = store.get(keys.result(shard, sample))
    return dict(json.loads(body)) if body else None


def get_failure(store: ObjectStore, key: str) -> Failure | None:
    body = store.get(key)
    return decode(Failure, body, "failure") if body else None


def shard_progress(store: ObjectStore, keys: RunKeys, shard: int) -> ShardProgress:
    """Reads failure records only of samples without a result: at most as many GETs as the shard has failures."""
    progress = ShardProgress({sample_of(item.key) for item in store.list(keys.results(shard))})
    for item in store.list(keys.failures(shard)):
        sample = sample_of(item.key)
        if sample in progress.done:
            continue
        failure = get_failure(store, item.key)
        if failure:
            progress.failed[sample] = failure
    return progress


def shard_history(store: ObjectStore, keys: RunKeys, shard: int) -> ShardHistory:
    attempts: list[int] = []
    complete: tuple[int, int] | None = None
    for item in store.list(keys.shard(shard)):
        number, marker = attempt_of(item.key), complete_of(item.key)
        if number is not None:
            attempts.append(number)
        if marker is not None:
            complete = max(complete or marker, marker)  # a later attempt can only have more results
    return ShardHistory(tuple(sorted(attempts)), complete)


def _dump(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()
