"""A deployment of its own for an end-to-end test: unique name, own folder, torn down whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
    _sessions: dict[str, SandboxSession] = field(default_factory=dict)

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
        endpoint = str(self.record["endpoint"])
        if endpoint not in self._sessions:
            self._sessions[endpoint] = SandboxSession(endpoint, REGION)
        return self._sessions[endpoint].client(service)

    def set(self, old: str, new: str) -> None:
        """Edits cosmosctl.yaml as a user would."""
        path = self.folder / "cosmosctl.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def alive(pid: int) -> bool:
    """A zombie has ended: its parent, which is not ours, has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


Lister = Callable[[Deployed], list[str]]


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
        for session in made._sessions.values():
            session.close()
        try:
            made.cli("sandbox", "stop", "--all", timeout=60)
        finally:
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
            with suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)


def everything(made: Deployed) -> dict[str, list[str]]:
    """An independent listing with boto3 of what could be left: kind -> names. Nothing is in it when nothing is left."""
    return {kind: names for kind in KINDS if (names := listed(made, kind))}


def listed(made: Deployed, kind: str) -> list[str]:
    return KINDS[kind](made)


def _items(service: str, call: str, items: str, key: str, keep: Callable[[dict[str, Any]], bool] | None = None, **args: Any) -> Lister:
    def lister(made: Deployed) -> list[str]:
        found = getattr(made.aws(service), call)(**args).get(items, [])
        return [str(item[key]) for item in found if keep is None or keep(item)]

    return lister


def _in_vpc(call: str, items: str, key: str, keep: Callable[[dict[str, Any]], bool] | None = None) -> Lister:
    """What lies in any VPC but the account's default one."""

    def lister(made: Deployed) -> list[str]:
        vpcs = listed(made, "vpc")
        return _items("ec2", call, items, key, lambda item: item.get("VpcId") in vpcs and (keep is None or keep(item)))(made)

    return lister


def _live(item: dict[str, Any]) -> bool:
    return item.get("State") not in ("deleted", "deleting", "terminated")


def _running(made: Deployed) -> list[str]:
    reservations = made.aws("ec2").describe_instances()["Reservations"]
    return [item["InstanceId"] for group in reservations for item in group["Instances"] if item["State"]["Name"] != "terminated"]


def _live_keys(kms: Any) -> list[str]:
    """Customer keys that are not waiting for their deletion; AWS-managed ones belong to the account."""
    live = []
    for item in kms.list_keys()["Keys"]:
        facts = kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
        if facts["KeyState"] != "PendingDeletion" and facts.get("KeyManager", "CUSTOMER") == "CUSTOMER":
            live.append(str(item["KeyId"]))
    return live


KINDS: dict[str, Lister] = {
    "vpc": _items("ec2", "describe_vpcs", "Vpcs", "VpcId", lambda item: not item.get("IsDefault")),
    "subnet": _in_vpc("describe_subnets", "Subnets", "SubnetId"),
    "security group": _in_vpc("describe_security_groups", "SecurityGroups", "GroupId"),
    "network interface": _in_vpc("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "route table": _in_vpc("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet gateway": _items("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "nat gateway": _items("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", _live),
    "address": _items("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "endpoint": _items("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", _live),
    "launch template": _items("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    "instance": _running,
    "role": _items("iam", "list_roles", "Roles", "RoleName", lambda item: not item["Path"].startswith("/aws-service-role/")),
    "policy": _items("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
    "instance profile": _items("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    "compute environment": _items("batch", "describe_compute_environments", "computeEnvironments", "computeEnvironmentName"),
    "queue": _items("batch", "describe_job_queues", "jobQueues", "jobQueueName"),
    "job definition": _items("batch", "describe_job_definitions", "jobDefinitions", "jobDefinitionName", status="ACTIVE"),
    "repository": _items("ecr", "describe_repositories", "repositories", "repositoryName"),
    "build project": lambda made: list(made.aws("codebuild").list_projects()["projects"]),
    "bucket": _items("s3", "list_buckets", "Buckets", "Name"),
    "file system": _items("efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    "secret": _items("secretsmanager", "list_secrets", "SecretList", "Name"),
    "topic": _items("sns", "list_topics", "Topics", "TopicArn"),
    "alarm": _items("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "rule": _items("events", "list_rules", "Rules", "Name"),
    "log group": _items("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "budget": _items("budgets", "describe_budgets", "Budgets", "BudgetName", AccountId="123456789012"),
    "kms key": lambda made: _live_keys(made.aws("kms")),
}
