"""Causes of images, mounts, networks, interruptions, weights and runs, planted in a real embedded AWS and found by doctor."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.errors import CosmosctlError
from tests.support.doctor_fixtures import (  # noqa: F401  fixtures
    cause,
    ended,
    failed_job,
    make_fixture,
    server_fixture,
    session_fixture,
    settings_fixture,
)
from tests.support.planted import Planted, open_session
from tests.support.sandbox_batch import Sandbox, sandbox, wait_for


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
