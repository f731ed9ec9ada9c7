"""Which shards of a run are worth another job. Pure: counts in, submissions out."""

from __future__ import annotations

from dataclasses import dataclass

from cosmosctl.runs.model import RunSpec, Submission
from cosmosctl.runs.sharding import retry_submissions
from cosmosctl.runs.status import RunCounts


@dataclass(frozen=True)
class RetryPlan:
    submissions: tuple[Submission, ...]
    shards: int
    samples: int  # without a result, in those shards
    final: int  # failed for their input and left alone

    @property
    def empty(self) -> bool:
        return not self.submissions


def retry_plan(spec: RunSpec, counts: RunCounts, *, include_input: bool = False) -> RetryPlan:
    """Shards that are not closed, and with `include_input` those whose marker counts input failures."""
    shards: list[int] = []
    samples = final = 0
    for shard in range(spec.shards):
        size = len(spec.shard_samples(shard))
        state = counts.shard_states.get(shard)
        if state is None:
            shards.append(shard)
            samples += size
        elif state.closed and not include_input:
            final += size - state.done
        elif state.done < size:
            shards.append(shard)
            samples += size - state.done
    first = max((item.number for item in counts.submissions), default=-1) + 1
    return RetryPlan(tuple(retry_submissions(shards, first, include_input=include_input)), len(shards), samples, final)
