"""How many samples one job gets, and which jobs to submit. Pure arithmetic.

A job pays its start (allocation, image, weights, load) once, so more samples in it are cheaper; a shorter job loses less
wall clock when spot capacity goes and spreads wider. Finished samples are never redone, so the time budget is a wish and
the share of paid time spent on starting is a limit: the larger of both sizes wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from cosmosctl.runs.model import Submission

ARRAY_LIMIT = 10_000
SHARD_LIMIT = 999_999  # six digits in the keys, so that they sort
SPOT_BUDGET_MINUTES = 30.0
ON_DEMAND_BUDGET_MINUTES = 120.0
MAX_START_SHARE = 1 / 3


@dataclass(frozen=True)
class Minutes:
    """The phase table of a blueprint, in minutes."""

    cold_start: float = 0.0
    image_pull: float = 0.0
    model_sync: float = 0.0
    load: float = 0.0
    per_sample: float = 0.0
    upload: float = 0.0

    @classmethod
    def of(cls, table: Mapping[str, float]) -> Minutes:
        return cls(**table)

    @property
    def start(self) -> float:
        """Everything before the first sample of a job on a fresh host."""
        return self.cold_start + self.image_pull + self.model_sync + self.load

    @property
    def step(self) -> float:
        """One sample, its upload not overlapped: the cautious figure for planning."""
        return self.per_sample + self.upload


@dataclass(frozen=True)
class ShardPlan:
    samples: int
    shard_size: int
    shards: int
    slots: int

    @property
    def rounds(self) -> int:
        """Samples that the busiest engine of a full shard computes."""
        return ceil(self.shard_size / self.slots)

    def lines(self, shard: int) -> range:
        first = shard * self.shard_size
        return range(first, min(first + self.shard_size, self.samples))


def plan_shards(
    samples: int,
    minutes: Minutes,
    slots: int = 1,
    *,
    budget_minutes: float = SPOT_BUDGET_MINUTES,
    max_start_share: float = MAX_START_SHARE,
    shard_size: int | None = None,
) -> ShardPlan:
    """`shard_size` given by the user wins; else the time budget, raised until starting costs at most `max_start_share`."""
    if samples < 1 or slots < 1:
        raise ValueError("a plan needs at least one sample and one slot")
    size = shard_size or _rounds(minutes, budget_minutes, max_start_share, samples) * slots
    size = max(1, size, ceil(samples / SHARD_LIMIT))
    shards = max(1, round(samples / size))
    even = size if shard_size else ceil(ceil(samples / shards) / slots) * slots  # no near-empty last job
    even = max(1, min(even, samples))
    return ShardPlan(samples, even, ceil(samples / even), slots)


def _rounds(minutes: Minutes, budget: float, max_start_share: float, samples: int) -> int:
    if minutes.step <= 0:
        return samples
    by_budget = floor(budget / minutes.step)
    by_start = ceil(minutes.start * (1 / max_start_share - 1) / minutes.step) if max_start_share > 0 else 1
    return max(1, by_budget, by_start)


def submissions(shards: int) -> list[Submission]:
    """ceil(shards / 10,000) calls of SubmitJob for a whole run."""
    return [
        Submission(number, first=first, count=min(ARRAY_LIMIT, shards - first))
        for number, first in enumerate(range(0, shards, ARRAY_LIMIT))
    ]


def retry_submissions(shards: Sequence[int], first_number: int, *, include_input: bool = False) -> list[Submission]:
    """The calls that run only `shards` again; numbers go on after those of the run."""
    return [
        Submission(first_number + number, shards=tuple(shards[first : first + ARRAY_LIMIT]), include_input=include_input)
        for number, first in enumerate(range(0, len(shards), ARRAY_LIMIT))
    ]


def slot_items(count: int, slots: int, slot: int) -> range:
    """Positions in a shard that GPU `slot` computes: every `slots`-th, so the load is even to one sample."""
    return range(slot, count, slots)
