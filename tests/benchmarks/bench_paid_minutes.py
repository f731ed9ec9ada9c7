"""Paid minutes and dollars per input for 20 inputs: the published phase table through the real sharding and cost code.

A model, not a measurement: phases are published midpoints (`aws-batch` phase table: allocation, image pull, weights, load,
answer, upload), prices on demand in us-east-1 of 2026-07-20.
"""

from __future__ import annotations

import sys
from typing import Any

from cosmosctl.runs.cost import paid_time
from cosmosctl.runs.sharding import Minutes, plan_shards, slot_items
from tests.benchmarks._common import Limit, Report

INPUTS = 20
TABLES = {
    "reason 2B": (Minutes(7.5, 6.5, 2.0, 2.5, 3.0, 0.5), 1.8, 22.0),
    "predict 2B": (Minutes(7.5, 6.5, 1.5, 7.0, 8.0, 0.5), 3.3, 31.0),
}
INSTANCES = {"g6e.12xlarge": (4, 10.493), "g6e.2xlarge": (1, 2.242)}


def row(minutes: Minutes, engines: int, usd: float) -> dict[str, Any]:
    plan = plan_shards(INPUTS, minutes, engines)
    sizes = [len(plan.lines(shard)) for shard in range(plan.shards)]
    busiest = max(len(slot_items(size, engines, slot)) for size in sizes for slot in range(engines))
    assert busiest <= plan.rounds
    packed, cautious = paid_time(plan, minutes), paid_time(plan, minutes, overlap=False)
    return {
        "engines": engines,
        "jobs": plan.shards,
        "inputs_per_job": plan.shard_size,
        "minutes_per_input": round(packed.minutes_per_sample, 4),
        "minutes_per_input_without_overlap": round(cautious.minutes_per_sample, 4),
        "start_share": round(packed.start_share, 3),
        "usd_per_input": round(packed.usd_per_sample(usd), 4),
    }


def main() -> int:
    report = Report(f"paid minutes per input, {INPUTS} inputs")
    for name, (minutes, limit, single) in TABLES.items():
        one = paid_time(plan_shards(1, minutes), minutes)
        assert abs(one.instance_minutes - single) < 1e-9
        rows = {instance: row(minutes, engines, usd) for instance, (engines, usd) in INSTANCES.items()}
        report.figures[name] = {**rows, "one_file_one_job": {"minutes": single, "usd_g6e.12xlarge": round(one.usd(10.493), 2)}}
        worst = rows["g6e.12xlarge"]["minutes_per_input_without_overlap"]
        report.limits.append(Limit(f"{name} on g6e.12xlarge", worst, limit, "min"))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
