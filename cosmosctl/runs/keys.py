"""Where everything of a run lies in the data bucket: the only place that spells its keys.

Results are the state of a run, so two spellings of one key would be two states. Pure: no store, no clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RUNS = "runs/"
_ATTEMPT = re.compile(r"attempt-(\d+)\.json$")
_COMPLETE = re.compile(r"complete-(\d+)-(\d+)$")
_SUBMISSION = re.compile(r"submissions/(\d+)\.json$")


@dataclass(frozen=True)
class RunKeys:
    """`prefix` is `runs/<run-id>/`."""

    run_id: str

    @property
    def prefix(self) -> str:
        return f"{RUNS}{self.run_id}/"

    @property
    def spec(self) -> str:
        return f"{self.prefix}run.json"

    @property
    def manifest(self) -> str:
        return f"{self.prefix}manifest.jsonl"

    @property
    def index(self) -> str:
        return f"{self.prefix}manifest.idx"

    @property
    def submissions(self) -> str:
        return f"{self.prefix}submissions/"

    @property
    def shards(self) -> str:
        return f"{self.prefix}shards/"

    @property
    def all_results(self) -> str:
        return f"{self.prefix}results/"

    @property
    def all_failures(self) -> str:
        return f"{self.prefix}failures/"

    @property
    def outputs(self) -> str:
        return f"outputs/{self.run_id}/"

    @property
    def inputs(self) -> str:
        return f"inputs/{self.run_id}/"

    def submission(self, number: int) -> str:
        return f"{self.submissions}{number}.json"

    def results(self, shard: int) -> str:
        return f"{self.all_results}{shard:06d}/"

    def result(self, shard: int, sample_id: str) -> str:
        return f"{self.results(shard)}{sample_id}.json"

    def failures(self, shard: int) -> str:
        return f"{self.all_failures}{shard:06d}/"

    def failure(self, shard: int, sample_id: str) -> str:
        return f"{self.failures(shard)}{sample_id}.json"

    def shard(self, shard: int) -> str:
        return f"{self.shards}{shard:06d}/"

    def attempt(self, shard: int, number: int) -> str:
        return f"{self.shard(shard)}attempt-{number}.json"

    def complete(self, shard: int, done: int, failed: int) -> str:
        return f"{self.shard(shard)}complete-{done}-{failed}"


def shard_of(key: str) -> int:
    """The shard in a key below `results/`, `failures/` or `shards/`."""
    return int(key.rsplit("/", 2)[1])


def sample_of(key: str) -> str:
    """The sample id in a key of a result or a failure."""
    return key.rpartition("/")[2].removesuffix(".json")


def attempt_of(key: str) -> int | None:
    match = _ATTEMPT.search(key)
    return int(match[1]) if match else None


def complete_of(key: str) -> tuple[int, int] | None:
    """(done, failed) when `key` is the marker of a finished shard."""
    match = _COMPLETE.search(key)
    return (int(match[1]), int(match[2])) if match else None


def submission_of(key: str) -> int | None:
    match = _SUBMISSION.search(key)
    return int(match[1]) if match else None
