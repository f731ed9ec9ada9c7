"""kill -9 at chosen moments of every mutating command on the true stacks, then the same command again.

What is asserted is what AWS shows: everything once, every sample one result, nothing left in the end. In the first class
only our own process dies and its Terraform lives on; in the second Terraform and the provider die with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clips import clip, image
from tests.support.deployment import Deployed, everything, kill, listed
from tests.support.survival import (
    all_jobs,
    assert_nothing_twice,
    assert_one_of_each,
    journal_says,
    keys,
    kill_with_terraform,
    until,
)

Killer = Callable[[Deployed, Any], None]


def alone(made: Deployed, process: Any) -> None:
    kill(process)


def cut(made: Deployed, what: str, condition: Callable[[], Any], killer: Killer, *args: str) -> None:
    """Starts the command and kills it at the moment."""
    process = made.start(*args)
    until(what, condition, process)
    killer(made, process)


def has(made: Deployed, kind: str) -> Callable[[], Any]:
    return lambda: listed(made, kind)


def lost(made: Deployed, kind: str) -> Callable[[], bool]:
    return lambda: not listed(made, kind)


def media(folder: Path) -> Path:
    inputs = folder / "inputs"
    inputs.mkdir()
    clip(inputs / "one.mp4")
    clip(inputs / "two.mp4", 16)
    image(inputs / "three.png")
    return inputs


def hold(made: Deployed, **rule: Any) -> Callable[[], bool]:
    """Delays one call, so that there is a moment to kill in; true once the call has arrived."""
    (ident,) = made.control.add_faults({"kind": "delay", "delay_ms": 2500, "times": 1, **rule})
    return lambda: any(fault["id"] == ident and fault["hits"] for fault in made.control.faults())


def assert_every_sample_once(made: Deployed, run_id: str, samples: int) -> None:
    results = [key for key in keys(made, f"runs/{run_id}/") if "/results/" in key]
    assert Counter(Path(key).name for key in results).most_common(1)[0][1] == 1
    assert len(results) == samples
    outputs = [key for key in keys(made, f"outputs/{run_id}/") if "_CosmosReason_" in key]
    assert len(outputs) == len({key.rsplit("_CosmosReason_")[0] for key in outputs}) == samples
    versions = made.aws("s3").list_object_versions(Bucket=made.names.data_bucket, Prefix=f"runs/{run_id}/results/")["Versions"]
    assert len(versions) == samples  # none was written a second time


def submitted(made: Deployed, inputs: Path) -> str:
    """The same submission again, to its end: its run is the only one and has one job."""
    run = made.cli("submit", "reason", str(inputs), "--wait", "-o", "json").ok().json["data"]
    assert (run["state"], run["done"], run["samples"]) == ("SUCCEEDED", 3, 3)
    return str(run["run_id"])


def run_folders(made: Deployed) -> set[str]:
    return {key.split("/")[1] for key in keys(made, "runs/")}


@pytest.mark.xdist_group("e2e-kill-alone")
class TestOnlyOurProcessDies:
    ordered = True
    prefix = "kla"

    def test_install_before_the_state_bucket_is_recorded(self, made: Deployed) -> None:
        cut(made, "the state bucket", has(made, "bucket"), alone, "install", "--yes")

    def test_install_while_the_foundation_is_applied(self, made: Deployed) -> None:
        cut(made, "the first subnet", has(made, "subnet"), alone, "install", "--yes")

    def test_install_while_the_pools_are_applied(self, made: Deployed) -> None:
        cut(made, "a compute environment", has(made, "compute environment"), alone, "install", "--yes")

    def test_install_ends_with_everything_once(self, made: Deployed) -> None:
        made.cli("install", "--yes").ok()
        assert_one_of_each(made)
        assert_nothing_twice(made)

    def test_deploy_while_the_image_is_built(self, made: Deployed) -> None:
        builds = made.aws("codebuild")
        cut(made, "the build", lambda: builds.list_builds()["ids"], alone, "deploy", "reason", "--yes")

    def test_deploy_while_the_model_is_applied(self, made: Deployed) -> None:
        logs = made.names.job_log_group("reason")
        cut(made, "the log group", lambda: logs in listed(made, "log group"), alone, "deploy", "reason", "--yes")

    def test_deploy_ends_with_everything_once(self, made: Deployed) -> None:
        made.cli("deploy", "reason", "--yes").ok()
        assert len(made.aws("codebuild").list_builds()["ids"]) == 1  # the build of the killed command was awaited, not repeated
        assert everything(made)["job definition"] == [made.names.job_definition("reason", "2B")]
        assert_nothing_twice(made)

    def test_submit_before_the_job_and_after_it(self, made: Deployed) -> None:
        inputs = media(made.folder)
        arrived = hold(made, service="s3", action="PutObject", key=r"/manifest\.jsonl$")
        cut(made, "the manifest", arrived, alone, "submit", "reason", str(inputs), "--wait")
        assert not all_jobs(made)
        cut(made, "the job", lambda: all_jobs(made), alone, "submit", "reason", str(inputs), "--wait")
        run_id = submitted(made, inputs)
        assert len(all_jobs(made)) == 1
        assert run_folders(made) == {run_id}
        assert_every_sample_once(made, run_id, 3)

    def test_cleanup_while_the_pools_are_destroyed(self, made: Deployed) -> None:
        cut(made, "the end of the rules", lost(made, "rule"), alone, "cleanup", "--yes", "--delete-data")

    def test_cleanup_while_the_foundation_is_destroyed(self, made: Deployed) -> None:
        cut(made, "the end of the topic", lost(made, "topic"), alone, "cleanup", "--yes", "--delete-data")

    def test_cleanup_leaves_nothing(self, made: Deployed) -> None:
        made.cli("cleanup", "--yes", "--delete-data").ok()
        assert everything(made) == {}


@pytest.mark.xdist_group("e2e-kill-all")
class TestTerraformDiesToo:
    ordered = True
    prefix = "klt"

    def test_install_while_the_foundation_is_applied(self, made: Deployed) -> None:
        cut(made, "an address", has(made, "address"), kill_with_terraform, "install", "--yes")

    def test_install_between_two_steps(self, made: Deployed) -> None:
        recorded = lambda: journal_says(made, "stack:foundation", "done")  # noqa: E731
        cut(made, "the end of the foundation", recorded, kill_with_terraform, "install", "--yes")

    def test_install_while_the_pools_are_applied(self, made: Deployed) -> None:
        cut(made, "a compute environment", has(made, "compute environment"), kill_with_terraform, "install", "--yes")

    def test_install_ends_with_everything_once(self, made: Deployed) -> None:
        made.cli("install", "--yes").ok()
        assert_one_of_each(made)
        assert_nothing_twice(made)

    def test_deploy_while_the_model_is_applied(self, made: Deployed) -> None:
        roles = f"{made.names.unique}-reason"
        found = lambda: any(role.startswith(roles) for role in listed(made, "role"))  # noqa: E731
        cut(made, "a role of the model", found, kill_with_terraform, "deploy", "reason", "--yes")
        made.cli("deploy", "reason", "--yes").ok()
        assert everything(made)["job definition"] == [made.names.job_definition("reason", "2B")]
        assert_nothing_twice(made)

    def test_submit_whose_answer_is_lost(self, made: Deployed) -> None:
        """AWS has the job and we never heard of it: no second one is submitted."""
        inputs = media(made.folder)
        arrived = hold(made, service="batch", action="SubmitJob")
        process = made.start("submit", "reason", str(inputs), "--wait")
        until("SubmitJob", arrived, process)
        kill(process)
        until("the job", lambda: all_jobs(made))
        run_id = submitted(made, inputs)
        assert len(all_jobs(made)) == 1
        (record,) = keys(made, f"runs/{run_id}/submissions/")
        body = made.aws("s3").get_object(Bucket=made.names.data_bucket, Key=record)["Body"].read()
        assert [json.loads(body)["job_id"]] == all_jobs(made)
        assert_every_sample_once(made, run_id, 3)

    def test_cleanup_while_the_pools_are_destroyed(self, made: Deployed) -> None:
        cut(made, "the end of the rules", lost(made, "rule"), kill_with_terraform, "cleanup", "--yes", "--delete-data")

    def test_cleanup_while_the_foundation_is_destroyed(self, made: Deployed) -> None:
        cut(made, "the end of the topic", lost(made, "topic"), kill_with_terraform, "cleanup", "--yes", "--delete-data")

    def test_cleanup_leaves_nothing(self, made: Deployed) -> None:
        made.cli("cleanup", "--yes", "--delete-data").ok()
        assert everything(made) == {}
        made.cli("cleanup", "--yes", "--delete-data").ok()
