"""Paid minutes and dollars of a run before it is started, from the same plan that shards it.

An estimate that used other arithmetic than the submission would drift from the bill. Pure; prices come from the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from cosmosctl.runs.sharding import Minutes, ShardPlan


@dataclass(frozen=True)
class PaidTime:
    instance_minutes: float
    minutes_per_sample: float
    start_share: float  # of the instance minutes, not spent on samples

    def usd(self, usd_per_hour: float) -> float:
        return self.instance_minutes / 60 * usd_per_hour

    def usd_per_sample(self, usd_per_hour: float) -> float:
        return self.minutes_per_sample / 60 * usd_per_hour


def paid_time(plan: ShardPlan, minutes: Minutes, *, hosts: int | None = None, overlap: bool = True) -> PaidTime:
    """`hosts` machines take the jobs one after the other; each pays allocation, image and weights once, each job its load.

    With `overlap` the worker's pipeline hides all uploads but the last of a job.
    """
    machines = min(plan.shards, hosts or plan.shards)
    work = sum(_job_minutes(len(plan.lines(shard)), plan.slots, minutes, overlap) for shard in _distinct(plan))
    last = _job_minutes(len(plan.lines(plan.shards - 1)), plan.slots, minutes, overlap)
    total_work = work * (plan.shards - 1) + last if plan.shards > 1 else last
    start = machines * (minutes.cold_start + minutes.image_pull + minutes.model_sync) + plan.shards * minutes.load
    total = start + total_work
    return PaidTime(total, total / plan.samples, start / total if total else 0.0)


def _distinct(plan: ShardPlan) -> range:
    """All shards but the last are alike: one stands for them."""
    return range(min(1, plan.shards - 1))


def _job_minutes(samples: int, slots: int, minutes: Minutes, overlap: bool) -> float:
    rounds = ceil(samples / slots)
    return rounds * minutes.per_sample + minutes.upload if overlap else rounds * minutes.step
