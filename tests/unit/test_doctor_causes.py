"""Each cause of doctor on facts made by hand. `CASES` has an entry for every cause that exists; a new one without is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.checks.diagnose import causes, diagnose, looked_at, modules
from cosmosctl.checks.diagnose.base import Diagnosis
from cosmosctl.cli import commands
from cosmosctl.findings import Level
from cosmosctl.ports.batch import QueueState
from cosmosctl.ports.facts import Access, CouldNotCheck, Fact, Identity, NetworkFacts, RepoAccess, Subnet
from cosmosctl.ports.symptoms import (
    Attempt,
    BuildView,
    DoctorFacts,
    FileSystem,
    HostPool,
    ImageView,
    JobView,
    MountTarget,
    RunView,
    SandboxView,
    WeightsView,
)

ERROR, WARNING, INFO = Level.ERROR, Level.WARNING, Level.INFO
DENIED = CouldNotCheck("AccessDenied: may not call x:Y", "x:Y")
MINUTE = 60_000
RUN = "reason-20260101-000000-aaaa"
REPO = "nvidia/Cosmos-Reason2-2B"

QUEUE = QueueState("q", "arn:q", "ENABLED", "VALID", "", ("ce-spot", "ce-ondemand"))
SPOT = HostPool("ce-spot", "ENABLED", "VALID", "", "spot", ("g6e.2xlarge",), 64, 0, ("subnet-1", "subnet-2"), ("sg-hosts",))
ON_DEMAND = replace(SPOT, name="ce-ondemand", purchase="ondemand")
JOB = JobView("job-1", f"{RUN}-s0", "FAILED", "", "q", vcpus=4, memory_mib=2000, gpus=1, log_group="g", log_stream="s")
SUBNETS = (
    Subnet("subnet-1", "vpc-1", "a", "10.0.0.0/24", 200, "nat", "rtb-1", s3_endpoint=True),
    Subnet("subnet-2", "vpc-1", "b", "10.0.1.0/24", 200, "nat", "rtb-1", s3_endpoint=True),
)
NETWORK = NetworkFacts("vpc-1", True, SUBNETS)
MOUNTS = (
    MountTarget("fsmt-a", "available", "subnet-1", "a", ("sg-efs",)),
    MountTarget("fsmt-b", "available", "subnet-2", "b", ("sg-efs",)),
)
CREATING = replace(MOUNTS[0], state="creating")
EFS = FileSystem("fs-1", True, "available", MOUNTS, {"sg-efs": frozenset({"sg-hosts"})})
VIEW = RunView(RUN, "reason", "2B", "FAILED", 10, 0)

HEALTHY = DoctorFacts(
    "demo", "aws", "us-east-1", 1000 * MINUTE, reachable=Fact(Identity("1", "arn")), state_bucket=Fact(True), data_bucket=Fact(True),
    data_bucket_name="bucket", stacks={"foundation": True, "batch": True, "model-reason": True}, queues=Fact((QUEUE,)),
    hosts=Fact((SPOT, ON_DEMAND)), jobs=Fact(()), quotas={"L-3819A6DF": Fact(768.0), "L-DB2E81BA": Fact(768.0)},
    offerings=Fact({"g6e.2xlarge": frozenset("ab")}), network=Fact(NETWORK), efs=Fact(EFS),
    images=(ImageView("d", "r@sha256:1", Fact(True)),), build=Fact(BuildView("b:1", "SUCCEEDED", "COMPLETED")),
    weights=(WeightsView(REPO, "main", 3, True),), token_stored=Fact(True), uses_model=True,
    hub={REPO: Fact(RepoAccess(REPO, "main", Access.OK))},
)  # fmt: skip


def failed(*attempts: Attempt, **changes: Any) -> dict[str, Any]:
    return {"jobs": Fact((replace(JOB, attempts=attempts, **changes),))}


def waiting(reason: str = "", minutes: int = 1) -> dict[str, Any]:
    return {"jobs": Fact((replace(JOB, status="RUNNABLE", reason=reason, created_ms=(1000 - minutes) * MINUTE),))}


def log(line: str) -> dict[str, Any]:
    return {**failed(Attempt(1, "", "Essential container in task exited")), "logs": {"job-1": ("started", line, "bye")}}


def host(state: str = "ENABLED", status: str = "VALID", both: bool = False, **changes: Any) -> dict[str, Any]:
    bad = replace(SPOT, state=state, status=status, **changes)
    return {"hosts": Fact((bad, replace(bad, name="ce-ondemand", purchase="ondemand") if both else ON_DEMAND))}


def net(*subnets: Subnet, **changes: Any) -> dict[str, Any]:
    return {"network": Fact(replace(NETWORK, **{"subnets": subnets or SUBNETS, **changes})), "efs": None}


def hub(access: Access) -> dict[str, Any]:
    return {"hub": {REPO: Fact(RepoAccess(REPO, "main", access))}}


ASKED = ("queues", "hosts", "jobs", "offerings", "network", "efs", "build")
ZERO = {"quotas": {"L-3819A6DF": Fact(0.0), "L-DB2E81BA": Fact(0.0)}}
HALF = {"quotas": {"L-3819A6DF": Fact(0.0), "L-DB2E81BA": Fact(768.0)}}
NO_SECRET = "ResourceInitializationError: unable to pull secrets or registry auth"
NO_MOUNT = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes"
RECLAIMED = Attempt(None, "", "Host EC2 (instance i-1) terminated.")
KILLED = Attempt(137, "OutOfMemoryError: Container killed due to memory usage", "Essential container in task exited")

# (cause, level, what differs from HEALTHY, what the diagnosis has to say)
CASES: list[tuple[str, Level, dict[str, Any], str]] = [
    ("sandbox_not_running", ERROR, {"target": "sandbox", "reachable": CouldNotCheck("refused")}, "does not answer: refused"),
    ("sandbox_not_running", INFO, {"target": "sandbox", "sandbox": SandboxView(False, True)}, "taken up again"),
    ("no_credentials", ERROR, {"reachable": CouldNotCheck("AWS refuses the credentials (ExpiredToken)", credentials=True)}, "ExpiredToken"),
    ("no_deployment", ERROR, {"state_bucket": Fact(False), "queues": Fact(()), "stacks": {}}, "not installed"),
    ("state_bucket_missing", ERROR, {"state_bucket": Fact(False), "stacks": {}}, "no longer knows"),
    ("data_bucket_missing", ERROR, {"data_bucket": Fact(False)}, "by hand"),
    ("half_installed", ERROR, {"unfinished": (("stack:batch", "failed"),)}, "stack:batch (failed)"),
    ("command_running", INFO, {"unfinished": (("stack:batch", "started"),), "busy": True}, "stack:batch"),
    ("stack_missing", ERROR, {"stacks": {"foundation": True}}, "batch was never applied"),
    ("model_not_deployed", WARNING, {"subject": "model-predict", "stacks": {**HEALTHY.stacks, "model-predict": False}}, "predict is not"),
    ("gpu_out_of_memory", ERROR, log("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB"), "job-1"),
    ("gpu_out_of_memory", ERROR, log("ValueError: No available memory for the cache blocks."), "job-1"),
    ("host_out_of_memory", ERROR, failed(KILLED), "asks for 2000 MiB"),
    ("host_out_of_memory", ERROR, failed(Attempt(137, "", "")), "killed for its memory"),
    ("resource_missing", ERROR, failed(Attempt(76, "", "")), "did not have"),
    ("token_invalid", ERROR, hub(Access.UNAUTHORIZED), "(401)"),
    ("token_invalid", ERROR, log("requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://hub"), "(401)"),
    ("token_missing", ERROR, hub(Access.NO_TOKEN), "there is none"),
    ("token_missing", WARNING, {"token_stored": Fact(False)}, "no token is stored"),
    ("licence_not_accepted", ERROR, hub(Access.FORBIDDEN), "(403)"),
    ("licence_not_accepted", ERROR, log("403 Client Error. Access to model nvidia/x is restricted"), "gated"),
    ("revision_gone", ERROR, hub(Access.NO_REVISION), "no revision main"),
    ("secret_unreadable", ERROR, failed(Attempt(None, NO_SECRET, "")), "cannot read"),
    ("weights_partial", ERROR, {"weights": (WeightsView(REPO, "main", 3, False),)}, "no marker"),
    ("weights_damaged", ERROR, {"weights": (WeightsView(REPO, "main", 3, True, wrong=("model.safetensors",)),)}, "model.safetensors"),
    ("weights_damaged", ERROR, log("safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge"), "cut off"),
    ("weights_stale", WARNING, {"weights": (WeightsView(REPO, "main", 0, False, other_revisions=("abc",)),)}, "at abc"),
    ("efs_missing", ERROR, {"efs": Fact(FileSystem("fs-1", False))}, "is gone"),
    ("efs_no_mount_target", ERROR, {"efs": Fact(replace(EFS, mounts=MOUNTS[:1]))}, "subnet-2 (b)"),
    ("efs_no_mount_target", ERROR, {"efs": Fact(replace(EFS, mounts=()))}, "cannot mount"),
    ("efs_mount_target_not_ready", ERROR, {"efs": Fact(replace(EFS, mounts=(CREATING, MOUNTS[1])))}, "is creating"),
    ("efs_port_closed", ERROR, {"efs": Fact(replace(EFS, nfs_from={"sg-efs": frozenset({"sg-other", "10.0.0.0/24"})}))}, "port 2049"),
    ("efs_mount_failed", ERROR, failed(Attempt(None, NO_MOUNT, "")), "mount"),
    ("queue_missing", ERROR, {"queues": Fact(())}, "no queue of demo"),
    ("queue_disabled", ERROR, {"queues": Fact((replace(QUEUE, state="DISABLED"),))}, "DISABLED"),
    ("queue_invalid", ERROR, {"queues": Fact((replace(QUEUE, status="INVALID", reason="no role"),))}, "no role"),
    ("environment_missing", ERROR, {"hosts": Fact((SPOT,))}, "ce-ondemand of queue q does not exist"),
    ("environment_disabled", WARNING, host("DISABLED"), "the other environment"),
    ("environment_disabled", ERROR, host("DISABLED", both=True), "no job of queue q can start"),
    ("environment_invalid", ERROR, host(status="INVALID", both=True, reason="CLIENT_ERROR - role missing"), "role missing"),
    ("quota_zero", ERROR, {**ZERO, **waiting()}, "is 0 vCPUs in us-east-1"),
    ("quota_zero", WARNING, {**HALF, **waiting()}, "no spot host of ce-spot"),
    ("quota_zero", WARNING, ZERO, "is 0 vCPUs"),
    ("not_offered", ERROR, {"offerings": Fact({"g6e.2xlarge": frozenset("d")})}, "none of its zones (a, b)"),
    ("job_too_large", ERROR, waiting("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too large"), "4 vCPU, 2000 MiB and 1 GPU"),
    ("no_capacity", ERROR, waiting("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none"), "no capacity for queue q"),
    ("no_capacity", ERROR, failed(reason="Canceled by a time limit: CAPACITY:INSUFFICIENT"), "no capacity"),
    ("waiting", INFO, waiting(minutes=3), "since 3 minutes"),
    ("waiting_long", WARNING, waiting(minutes=45), "since 45 minutes"),
    ("image_missing", ERROR, {"images": (ImageView("d", "r@sha256:1", Fact(False)),)}, "not in ECR"),
    ("image_build_failed", WARNING, {"build": Fact(BuildView("b:1", "FAILED", "BUILD", ("step 3", "boom")))}, "phase BUILD"),
    (
        "image_build_failed", ERROR,
        {"images": (ImageView("d", "r@sha256:1", Fact(False)),), "build": Fact(BuildView("b:1", "FAILED", "BUILD", ("toomanyrequests",)))},
        "limits anonymous pulls",
    ),
    ("image_building", INFO, {"build": Fact(BuildView("b:1", "IN_PROGRESS", "BUILD"))}, "being built"),
    ("image_pull_failed", ERROR, failed(Attempt(None, "CannotPullContainerError: context deadline exceeded", "")), "though it is in ECR"),
    ("vpc_missing", ERROR, net(exists=False), "is gone"),
    ("subnet_missing", ERROR, net(missing=("subnet-2",)), "subnet-2"),
    ("endpoint_missing", ERROR, net(replace(SUBNETS[0], egress="")), "ecr.dkr"),
    ("no_egress", ERROR, net(replace(SUBNETS[0], egress="igw")), "no public address"),
    ("s3_endpoint_missing", WARNING, net(replace(SUBNETS[0], s3_endpoint=False)), "rtb-1"),
    ("spot_reclaimed", INFO, failed(RECLAIMED, Attempt(0, "", ""), status="SUCCEEDED"), "are retried"),
    ("spot_reclaimed", WARNING, failed(RECLAIMED, RECLAIMED, status="RUNNING"), "again and again"),
    ("spot_reclaimed", ERROR, failed(RECLAIMED, RECLAIMED), "used up"),
    ("timed_out", ERROR, {**failed(Attempt(137, "", "Job attempt duration exceeded timeout")), "timeout_minutes": 480}, "480 minutes"),
    ("cancelled", INFO, {"run": VIEW, **failed(reason="cancelled by cosmosctl")}, "were cancelled"),
    ("bad_input", ERROR, {"run": replace(VIEW, done=7, failures={"input": 3}, messages=("input x: y",))}, "3 of 10"),
    ("model_error", ERROR, {"run": replace(VIEW, done=7, failures={"model": 3})}, "3 of 10"),
    ("samples_missing", ERROR, {"run": replace(VIEW, done=7)}, "3 of 10 samples were never computed"),
    ("worker_not_started", ERROR, failed(Attempt(127, "exec: python: not found", "")), "command of job job-1"),
    ("run_complete", INFO, {"run": replace(VIEW, done=10, state="SUCCEEDED")}, "all 10 samples"),
    *[("could_not_check", WARNING, {name: DENIED}, "could not") for name in ASKED],
    *[("could_not_check", WARNING, {name: DENIED}, "bucket") for name in ("state_bucket", "data_bucket")],
    ("could_not_check", WARNING, {"quotas": {"L-DB2E81BA": DENIED}}, "quota L-DB2E81BA"),
    ("could_not_check", WARNING, {"hub": {REPO: DENIED}}, REPO),
    ("could_not_check", WARNING, {"images": (ImageView("d", "r@sha256:1", DENIED),)}, "image of d"),
    ("could_not_check", WARNING, {"reachable": DENIED}, "identity"),
]  # fmt: skip


def test_a_healthy_deployment_has_no_diagnosis() -> None:
    assert diagnose(HEALTHY) == []
    assert len(looked_at(HEALTHY)) == len(modules()) >= 11


@pytest.mark.parametrize(("cause", "level", "changes", "says"), CASES, ids=[f"{case[0]}-{index}" for index, case in enumerate(CASES)])
def test_a_planted_cause_is_found(cause: str, level: Level, changes: dict[str, Any], says: str) -> None:
    found = [item for item in diagnose(replace(HEALTHY, **changes)) if item.cause == cause]
    assert found, [item.cause for item in diagnose(replace(HEALTHY, **changes))]
    assert found[0].level is level
    assert says in found[0].message
    assert found[0].hint or level is INFO


def test_hints_name_commands_that_exist() -> None:
    verbs = {path.stem for path in Path(commands.__file__).parent.glob("*.py")}
    named = {
        verb
        for _, _, changes, _ in CASES
        for item in diagnose(replace(HEALTHY, **changes))
        for verb in re.findall(r"cosmosctl ([a-z]+)", item.hint)
    }
    assert len(named) >= 6
    assert named <= verbs


def test_every_cause_has_a_case_and_every_case_is_declared() -> None:
    assert {case[0] for case in CASES} == set(causes())


# A cause is only worth its name when it stays silent next to the others.
ALONE = {"queue_disabled", "no_capacity", "image_missing", "token_invalid", "weights_partial", "efs_port_closed", "timed_out"}


@pytest.mark.parametrize("case", [case for case in CASES if case[0] in ALONE], ids=lambda case: case[0])
def test_one_cause_is_not_told_as_two(case: tuple[str, Level, dict[str, Any], str]) -> None:
    assert {item.cause for item in diagnose(replace(HEALTHY, **case[2])) if item.level is ERROR} == {case[0]}


@pytest.mark.parametrize(
    "changes",
    [
        failed(Attempt(137, "", "Job attempt duration exceeded timeout")),
        failed(Attempt(137, "", "Host EC2 (instance i-1) terminated.")),
        failed(Attempt(137, "", ""), terminated=True),
    ],
)
def test_sigkill_with_another_reason_is_not_taken_for_memory(changes: dict[str, Any]) -> None:
    assert "host_out_of_memory" not in {item.cause for item in diagnose(replace(HEALTHY, **changes))}


def test_order_is_by_severity_and_evidence_is_bounded() -> None:
    facts = replace(HEALTHY, **{**waiting(), **ZERO, **net(replace(SUBNETS[0], s3_endpoint=False)), "run": replace(VIEW, done=10)})
    facts = replace(facts, logs={"job-1": tuple(f"CUDA out of memory {'x' * 5000}" for _ in range(100))})
    found = diagnose(facts)
    ranks = [["error", "warning", "info"].index(item.level) for item in found]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}
    assert all(len(item.evidence) <= 10 and all(len(line) <= 300 for line in item.evidence) for item in found)


def test_hints_of_a_run_end_with_its_retry() -> None:
    facts = replace(HEALTHY, run=replace(VIEW, state="FAILED", failures={"resource": 10}), **log("CUDA out of memory"))
    found = next(item for item in diagnose(facts) if item.cause == "gpu_out_of_memory")
    assert found.hint.endswith(f"cosmosctl runs retry {RUN}")


def test_a_block_that_covers_the_hosts_opens_the_port() -> None:
    open_by_block = replace(EFS, nfs_from={"sg-efs": frozenset({"10.0.0.0/16"})})
    assert diagnose(replace(HEALTHY, efs=Fact(open_by_block))) == []


def test_what_did_not_answer_was_not_looked_at() -> None:
    nothing = DoctorFacts("demo", "aws", "us-east-1", 0, state_bucket=Fact(False), queues=DENIED)
    assert looked_at(nothing) == ["target and buckets and stacks"]


def test_a_diagnosis_is_a_finding_too() -> None:
    item = Diagnosis("x", WARNING, "p", "m", "h", ("e",))
    assert (item.finding.rule, item.finding.path, item.finding.level) == ("x", "p", WARNING)
