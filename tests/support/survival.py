"""Kills a command at a moment that is recognised from outside, and compares what AWS has with what Terraform's states know."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.exceptions

from cosmosctl.errors import CosmosctlError
from tests.support.deployment import Deployed, everything, kill

# What the independent listing calls it -> what Terraform calls it.
TYPES = {
    "vpc": ("aws_vpc",),
    "subnet": ("aws_subnet",),
    "security group": ("aws_security_group", "aws_default_security_group"),
    "internet gateway": ("aws_internet_gateway",),
    "nat gateway": ("aws_nat_gateway",),
    "address": ("aws_eip",),
    "endpoint": ("aws_vpc_endpoint",),
    "launch template": ("aws_launch_template",),
    "role": ("aws_iam_role",),
    "policy": ("aws_iam_policy",),
    "instance profile": ("aws_iam_instance_profile",),
    "compute environment": ("aws_batch_compute_environment",),
    "queue": ("aws_batch_job_queue",),
    "job definition": ("aws_batch_job_definition",),
    "repository": ("aws_ecr_repository",),
    "build project": ("aws_codebuild_project",),
    "bucket": ("aws_s3_bucket",),
    "file system": ("aws_efs_file_system",),
    "secret": ("aws_secretsmanager_secret",),
    "topic": ("aws_sns_topic",),
    "alarm": ("aws_cloudwatch_metric_alarm",),
    "rule": ("aws_cloudwatch_event_rule",),
    "log group": ("aws_cloudwatch_log_group",),
    "budget": ("aws_budgets_budget",),
    "kms key": ("aws_kms_key",),
}
NOT_YET = (FileNotFoundError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, CosmosctlError)


def until(what: str, condition: Callable[[], Any], process: subprocess.Popen[str] | None = None, limit_s: float = 300) -> None:
    """Waits for a moment, of a running command if there is one; its end or the limit is a failure with the reason."""
    deadline = time.monotonic() + limit_s
    while True:
        with suppress(*NOT_YET):
            if condition():
                return
        if process and process.poll() is not None:
            out, err = process.communicate()
            raise AssertionError(f"the command ended with {process.returncode} before {what}\n{out}\n{err}")
        if time.monotonic() > deadline:
            if process:
                kill(process)
            raise AssertionError(f"{what} was not seen in {limit_s:.0f} s")
        time.sleep(0.05)


def kill_with_terraform(made: Deployed, process: subprocess.Popen[str]) -> None:
    """kill -9 of the command, its Terraform and the provider, as by a power cut; the sandbox (AWS) lives on."""
    kill(process)
    sources = str(made.workdir / "tf-src")
    while victims := [pid for pid in _processes_in(sources) if _killed(pid)]:
        time.sleep(0.02 * len(victims))


def _processes_in(folder: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(entry / "cwd").startswith(folder):
                found.append(int(entry.name))
    return found


def _killed(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def journal_says(made: Deployed, step: str, state: str) -> bool:
    lines = (made.workdir / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return any(record["step"] == step and record["state"] == state for record in map(json.loads, filter(None, lines)))


def in_states(made: Deployed) -> Counter[str]:
    """Resource type -> how many the Terraform states in the bucket hold."""
    s3, bucket = made.aws("s3"), made.names.state_bucket
    found: Counter[str] = Counter()
    for item in s3.list_objects_v2(Bucket=bucket, Prefix="stacks/").get("Contents", []):
        if item["Key"].endswith("/terraform.tfstate"):
            state = json.loads(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
            for resource in state["resources"]:
                found[resource["type"]] += len(resource["instances"]) if resource["mode"] == "managed" else 0
    return found


def assert_nothing_twice(made: Deployed) -> None:
    """AWS has exactly what the states know, and the state bucket."""
    known = in_states(made)
    wanted = {kind: sum(known[name] for name in names) for kind, names in TYPES.items()}
    wanted["bucket"] += 1
    found = everything(made)
    assert {kind: names for kind in TYPES if len(names := found.get(kind, [])) != wanted[kind]} == {}, wanted


def assert_one_of_each(made: Deployed) -> None:
    """The words of the promise, spelled out."""
    found = everything(made)
    assert {kind: len(found[kind]) for kind in ("vpc", "nat gateway", "queue", "secret", "kms key", "launch template")} == {
        "vpc": 1, "nat gateway": 1, "queue": 1, "secret": 1, "kms key": 1, "launch template": 1,
    }  # fmt: skip
    assert sorted(found["bucket"]) == sorted([made.names.data_bucket, made.names.state_bucket])
    assert len(found["compute environment"]) == 2  # one for Spot, one for On-Demand


def jobs_of(made: Deployed, run_id: str) -> list[str]:
    """Every job of the run in any state, found in Batch and not through our own code."""
    batch, statuses = made.aws("batch"), ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
    queues = [queue["jobQueueName"] for queue in batch.describe_job_queues()["jobQueues"]]
    pages = [batch.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"] for queue in queues for status in statuses]
    return [job["jobId"] for page in pages for job in page if job["jobName"].startswith(run_id)]


def all_jobs(made: Deployed) -> list[str]:
    return jobs_of(made, "")


def keys(made: Deployed, prefix: str) -> list[str]:
    listed = made.aws("s3").list_objects_v2(Bucket=made.names.data_bucket, Prefix=prefix)
    assert not listed["IsTruncated"]
    return [item["Key"] for item in listed.get("Contents", [])]
