"""Creates runs in the bucket, finds them again, and reads what their attempts left behind.

`run.json` is written last: a run that exists is complete, and a submission that was cut off is not a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.ids import is_run_id
from cosmosctl.runs.keys import RUNS, attempt_of
from cosmosctl.runs.manifest import ManifestFiles
from cosmosctl.runs.model import RunSpec, ShardAttempt, Submission
from cosmosctl.runs.results import JSON_TYPE, get_attempt, put_submission
from cosmosctl.runs.status import RunCounts

_LAST = "\U0010ffff"


def create_run(store: ObjectStore, spec: RunSpec, files: ManifestFiles, submissions: Sequence[Submission]) -> None:
    """Safe to repeat with the same spec: every key is overwritten with the same content."""
    store.upload(files.manifest, spec.keys.manifest, content_type="application/x-ndjson")
    store.upload(files.index, spec.keys.index)
    for submission in submissions:
        put_submission(store, spec.keys, submission)
    store.put(spec.keys.spec, spec.to_json(), content_type=JSON_TYPE)


def run_ids(store: ObjectStore) -> Iterator[str]:
    """All runs in the bucket, one call each, whatever they hold; incomplete ones included."""
    after = ""
    while (first := next(iter(store.list(RUNS, start_after=after)), None)) is not None:
        run_id = first.key.removeprefix(RUNS).partition("/")[0]
        if is_run_id(run_id):
            yield run_id
        after = f"{RUNS}{run_id}/{_LAST}"


def last_attempts(store: ObjectStore, spec: RunSpec, counts: RunCounts, limit: int = 50) -> Iterator[ShardAttempt]:
    """The newest attempt of up to `limit` shards that are started and not complete: who works, or what stopped them."""
    opened = sorted(shard for shard, state in counts.shard_states.items() if not state.closed)
    for shard in opened[:limit]:
        numbers = [number for item in store.list(spec.keys.shard(shard)) if (number := attempt_of(item.key)) is not None]
        attempt = get_attempt(store, spec.keys, shard, max(numbers)) if numbers else None
        if attempt:
            yield attempt


def attempt_errors(attempts: Sequence[ShardAttempt]) -> tuple[str, ...]:
    """Distinct reasons for which whole shards failed, such as an engine or a GPU that was not there."""
    return tuple(dict.fromkeys(f"{item.error['class']}: {item.error['message']}" for item in attempts if item.error))
