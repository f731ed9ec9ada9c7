"""A deployment of its own for an end-to-end test: unique name, own folder, torn down whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.catalog.naming import Names
from tests.support.cli import ROOT, Result, run_cli, start_cli

FOOTAGE = ROOT / "examples" / "footage"
REGION = "us-east-1"


@dataclass
class Deployed:
    """`cli(...)` runs a command in the deployment's folder; `aws(...)` looks past our own code."""

    name: str
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def cli(self, *args: str, timeout: float = 900) -> Result:
        return run_cli(*args, cwd=self.folder, env=self.env, timeout=timeout)

    def start(self, *args: str) -> subprocess.Popen[str]:
        return start_cli(*args, cwd=self.folder, env=self.env)

    @property
    def workdir(self) -> Path:
        return self.folder / ".cosmosctl" / self.name

    @property
    def record(self) -> Mapping[str, Any]:
        loaded: Mapping[str, Any] = json.loads((self.workdir / "sandbox" / "sandbox.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def control(self) -> SandboxControl:
        return SandboxControl(str(self.record["endpoint"]))

    @property
    def names(self) -> Names:
        return Names(self.name, "123456789012", REGION)

    def aws(self, service: str) -> Any:
        """A plain boto3 client of the sandbox."""
        return SandboxSession(str(self.record["endpoint"]), REGION).client(service)

    def set(self, old: str, new: str) -> None:
        """Edits cosmosctl.yaml as a user would."""
        path = self.folder / "cosmosctl.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9 of the command alone: what it started lives on, as after a closed laptop."""
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


@contextmanager
def deployment(folder: Path, prefix: str = "t", env: Mapping[str, str] | None = None) -> Iterator[Deployed]:
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    made = Deployed(name, folder, dict(env or {}))
    try:
        made.cli("init", "--name", name).ok()
        yield made
    finally:
        made.cli("sandbox", "stop", "--all", timeout=60)
        _kill_leftovers(made)
        shutil.rmtree(folder, ignore_errors=True)


def _kill_leftovers(made: Deployed) -> None:
    """Whatever still names the deployment's folder on its command line or as its working folder."""
    marker = str(made.folder)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            here = os.readlink(entry / "cwd")
        except OSError:
            continue
        if (marker in line or here.startswith(marker)) and int(entry.name) != os.getpid():
            os.kill(int(entry.name), signal.SIGKILL)


def everything(made: Deployed) -> dict[str, list[str]]:
    """An independent listing with boto3 of what could be left: service -> names. Empty lists mean that nothing is."""
    name, prefix = made.name, f"cosmosctl-{made.name}"

    def tagged(items: list[dict[str, Any]], key: str) -> list[str]:
        return [str(item[key]) for item in items if any(t["Key"] == "cosmosctl:deployment" and t["Value"] == name for t in item.get("Tags", []))]

    ec2, iam, batch = made.aws("ec2"), made.aws("iam"), made.aws("batch")
    found = {
        "vpc": tagged(ec2.describe_vpcs()["Vpcs"], "VpcId"),
        "subnet": tagged(ec2.describe_subnets()["Subnets"], "SubnetId"),
        "security group": tagged(ec2.describe_security_groups()["SecurityGroups"], "GroupId"),
        "nat gateway": [n["NatGatewayId"] for n in ec2.describe_nat_gateways()["NatGateways"] if n["State"] not in ("deleted", "deleting")],
        "address": [a["AllocationId"] for a in ec2.describe_addresses()["Addresses"]],
        "endpoint": [e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e.get("State") not in ("deleted", "deleting")],
        "launch template": [t["LaunchTemplateName"] for t in ec2.describe_launch_templates()["LaunchTemplates"]],
        "role": [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith(prefix)],
        "policy": [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]],
        "instance profile": [p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]],
        "compute environment": [c["computeEnvironmentName"] for c in batch.describe_compute_environments()["computeEnvironments"]],
        "queue": [q["jobQueueName"] for q in batch.describe_job_queues()["jobQueues"]],
        "job definition": [d["jobDefinitionName"] for d in batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]],
        "repository": [r["repositoryName"] for r in made.aws("ecr").describe_repositories()["repositories"]],
        "build project": made.aws("codebuild").list_projects()["projects"],
        "bucket": [b["Name"] for b in made.aws("s3").list_buckets()["Buckets"]],
        "file system": [f["FileSystemId"] for f in made.aws("efs").describe_file_systems()["FileSystems"]],
        "secret": [s["Name"] for s in made.aws("secretsmanager").list_secrets()["SecretList"]],
        "topic": [t["TopicArn"] for t in made.aws("sns").list_topics()["Topics"]],
        "alarm": [a["AlarmName"] for a in made.aws("cloudwatch").describe_alarms()["MetricAlarms"]],
        "rule": [r["Name"] for r in made.aws("events").list_rules()["Rules"]],
        "log group": [g["logGroupName"] for g in made.aws("logs").describe_log_groups()["logGroups"]],
        "budget": [b["BudgetName"] for b in made.aws("budgets").describe_budgets(AccountId="123456789012").get("Budgets", [])],
        "kms key": _live_keys(made.aws("kms")),
    }
    return {service: names for service, names in found.items() if names}


def _live_keys(kms: Any) -> list[str]:
    """Customer keys that are not waiting for their deletion; AWS-managed ones belong to the account."""
    live = []
    for item in kms.list_keys()["Keys"]:
        facts = kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
        if facts["KeyState"] != "PendingDeletion" and facts.get("KeyManager", "CUSTOMER") == "CUSTOMER":
            live.append(str(item["KeyId"]))
    return live
