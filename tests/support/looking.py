"""What a run left, as boto3 shows it: jobs, results, outputs and versions. Never through our own code."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.clips import clip
from tests.support.deployment import Deployed

ENDED = ("SUCCEEDED", "FAILED")


def wait_for(found: Callable[[], Any], why: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {why}")


def small_clips(folder: Path, count: int, frames: int = 8) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        clip(folder / f"c{number:02}.mp4", frames)
    return folder


def long_picture(width: int, height: int, index: int) -> Any:
    """Noise: slow to decode and to compare, so that a test can meet the worker at work."""
    return np.random.default_rng(index).integers(0, 255, (height, width, 3), np.uint8)


@dataclass(frozen=True)
class Objects:
    """Keys of the data bucket below one prefix."""

    made: Deployed
    prefix: str = ""

    @property
    def keys(self) -> list[str]:
        return [item["Key"] for item in self.listed]

    @property
    def listed(self) -> list[dict[str, Any]]:
        pages = self.made.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=self.made.names.data_bucket, Prefix=self.prefix)
        return [item for page in pages for item in page.get("Contents", [])]

    @property
    def versions(self) -> dict[str, list[str]]:
        """Key -> ids of its versions, newest first."""
        found: dict[str, list[str]] = {}
        pages = self.made.aws("s3").get_paginator("list_object_versions").paginate(Bucket=self.made.names.data_bucket, Prefix=self.prefix)
        for page in pages:
            for item in page.get("Versions", []):
                found.setdefault(item["Key"], []).append(item["VersionId"])
        return found


def body(made: Deployed, key: str) -> dict[str, Any]:
    got = made.aws("s3").get_object(Bucket=made.names.data_bucket, Key=key)["Body"].read()
    return dict(json.loads(got))


def results(made: Deployed, run_id: str) -> dict[str, dict[str, Any]]:
    """Sample -> its result record; a sample with two records is an error."""
    found: dict[str, dict[str, Any]] = {}
    for key in Objects(made, f"runs/{run_id}/results/").keys:
        record = body(made, key)
        assert record["sample"] not in found, f"two results of {record['sample']}"
        found[record["sample"]] = record
    return found


def assert_whole(made: Deployed, run_id: str, samples: int) -> dict[str, dict[str, Any]]:
    """Every sample has one result, every output of a result is there, and there is no other output."""
    found = results(made, run_id)
    assert len(found) == samples
    promised = [item["key"] for record in found.values() for item in record["outputs"]]
    assert sorted(promised) == sorted(Objects(made, f"outputs/{run_id}/").keys)
    assert len(set(promised)) == len(promised)
    for key in promised:
        made.aws("s3").get_object(Bucket=made.names.data_bucket, Key=key)["Body"].read()
    return found


def queues(made: Deployed) -> list[str]:
    return [item["jobQueueName"] for item in made.aws("batch").describe_job_queues()["jobQueues"]]


def jobs(made: Deployed, run_id: str = "") -> list[dict[str, Any]]:
    """Details of the jobs (parents of arrays) whose name begins with the run's id, in whatever state."""
    batch, found = made.aws("batch"), []
    for queue in queues(made):
        pages = batch.get_paginator("list_jobs").paginate(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [f"{run_id}*"]}])
        found += [item["jobId"] for page in pages for item in page["jobSummaryList"]]
    return [job for start in range(0, len(found), 100) for job in batch.describe_jobs(jobs=found[start : start + 100])["jobs"]]


def children(made: Deployed, array: str, size: int) -> list[dict[str, Any]]:
    return list(made.aws("batch").describe_jobs(jobs=[f"{array}:{index}" for index in range(size)])["jobs"])


def runs(made: Deployed) -> set[str]:
    return {key.split("/")[1] for key in Objects(made, "runs/").keys}


def new_run(made: Deployed, before: set[str], process: subprocess.Popen[str] | None = None) -> str:
    """The run that appears after `before` was looked at."""

    def look() -> str:
        assert process is None or process.poll() is None, process.communicate() if process else ""
        specs = (key for key in Objects(made, "runs/").keys if key.endswith("/run.json"))
        return next((key.split("/")[1] for key in specs if key.split("/")[1] not in before), "")

    return str(wait_for(look, "a new run"))


def wait_ended(made: Deployed, run_id: str, seconds: float = 120) -> list[dict[str, Any]]:
    def ended() -> list[dict[str, Any]]:
        found = jobs(made, run_id)
        return found if found and all(job["status"] in ENDED for job in found) else []

    return list(wait_for(ended, f"jobs of {run_id} end", seconds))
