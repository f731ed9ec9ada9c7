"""AWS does not give what is asked: no capacity, a failing build, a server that dies, a state bucket that is gone."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.fixtures_installed import Copied, copied, installed, installed_once, template  # noqa: F401
from tests.support.deployment import Deployed, everything
from tests.support.looking import Objects, assert_whole, jobs, new_run, results, runs, small_clips, wait_for

pytestmark = pytest.mark.xdist_group("installed-b")
NO_CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"


def test_a_run_without_capacity_ends_with_the_reason(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    clips = small_clips(tmp_path / "clips", 2)
    before = runs(installed)
    installed.control.settings(capacity_denied=[{}])
    process = installed.start("submit", "reason", str(clips), "--wait", "--shard-size", "1")
    run_id = new_run(installed, before, process)
    wait_for(lambda: {job["status"] for job in jobs(installed, run_id)} == {"PENDING"}, "the jobs wait")
    wait_for(lambda: NO_CAPACITY in installed.cli("status", run_id).out, "status tells why", 20)
    shown = installed.cli("status", run_id, "-o", "json").json["data"]
    assert shown["jobs"]["waiting"] == 2
    assert NO_CAPACITY in shown["waiting_for"][0]
    doctor = installed.cli("doctor", run_id)
    assert doctor.code != 0
    assert "capacity" in doctor.out.lower()
    installed.control.settings(extra={"batch_time_scale": 1200})  # the queue's limit of an hour is over in three seconds
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    assert "error[run_failed]" in err
    assert NO_CAPACITY in err
    assert f"cosmosctl doctor {run_id}" in err
    assert [job["status"] for job in jobs(installed, run_id)] == ["FAILED"]
    assert not results(installed, run_id)
    installed.control.settings(capacity_denied=[], extra={"batch_time_scale": None})
    installed.cli("runs", "retry", run_id, "--wait", timeout=120).ok()
    assert_whole(installed, run_id, 2)


def test_a_failed_build_shows_its_log_and_the_same_command_goes_on(copied: Copied) -> None:  # noqa: F811
    made = copied()
    ecr, repository = made.aws("ecr"), f"cosmosctl-{made.name}/worker"
    (repository,) = [item["repositoryName"] for item in ecr.describe_repositories()["repositories"]]
    ecr.batch_delete_image(repositoryName=repository, imageIds=ecr.list_images(repositoryName=repository)["imageIds"])
    log = "\n".join([*(f"step {number}" for number in range(60)), "ERROR: No matching distribution found for torch==9.9.9"])
    made.control.settings(codebuild={"fail": True, "log": log, "phase": "BUILD", "seconds": 0.2})
    failed = made.cli("deploy", "reason", "--yes")
    assert failed.code == 5, failed.err
    assert "error[image_build_failed]" in failed.err
    assert "No matching distribution found for torch==9.9.9" in failed.err
    assert "in phase BUILD" in failed.err
    assert not ecr.list_images(repositoryName=repository)["imageIds"]
    (project,) = made.aws("codebuild").list_projects()["projects"]
    assert len(made.aws("codebuild").list_builds_for_project(projectName=project)["ids"]) >= 1

    made.control.settings(codebuild={"fail": None, "log": None})
    made.cli("deploy", "reason", "--yes").ok()
    (image,) = ecr.describe_images(repositoryName=repository)["imageDetails"]
    definitions = made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    newest = max((item for item in definitions if "reason" in item["jobDefinitionName"]), key=lambda item: item["revision"])
    assert newest["containerProperties"]["image"].endswith(image["imageDigest"])


def kill_server(made: Deployed) -> None:
    pid = int(made.record["pid"])
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split(")")[1][:4], "it is dead")


def test_the_server_dies_during_submit(copied: Copied, tmp_path: Path) -> None:  # noqa: F811
    made = copied()
    clips = small_clips(tmp_path / "clips", 6, frames=60)
    before = runs(made)
    command = ("submit", "reason", str(clips), "--wait", "--shard-size", "3")
    process = made.start(*command)
    run_id = new_run(made, before, process)
    early = wait_for(lambda: {i["Key"]: i["LastModified"] for i in Objects(made, f"runs/{run_id}/results/").listed}, "a result")
    kill_server(made)
    out, err = process.communicate(timeout=180)
    assert process.returncode in (0, 1), out + err
    assert "Traceback" not in out + err
    assert process.returncode == 0 or "error[" in err
    made.cli(*command, timeout=180).ok()
    assert runs(made) - before == {run_id}
    assert_whole(made, run_id, 6)
    late = {item["Key"]: item["LastModified"] for item in Objects(made, f"runs/{run_id}/results/").listed}
    assert {key: late[key] for key in early} == early, "a result from before the crash was written again"
    assert len(jobs(made, run_id)) == 1


def test_the_server_dies_during_deploy(copied: Copied) -> None:  # noqa: F811
    made = copied()
    ecr, repository = made.aws("ecr"), made.aws("ecr").describe_repositories()["repositories"][0]["repositoryName"]
    ecr.batch_delete_image(repositoryName=repository, imageIds=ecr.list_images(repositoryName=repository)["imageIds"])
    before = {item["jobDefinitionArn"] for item in made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]}
    made.control.settings(codebuild={"seconds": 2})
    process = made.start("deploy", "reason", "--yes")
    codebuild = made.aws("codebuild")
    (project,) = codebuild.list_projects()["projects"]
    builds: list[str] = []

    def building() -> bool:
        builds[:] = codebuild.list_builds_for_project(projectName=project)["ids"]
        states = codebuild.batch_get_builds(ids=builds)["builds"] if builds else []
        return any(build["buildStatus"] == "IN_PROGRESS" for build in states)

    wait_for(building, "a build begins", 30)
    time.sleep(1.2)  # what is acknowledged is saved within a second
    kill_server(made)
    out, err = process.communicate(timeout=180)
    assert process.returncode in (1, 5), out + err
    assert "error[" in err
    assert "Traceback" not in out + err
    made.cli("deploy", "reason", "--yes").ok()
    again = made.cli("deploy", "reason", "--plan", "-o", "json").ok().json
    assert again["ok"] is True
    after = {item["jobDefinitionArn"] for item in made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]}
    assert len(after) >= len(before)
    assert made.aws("ecr").list_images(repositoryName=repository)["imageIds"]


def empty_bucket(made: Deployed, bucket: str) -> None:
    s3 = made.aws("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def test_the_state_bucket_is_deleted_by_hand(copied: Copied) -> None:  # noqa: F811
    made = copied()
    empty_bucket(made, made.names.state_bucket)
    assert everything(made)["queue"]
    assert "state is lost" in made.cli("status").ok().out
    for command in (("status",), ("deploy", "predict", "--yes"), ("submit", "predict", "--prompt", "a robot", "--yes")):
        result = made.cli(*command)
        assert "Traceback" not in result.out + result.err
        assert "error[internal]" not in result.err, result.err
        if command[0] != "status":
            assert result.code in (1, 4), result.err
            assert "hint:" in result.err, result.err
    install = made.cli("install", "--yes", timeout=900)
    assert install.code == 0 or ("error[" in install.err and "hint:" in install.err), install.err
    assert "error[internal]" not in install.err
    gone = made.cli("cleanup", "--by-tag", "--yes", "--delete-data", timeout=600)
    assert gone.code == 0, gone.out + gone.err
    assert everything(made) == {}
