"""An embedded AWS in its own process with a Batch queue, an image and a definition, for tests that talk boto3 to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
TERMINAL = ("SUCCEEDED", "FAILED")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class Sandbox:
    """The server process; `kill9` and `start` on the same folder are a crash and a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.record: dict[str, Any] = {}

    def start(self) -> Sandbox:
        self.folder.mkdir(parents=True, exist_ok=True)
        record = self.folder / "sandbox.json"
        record.unlink(missing_ok=True)
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-m", "cosmosctl.sandbox", "serve", "--state-dir", str(self.folder)]
        with (self.folder / "server.log").open("ab") as output:
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder)
        wait_for(record.exists, 60, f"sandbox did not start: {self.folder / 'server.log'}")
        self.record = json.loads(record.read_text())
        return self

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.record["endpoint"],
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
            config=config,
        )

    def post(self, name: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(f"{self.record['endpoint']}/_sandbox/{name}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def kill9(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill9()
        self.process = None


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    server = Sandbox(folder)
    try:
        yield server.start()
    finally:
        server.stop()


def wait_for(ready: Callable[[], Any], seconds: float, why: str) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(why)


class Farm:
    """One deployment's worth of Batch in the sandbox."""

    def __init__(self, server: Sandbox, *, spot: bool = True, max_vcpus: int = 64, types: Sequence[str] = ("g6e.2xlarge",)) -> None:
        self.server = server
        self.batch, self.logs, self.ecr = server.client("batch"), server.client("logs"), server.client("ecr")
        self.name = f"t{time.monotonic_ns()}"
        self._network()
        kinds = (["SPOT"] if spot else []) + ["EC2"]
        self.environments = [self.environment(kind, max_vcpus, types) for kind in kinds]
        self.queue = self.make_queue("q", self.environments)
        self.image = self._image()
        self.logs.create_log_group(logGroupName=f"/{self.name}/jobs")
        self.log_options = {"awslogs-group": f"/{self.name}/jobs", "awslogs-stream-prefix": "job"}

    def _network(self) -> None:
        ec2, iam = self.server.client("ec2"), self.server.client("iam")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
        self.group = ec2.create_security_group(GroupName=self.name, Description="x", VpcId=vpc)["GroupId"]
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=TRUST)
        self.profile = iam.create_instance_profile(InstanceProfileName=self.name)["InstanceProfile"]["Arn"]

    def environment(self, kind: str, max_vcpus: int, types: Sequence[str]) -> str:
        name = f"{self.name}-{kind.lower()}-{max_vcpus}"
        resources = {
            "type": kind,
            "minvCpus": 0,
            "maxvCpus": max_vcpus,
            "instanceTypes": list(types),
            "subnets": [self.subnet],
            "securityGroupIds": [self.group],
            "instanceRole": self.profile,
        }
        made = self.batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=resources)
        return str(made["computeEnvironmentArn"])

    def make_queue(self, suffix: str, environments: Sequence[str], **more: Any) -> str:
        order = [{"order": i + 1, "computeEnvironment": arn} for i, arn in enumerate(environments)]
        name = f"{self.name}-{suffix}"
        self.batch.create_job_queue(jobQueueName=name, priority=more.pop("priority", 1), computeEnvironmentOrder=order, **more)
        return name

    def _image(self) -> str:
        self.ecr.create_repository(repositoryName=f"{self.name}/worker")
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"size": 1, "digest": "sha256:" + "0" * 64},
                "layers": [],
            }
        )
        put = self.ecr.put_image(repositoryName=f"{self.name}/worker", imageManifest=manifest, imageTag="v1")
        digest = put["image"]["imageId"]["imageDigest"]
        return f"123456789012.dkr.ecr.{REGION}.amazonaws.com/{self.name}/worker@{digest}"

    def define(self, script: str, suffix: str = "d", command: Sequence[str] | None = None, **more: Any) -> str:
        container = {
            "image": self.image,
            "command": list(command or ("python", "-c", script)),
            "resourceRequirements": [{"type": "VCPU", "value": "8"}, {"type": "MEMORY", "value": "30000"}, {"type": "GPU", "value": "1"}],
            "logConfiguration": {"logDriver": "awslogs", "options": self.log_options},
        }
        container.update(more.pop("container", {}))
        made = self.batch.register_job_definition(
            jobDefinitionName=f"{self.name}-{suffix}", type="container", containerProperties=container, **more
        )
        return str(made["jobDefinitionArn"])

    def submit(self, definition: str, **more: Any) -> str:
        queue = more.pop("jobQueue", self.queue)
        return str(self.batch.submit_job(jobName=more.pop("jobName", "job"), jobQueue=queue, jobDefinition=definition, **more)["jobId"])

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.batch.describe_jobs(jobs=[job_id])["jobs"][0])

    def wait(self, job_id: str, *states: str, seconds: float = 30) -> dict[str, Any]:
        wanted = states or TERMINAL

        def there() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in wanted else None

        try:
            return dict(wait_for(there, seconds, "late"))
        except AssertionError:
            raise AssertionError(f"{job_id} is not {wanted}: {json.dumps(self.job(job_id), default=str)[:2000]}") from None

    def lines(self, job: dict[str, Any]) -> list[str]:
        stream = job["container"]["logStreamName"]
        events = self.logs.get_log_events(logGroupName=f"/{self.name}/jobs", logStreamName=stream, startFromHead=True)["events"]
        return [e["message"] for e in events]


FAST = {"batch_dwell_seconds": 0.02, "extra": {"batch_stop_timeout_seconds": 1, "batch_max_processes": 4}}
