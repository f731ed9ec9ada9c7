"""Reclaimed hosts, killed workers, cancelled and abandoned runs: what is done stays done, and nothing is done twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.fixtures_installed import installed, installed_once, template  # noqa: F401
from tests.support.clips import clip
from tests.support.deployment import Deployed
from tests.support.looking import (
    Objects,
    assert_whole,
    body,
    children,
    jobs,
    long_picture,
    new_run,
    results,
    runs,
    small_clips,
    wait_ended,
    wait_for,
)

pytestmark = pytest.mark.xdist_group("installed-b")
SHARD = 3


def slow_clips(folder: Path, count: int) -> Path:
    """Slow enough to be met at work."""
    folder.mkdir(parents=True, exist_ok=True)
    first = clip(folder / "n00.mp4", 24, size=(480, 320), picture=long_picture)
    for number in range(1, count):
        (folder / f"n{number:02}.mp4").write_bytes(first.read_bytes())
    return folder


def begin(made: Deployed, clips: Path, *more: str) -> str:
    """A run that is on its way."""
    before = runs(made)
    made.cli("submit", "reason", str(clips), "--yes", "--new", *more).ok()
    return new_run(made, before)


def some_results(made: Deployed, run_id: str, least: int = 1) -> dict[str, object]:
    """Key -> time of what is in the bucket once there are `least` results."""

    def look() -> dict[str, object]:
        found = {item["Key"]: item["LastModified"] for item in Objects(made, f"runs/{run_id}/results/").listed}
        return found if len(found) >= least else {}

    return dict(wait_for(look, f"{least} results of {run_id}", 90))


def ends_well(made: Deployed, run_id: str) -> None:
    made.cli("status", run_id, "--wait", timeout=180).ok()


def test_spot_reclaim_does_not_redo_what_is_done(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    run_id = begin(installed, slow_clips(tmp_path / "clips", 2 * SHARD), "--shard-size", str(SHARD))
    some_results(installed, run_id, 2)
    (job,) = jobs(installed, run_id)
    reclaimed = installed.control.reclaim(job=job["jobId"], grace_s=2)
    assert reclaimed["reclaimed"], reclaimed
    early = {item["Key"]: item["LastModified"] for item in Objects(installed, f"runs/{run_id}/results/").listed}
    ends_well(installed, run_id)
    assert_whole(installed, run_id, 2 * SHARD)
    (job,) = jobs(installed, run_id)
    assert job["status"] == "SUCCEEDED"
    attempts = [attempt for child in children(installed, job["jobId"], 2) for attempt in child["attempts"]]
    assert any(attempt.get("statusReason", "").startswith("Host EC2") for attempt in attempts), "no attempt ended with its host"
    late = {item["Key"]: item["LastModified"] for item in Objects(installed, f"runs/{run_id}/results/").listed}
    assert {key: late[key] for key in early} == early
    assert {len(ids) for ids in Objects(installed, f"runs/{run_id}/results/").versions.values()} == {1}
    outputs = Objects(installed, f"outputs/{run_id}/").versions
    finished = [body(installed, key)["outputs"][0]["key"] for key in early]
    assert {key: len(outputs[key]) for key in finished} == dict.fromkeys(finished, 1), "a finished sample was computed again"


def test_out_of_memory_is_retried_then_reported_then_only_the_rest_is_done(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    run_id = begin(installed, slow_clips(tmp_path / "clips", SHARD), "--shard-size", str(SHARD))
    early = some_results(installed, run_id)
    (job,) = jobs(installed, run_id)

    def killed_until_it_gives_up() -> bool:
        (now,) = jobs(installed, run_id)
        if now["status"] == "RUNNING":
            installed.control.command("oom", job=job["jobId"])
        return bool(now["status"] == "FAILED")

    wait_for(killed_until_it_gives_up, "Batch gives up", 120)
    (job,) = jobs(installed, run_id)
    assert len(job["attempts"]) >= 2, job["attempts"]
    assert {a["container"]["exitCode"] for a in job["attempts"]} == {137}
    assert "OutOfMemoryError" in job["attempts"][-1]["container"]["reason"]
    before = results(installed, run_id)
    assert len(before) < SHARD

    doctor = installed.cli("doctor", run_id, "-o", "json")
    assert doctor.code != 0
    assert "host_out_of_memory" in doctor.out
    assert "memory_mib" in doctor.out

    plan = installed.cli("runs", "retry", run_id, "--plan", "-o", "json").ok().json["data"]
    assert plan["samples"] == SHARD - len(before)
    assert len(jobs(installed, run_id)) == 1, "--plan submitted something"
    installed.cli("runs", "retry", run_id, "--wait", timeout=180).ok()
    assert_whole(installed, run_id, SHARD)
    late = {item["Key"]: item["LastModified"] for item in Objects(installed, f"runs/{run_id}/results/").listed}
    assert {key: late[key] for key in early} == early


def test_cancel_ends_every_job_and_retry_does_the_rest(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    run_id = begin(installed, slow_clips(tmp_path / "clips", 2 * SHARD), "--shard-size", str(SHARD))
    some_results(installed, run_id)
    answer = installed.cli("runs", "cancel", run_id, "--yes", "-o", "json").ok().json["data"]
    (job,) = jobs(installed, run_id)
    assert job["status"] == "FAILED"
    assert {child["status"] for child in children(installed, job["jobId"], 2)} <= {"FAILED", "SUCCEEDED"}
    done = len(results(installed, run_id))
    assert answer["done"] == done, "status is not exact"
    assert installed.cli("status", run_id, "-o", "json").json["data"]["done"] == done
    wait_for(lambda: not _processes(installed), "worker processes end", 20)
    plan = installed.cli("runs", "retry", run_id, "--plan", "-o", "json").ok().json["data"]
    assert plan["samples"] == 2 * SHARD - done
    installed.cli("runs", "retry", run_id, "--wait", timeout=180).ok()
    assert_whole(installed, run_id, 2 * SHARD)
    assert installed.cli("runs", "retry", run_id, "--plan").ok().out.strip() == f"{run_id}: nothing to retry"


def _processes(made: Deployed) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line, env = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"cosmosctl.worker" in line and made.names.data_bucket.encode() in env:
            found.append(entry.name)
    return found


def test_ctrl_c_leaves_the_run_going_and_the_same_command_follows_it(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    clips = slow_clips(tmp_path / "clips", SHARD)
    before = runs(installed)
    command = ("submit", "reason", str(clips), "--wait", "--shard-size", str(SHARD))
    process = installed.start(*command)
    run_id = new_run(installed, before, process)
    wait_for(lambda: [job for job in jobs(installed, run_id) if job["status"] == "RUNNING"], "the job runs")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert [job["status"] for job in jobs(installed, run_id)] == ["RUNNING"]
    installed.cli(*command, timeout=180).ok()
    assert runs(installed) - before == {run_id}
    assert len(jobs(installed, run_id)) == 1
    assert_whole(installed, run_id, SHARD)


def test_a_shard_that_fails_for_its_input_is_not_computed_again(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    """An object of the bucket is looked at by name before, and by content in the worker."""
    s3, bucket, prefix = installed.aws("s3"), installed.names.data_bucket, "inputs/shared/broken/"
    good = small_clips(tmp_path / "clips", 1) / "c00.mp4"
    s3.upload_file(str(good), bucket, f"{prefix}good.mp4")
    s3.put_object(Bucket=bucket, Key=f"{prefix}bad.mp4", Body=b"this is no video" * 100)
    before = runs(installed)
    result = installed.cli("submit", "reason", f"s3://{bucket}/{prefix}", "--wait", timeout=120)
    assert result.code == 1
    assert "error[run_failed]" in result.err
    (run_id,) = runs(installed) - before
    (job,) = wait_ended(installed, run_id)
    assert len(job["attempts"]) == 1, "input that is broken was tried again"
    assert [a["container"]["exitCode"] for a in job["attempts"]] == [65]
    assert len(results(installed, run_id)) == 1
    (failure,) = [body(installed, key) for key in Objects(installed, f"runs/{run_id}/failures/").keys]
    assert failure["failure"] == "input"
    assert installed.cli("runs", "retry", run_id, "-o", "json").ok().json["data"]["final"] == 1
    assert len(jobs(installed, run_id)) == 1
