"""What all benchmarks share: limits, one JSON line and one table row each, exit 1 when a limit is missed.

`python -m tests.benchmarks.bench_<name>` prints the JSON to stdout and the row to stderr, so that a caller can collect
both. A benchmark measures its own peers in the same run; numbers of other machines are never compared.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Limit:
    """`value` must be at most (or with `at_least` at least) `limit`."""

    name: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{self.name} {self.value:.4g} ({sign} {self.limit:g} {self.unit}){'' if self.met else ' MISSED'}"


@dataclass
class Report:
    benchmark: str
    limits: list[Limit] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def finish(self) -> int:
        """Prints; the exit status of the benchmark."""
        met = all(limit.met for limit in self.limits)
        machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
        body = {
            "benchmark": self.benchmark,
            "ok": met,
            "limits": [{**asdict(limit), "met": limit.met} for limit in self.limits],
            "figures": self.figures,
            "machine": machine,
        }
        print(json.dumps(body))
        print(f"| {self.benchmark} | {'; '.join(map(str, self.limits))} | {'ok' if met else 'MISSED'} |", file=sys.stderr)
        return 0 if met else 1


def timed(call: Callable[[], Any], repeat: int = 3) -> float:
    """Median wall seconds."""
    samples = []
    for _ in range(repeat):
        began = time.perf_counter()
        call()
        samples.append(time.perf_counter() - began)
    return median(samples)


def child_json(module: str, arguments: Sequence[str] = (), timeout: float = 600) -> dict[str, Any]:
    """Runs a module in a fresh interpreter and reads the last line that it prints as JSON."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


@contextmanager
def s3_server(bucket: str, fill: str = "") -> Iterator[Any]:
    """A boto3 S3 client of an HTTP server in another process, with one bucket: what a client pays in calls is real.

    `fill` is `module:function`; the server calls it with put(key, body) before it listens, as 90,000 PUTs would take minutes.
    """
    import boto3

    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks._moto_server", bucket, fill],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        endpoint = process.stdout.readline().strip()
        keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=endpoint, **keys)
        yield client
        client.close()
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
