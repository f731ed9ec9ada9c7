"""A manifest of 1,000,000 samples: validation, index, sharding; wall time and memory over a bare interpreter."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks._common import Limit, Report, child_json

SAMPLES = 1_000_000


def write(path: Path, samples: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for number in range(samples):
            stream.write(
                f'{{"input": "clips/{number % 1000:04d}/robot-{number:07d}.mp4", '
                f'"prompt": "Describe the actions and events", "params": {{"seed": {number}}}}}\n'
            )


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bare() -> None:
    print(json.dumps({"peak_mib": peak_mib()}))


def measure(source: str, target: str) -> None:
    from cosmosctl.runs.entry_rules import ManifestRules, ParamRule
    from cosmosctl.runs.manifest import ManifestWriter
    from cosmosctl.runs.model import Sample
    from cosmosctl.runs.sharding import Minutes, plan_shards, submissions
    from cosmosctl.runs.user_manifest import ManifestLog, entries

    rules = ManifestRules({"video2world": "video"}, {".mp4": "video"}, {"seed": ParamRule(int, 0, 2**32 - 1)})
    log = ManifestLog(source)
    began = time.perf_counter()
    with ManifestWriter(Path(target)) as writer:
        for entry in entries(Path(source), rules, log):
            key = f"inputs/run/{entry.input}"
            writer.add(Sample(entry.id, entry.output, entry.task, entry.kind, key, entry.prompt, entry.params))
    log.raise_if_failed()
    plan = plan_shards(log.entries, Minutes(7.5, 6.5, 1.5, 7.0, 8.0, 0.5))
    calls = submissions(plan.shards)
    seconds, cpu = time.perf_counter() - began, time.process_time()  # far apart when other programs take the processors
    index = writer.files.index.stat().st_size
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": cpu,
                "peak_mib": peak_mib(),
                "samples": writer.files.samples,
                "shards": plan.shards,
                "submissions": len(calls),
                "manifest_mib": writer.files.size / 2**20,
                "index_bytes": index,
            }
        )
    )


def main() -> int:
    module = "tests.benchmarks.bench_manifest"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        source = Path(folder, "user.jsonl")
        write(source, SAMPLES)
        found = child_json(module, ["measure", str(source), folder])
        floor = child_json(module, ["bare"])["peak_mib"]
    assert found["samples"] == SAMPLES
    assert found["index_bytes"] == 8 * (SAMPLES + 1)
    report = Report("manifest of 1,000,000 samples", figures={**found, "interpreter_mib": floor})
    report.limits = [Limit("seconds", found["seconds"], 60, "s"), Limit("memory", found["peak_mib"] - floor, 150, "MiB")]
    return report.finish()


if __name__ == "__main__":
    modes = {"measure": measure, "bare": bare}
    if len(sys.argv) > 1:
        modes[sys.argv[1]](*sys.argv[2:])
        sys.exit(0)
    sys.exit(main())
