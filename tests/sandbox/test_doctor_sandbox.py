"""Each cause is planted in a real embedded AWS with boto3 and found again by doctor through the same adapters as on an account."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.adapters.session import SandboxSession
from cosmosctl.errors import CosmosctlError
from cosmosctl.services.doctor import DoctorReport
from tests.support.planted import FAST, Planted, open_session
from tests.support.sandbox_batch import Sandbox, sandbox, wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("doctor")) as running:
        yield running


@pytest.fixture
def settings(server: Sandbox) -> Iterator[Any]:
    """Merges settings and takes them back."""
    used: set[str] = set()

    def change(**changes: Any) -> None:
        used.update(changes)
        server.post("settings", changes)

    server.post("settings", FAST)
    yield change
    undo = dict.fromkeys(("ec2/L-DB2E81BA", "ec2/L-3819A6DF", "g6e.*", "fail", "log"))
    server.post("settings", {**{name: undo for name in used if name != "capacity_denied"}, "capacity_denied": []})


@pytest.fixture(scope="module")
def session(server: Sandbox) -> Iterator[SandboxSession]:
    opened = open_session(server.record["endpoint"])
    yield opened
    opened.close()


@pytest.fixture
def make(server: Sandbox, session: SandboxSession, tmp_path: Path) -> Any:
    server.post("settings", FAST)
    return lambda **options: Planted(session, tmp_path, **options)


def ended(planted: Planted, job_id: str, *states: str) -> None:
    wait_for(lambda: planted.status(job_id) in (states or ("FAILED", "SUCCEEDED")), 30, f"{job_id} is {planted.status(job_id)}")


def cause(report: DoctorReport, name: str) -> Any:
    """The diagnosis of this cause; it must be there once, name a next command and be no worse than what else was found."""
    found = [item for item in report.diagnoses if item.cause == name]
    assert len(found) >= 1, [f"{item.level} {item.cause}: {item.message}" for item in report.diagnoses]
    assert all(item.hint for item in found)
    return found[0]


def failed_job(planted: Planted, script: str, **more: Any) -> str:
    job_id = planted.submit(script, **more)
    ended(planted, job_id, "FAILED")
    return job_id


def test_a_healthy_deployment_is_told_so(make: Any) -> None:
    report = make().doctor()
    assert report.healthy, report.diagnoses
    assert len(report.checked) >= 10
    assert not [item for item in report.diagnoses if item.cause == "could_not_check"]


def test_healthy_blueprint_with_a_job_that_ran(make: Any) -> None:
    planted = make()
    ended(planted, planted.submit("print('fine')"), "SUCCEEDED")
    report = planted.doctor("reason")
    assert report.healthy, report.diagnoses
    assert report.subject == "model-reason"


def test_nothing_installed(make: Any) -> None:
    planted = make()
    planted.deployment = planted.deployment.model_copy(update={"name": "other"})
    planted.names = type(planted.names)("other", planted.names.account, planted.names.region)
    found = cause(planted.doctor(), "no_deployment")
    assert found.hint == "cosmosctl install"


def test_state_bucket_deleted_by_hand(make: Any) -> None:
    planted = make()
    planted.states.delete([info.key for info in planted.states.list("")])
    for version in planted.s3.list_object_versions(Bucket=planted.names.state_bucket).get("Versions", []):
        planted.s3.delete_object(Bucket=planted.names.state_bucket, Key=version["Key"], VersionId=version["VersionId"])
    for marker in planted.s3.list_object_versions(Bucket=planted.names.state_bucket).get("DeleteMarkers", []):
        planted.s3.delete_object(Bucket=planted.names.state_bucket, Key=marker["Key"], VersionId=marker["VersionId"])
    planted.s3.delete_bucket(Bucket=planted.names.state_bucket)
    assert "--by-tag" in cause(planted.doctor(), "state_bucket_missing").hint


def test_data_bucket_deleted_by_hand(make: Any) -> None:
    planted = make()
    planted.s3.delete_bucket(Bucket=planted.names.data_bucket)
    cause(planted.doctor(), "data_bucket_missing")


def test_half_installed(make: Any) -> None:
    planted = make()
    record = {"schema": 1, "step": "stack:batch", "state": "started", "digest": "x", "at": "now"}
    (planted.folder / "journal.jsonl").write_text(json.dumps(record) + "\n")
    assert "stack:batch (started)" in cause(planted.doctor(), "half_installed").message


def test_stack_never_applied(make: Any) -> None:
    planted = make()
    planted.states.put(planted.names.state_key("batch"), b'{"outputs": {}}')
    assert cause(planted.doctor(), "stack_missing").path == "batch"


def test_blueprint_not_deployed(make: Any) -> None:
    assert "cosmosctl deploy predict" in cause(make().doctor("predict"), "model_not_deployed").hint


def test_queue_disabled(make: Any) -> None:
    planted = make()
    planted.batch.update_job_queue(jobQueue=planted.queue, state="DISABLED")
    assert planted.queue in cause(planted.doctor(), "queue_disabled").hint


def test_environment_disabled_half_and_whole(make: Any) -> None:
    planted = make()
    planted.batch.update_compute_environment(computeEnvironment=planted.environments[0], state="DISABLED")
    assert cause(planted.doctor(), "environment_disabled").level == "warning"
    planted.batch.update_compute_environment(computeEnvironment=planted.environments[1], state="DISABLED")
    assert cause(planted.doctor(), "environment_disabled").level == "error"


def test_quota_zero_explains_waiting_jobs(make: Any, settings: Any) -> None:
    planted = make()
    settings(quotas={"ec2/L-DB2E81BA": 0, "ec2/L-3819A6DF": 4}, capacity_denied=[{}])
    ended(planted, planted.submit("pass"), "RUNNABLE")
    report = planted.doctor("reason")
    found = [item for item in report.diagnoses if item.cause == "quota_zero"]
    assert {item.path for item in found} == {"quota L-DB2E81BA", "quota L-3819A6DF"}
    assert all(item.level == "error" and "request-service-quota-increase" in item.hint for item in found)


def test_type_offered_in_none_of_the_zones(make: Any, settings: Any) -> None:
    planted = make()
    settings(offerings={"g6e.*": ["d"]})
    assert "us-east-1a" in cause(planted.doctor(), "not_offered").message


def test_no_capacity(make: Any, settings: Any) -> None:
    planted = make()
    settings(capacity_denied=[{}])
    job_id = planted.submit("pass")
    wait_for(lambda: planted.reason(job_id), 20, "no reason")
    found = cause(planted.doctor("reason"), "no_capacity")
    assert found.evidence
    assert "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY" in found.evidence[0]


def test_job_larger_than_any_type(make: Any) -> None:
    planted = make()
    job_id = planted.submit("pass", vcpus=16, gpus=4)
    wait_for(lambda: planted.reason(job_id), 20, "no reason")
    assert "16 vCPU, 2000 MiB and 4 GPU" in cause(planted.doctor(), "job_too_large").message


def test_gpu_memory_in_the_log(make: Any) -> None:
    planted = make()
    failed_job(planted, "print('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB'); raise SystemExit(1)")
    assert "Tried to allocate" in cause(planted.doctor("reason"), "gpu_out_of_memory").evidence[0]


def test_host_memory_exit_137(make: Any) -> None:
    planted = make()
    failed_job(planted, "import os; os.kill(os.getpid(), 9)")
    assert "2000 MiB" in cause(planted.doctor("reason"), "host_out_of_memory").message


def test_promise_of_the_run_not_kept(make: Any) -> None:
    planted = make()
    failed_job(planted, "raise SystemExit(76)")
    cause(planted.doctor("reason"), "resource_missing")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("401 Client Error: Unauthorized for url: https://hub/api", "token_invalid"),
        ("403 Client Error: Access to model nvidia/Cosmos-Reason2-2B is restricted", "licence_not_accepted"),
        ("safetensors_rust.SafetensorError: Error while deserializing header: MetadataIncompleteBuffer", "weights_damaged"),
    ],
)
def test_causes_that_only_the_log_knows(make: Any, line: str, name: str) -> None:
    planted = make()
    failed_job(planted, f"print({line!r}); raise SystemExit(70)")
    assert line[:40] in cause(planted.doctor("reason"), name).evidence[0]


def test_secret_without_a_value(make: Any) -> None:
    planted = make()
    failed_job(planted, "pass", container={"secrets": [{"name": "HF_TOKEN", "valueFrom": planted.secret}]})
    assert "no value" in cause(planted.doctor("reason"), "secret_unreadable").message


def test_image_not_in_the_registry(make: Any) -> None:
    planted = make()
    planted.session.client("ecr").batch_delete_image(repositoryName=planted.names.repository, imageIds=[{"imageDigest": planted.digest}])
    failed_job(planted, "pass")
    report = planted.doctor("reason")
    assert planted.digest in cause(report, "image_missing").message
    assert not [item for item in report.diagnoses if item.cause == "image_pull_failed"], "the same fault is not told twice"


def test_build_failed_shows_the_tail_of_its_log(make: Any, settings: Any) -> None:
    planted = make()
    settings(codebuild={"fail": True, "log": "toomanyrequests: You have reached your pull rate limit"})
    codebuild = planted.session.client("codebuild")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("Dockerfile", "FROM scratch\n")
        packed.writestr("buildspec.yml", "version: 0.2\nphases: {build: {commands: [docker build .]}}\n")
    planted.data.put("builds/x.zip", archive.getvalue())
    codebuild.create_project(
        name=planted.names.build_project, source={"type": "S3", "location": f"{planted.names.data_bucket}/builds/x.zip"},
        artifacts={"type": "NO_ARTIFACTS"}, environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/x",
    )  # fmt: skip
    wanted = {"IMAGE_TAG": "v1", "REPOSITORY_URL": planted.image.partition("@")[0], "REPOSITORY": planted.names.repository}
    variables = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in wanted.items()]
    build = codebuild.start_build(projectName=planted.names.build_project, environmentVariablesOverride=variables)["build"]["id"]
    wait_for(lambda: codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"] == "FAILED", 30, "the build did not fail")
    found = cause(planted.doctor(), "image_build_failed")
    assert any("pull rate limit" in line for line in found.evidence), found
    assert "mirror the base image" in found.hint


def test_efs_sound_then_without_a_mount_target_then_closed_then_gone(make: Any) -> None:
    planted = make(efs=True)
    assert planted.doctor().healthy
    client = planted.session.client("efs")
    rule = planted.ec2.describe_security_groups(GroupIds=[planted.efs_group])["SecurityGroups"][0]["IpPermissions"]
    planted.ec2.revoke_security_group_ingress(GroupId=planted.efs_group, IpPermissions=rule)
    assert planted.efs_group in cause(planted.doctor(), "efs_port_closed").message
    client.delete_mount_target(MountTargetId=planted.mounts[1])
    assert "us-east-1b" in cause(planted.doctor(), "efs_no_mount_target").message
    for mount in (planted.mounts[0], planted.mounts[2]):
        client.delete_mount_target(MountTargetId=mount)
    client.delete_file_system(FileSystemId=planted.efs)
    cause(planted.doctor(), "efs_missing")


def test_no_way_out_and_no_endpoints(make: Any) -> None:
    found = cause(make(nat=False).doctor(), "endpoint_missing")
    assert "ecr.dkr" in found.message
    assert "ecs-agent" in found.message
    assert "s3 (gateway)" not in found.message


def test_s3_endpoint_off_the_route_table(make: Any) -> None:
    planted = make()
    planted.ec2.modify_vpc_endpoint(VpcEndpointId=planted.s3_endpoint, RemoveRouteTableIds=[planted.table])
    found = cause(planted.doctor(), "s3_endpoint_missing")
    assert found.level == "warning"
    assert planted.table in found.message


def test_spot_reclaimed_until_attempts_are_used_up(make: Any, server: Sandbox) -> None:
    planted = make()
    job_id = planted.submit("import time; time.sleep(60)", attempts=2)
    for attempt in (1, 2):
        wait_for(lambda count=attempt: _running(planted, job_id, count), 30, "not running")
        server.post("reclaim", {"job": job_id, "grace_s": 0})
    ended(planted, job_id, "FAILED")
    found = cause(planted.doctor("reason"), "spot_reclaimed")
    assert found.level == "error"
    assert "2 attempts" in found.message


def _running(planted: Planted, job_id: str, attempt: int) -> bool:
    job = planted.batch.describe_jobs(jobs=[job_id])["jobs"][0]
    return bool(job["status"] == "RUNNING" and len(job.get("attempts", [])) == attempt - 1)


def test_time_limit(make: Any, server: Sandbox) -> None:
    planted = make()
    server.post("settings", {"extra": {"batch_time_scale": 120}})
    try:
        failed_job(planted, "import time; time.sleep(60)", timeout={"attemptDurationSeconds": 60})
    finally:
        server.post("settings", {"extra": {"batch_time_scale": None}})
    assert "does not retry" in cause(planted.doctor("reason"), "timed_out").message


def test_partial_damaged_and_stale_weights(make: Any) -> None:
    planted = make()
    prefix = "weights/nvidia/Cosmos-Reason2-2B/"
    planted.data.put(f"{prefix}0123abc/model.safetensors", b"old")
    cause(planted.doctor("reason"), "weights_stale")
    planted.data.put(f"{prefix}main/model.safetensors", b"12345")
    found = cause(planted.doctor("reason"), "weights_partial")
    assert f"s3://{planted.names.data_bucket}/{prefix}main/" in found.hint
    planted.data.put(f"{prefix}main/manifest.json", json.dumps({"files": [{"path": "model.safetensors", "size": 9}]}).encode())
    planted.data.put(f"{prefix}main/COMPLETE", b"")
    assert "model.safetensors" in cause(planted.doctor("reason"), "weights_damaged").message


def test_a_run_is_diagnosed_by_its_own_jobs_and_failures(make: Any) -> None:
    planted = make()
    run_id = "reason-20260101-000000-aaaa"
    job_id = failed_job(planted, "raise SystemExit(65)", name=f"{run_id}-s0")
    _plant_run(planted, run_id, job_id)
    other = failed_job(planted, "print('CUDA out of memory'); raise SystemExit(1)")
    assert other
    report = planted.doctor(run_id)
    found = cause(report, "bad_input")
    assert "1 of 2 samples" in found.message
    assert "input no_frames: clip.mp4 has no frames" in found.evidence
    assert "runs retry" in cause(report, "samples_missing").hint
    assert not [item for item in report.diagnoses if item.cause == "gpu_out_of_memory"], "another run's job is not this run's cause"


def _plant_run(planted: Planted, run_id: str, job_id: str) -> None:
    from cosmosctl.runs.model import RunSpec, ShardAttempt, Submission
    from cosmosctl.runs.results import Failure, put_attempt, put_complete, put_failure, put_submission

    spec = RunSpec(
        run_id=run_id, deployment=planted.name, blueprint="reason", variant="2B", engine="baseline", device="cpu", model="x", revision="x",
        attribution="", image=planted.image, submitted="2026-01-01T00:00:00+00:00", timestamp="20260101-000000", samples=2, shards=1,
        shard_size=2, output_name="{stem}_{timestamp}.json", output_prefix=f"outputs/{run_id}/",
    )  # fmt: skip
    planted.data.put(spec.keys.spec, spec.to_json())
    put_submission(planted.data, spec.keys, Submission(0, 0, 1, job_id=job_id))
    put_attempt(planted.data, spec.keys, ShardAttempt(0, 1, "ended", "now", exit_code=65))
    put_failure(planted.data, spec.keys, 0, Failure("a", "input", "no_frames", "clip.mp4 has no frames"))
    put_complete(planted.data, spec.keys, 0, 0, 1)


def test_an_unknown_run_is_refused_with_a_hint(make: Any) -> None:
    with pytest.raises(CosmosctlError) as caught:
        make().doctor("reason-20250101-000000-ffff")
    assert caught.value.code == "run_not_found"


def test_a_missing_permission_is_a_warning_that_names_it(make: Any, server: Sandbox) -> None:
    planted = make()
    denied = {"code": "UnauthorizedOperation", "status": 403}
    server.post("faults", {"kind": "error", "service": "ec2", "action": "DescribeInstanceTypeOfferings", **denied})
    try:
        found = cause(planted.doctor(), "could_not_check")
    finally:
        _clear_faults(server)
    assert "ec2:DescribeInstanceTypeOfferings" in found.message + found.hint
    assert found.level == "warning"


def _clear_faults(server: Sandbox) -> None:
    import urllib.request

    request = urllib.request.Request(f"{server.record['endpoint']}/_sandbox/faults", method="DELETE")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def test_a_dead_sandbox_is_named(tmp_path: Path) -> None:
    with sandbox(tmp_path / "own") as running:
        session = open_session(running.record["endpoint"])
        planted = Planted(session, tmp_path)
        running.kill9()
        found = cause(planted.doctor(), "sandbox_not_running")
        session.close()
    assert found.level == "error"
    assert found.hint.startswith("cosmosctl sandbox start")
