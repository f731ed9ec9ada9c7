"""Status of a run of 100,000 samples, 90 % done, exact to the sample, against listing all its result keys."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter

from cosmosctl.adapters.s3 import S3Store
from cosmosctl.runs.status import RunState, count, run_state
from tests.benchmarks._common import Limit, Report, s3_server, timed
from tests.support.run_kit import make_spec

SAMPLES, DONE, SHARD = 100_000, 90_000, 100
OPEN = 16  # shards at work: a pool of 16 GPUs
BUCKET = "bench-status"


def fill(put: Callable[[str, bytes], object]) -> int:
    """As workers leave a run: finished shards with their marker, open ones half done. Returns the results written."""
    spec = make_spec(SAMPLES, shard_size=SHARD)
    keys, done = spec.keys, 0
    full = (DONE - OPEN * SHARD // 2) // SHARD
    for shard in range(full + OPEN):
        put(keys.attempt(shard, 1), b"{}")
        size = SHARD if shard < full else SHARD // 2
        for position in range(size):
            put(keys.result(shard, f"clip-{shard * SHARD + position:06d}-0123456789"), b"{}")
        done += size
        if shard < full:
            put(keys.complete(shard, size, 0), b"")
    return done


def main() -> int:
    with s3_server(BUCKET, "tests.benchmarks.bench_status:fill") as client:
        store, spec = S3Store(client, BUCKET), make_spec(SAMPLES, shard_size=SHARD)
        done = fill(lambda key, body: None)
        counts = count(store, spec)
        assert (counts.done, counts.pending) == (done, SAMPLES - done)
        assert run_state(counts).state is RunState.RUNNING
        ours = timed(lambda: count(store, spec))
        began = perf_counter()
        assert sum(1 for _ in store.list(spec.keys.all_results)) == done
        listing = perf_counter() - began
    report = Report("status of 100,000 samples, 90 % done", figures={"seconds": ours, "listing_seconds": listing, "done": done})
    report.limits = [Limit("share of listing all results", ours / listing, 1 / 5)]
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
