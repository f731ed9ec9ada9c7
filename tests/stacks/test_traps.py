"""Mistakes that such infrastructure is known for, read from the text of all stacks and modules: no provider is needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cosmosctl.config.model import Deployment, Network, Pool, Purchase
from tests.stacks.hcl import blocks
from tests.stacks.terraform import INFRA

FILES = sorted(path for path in INFRA.glob("**/*.tf") if ".terraform" not in path.parts)


def code(path: Path) -> str:
    """Without comments."""
    return re.sub(r"^\s*#.*$|\s#\s.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def resources(kind: str) -> list[tuple[Path, str]]:
    found = [
        (path, body)
        for folder in sorted({path.parent for path in FILES})
        for path, name, body in blocks(folder, "resource")
        if name == kind
    ]
    assert found, f"no {kind}: this test looks at nothing"
    return found


def test_hosts_follow_a_numbered_template_and_the_service_linked_role() -> None:
    """$Latest and a service role of one's own keep environments from being updated in place."""
    for path in FILES:
        assert "$Latest" not in code(path), path
        assert "$Default" not in code(path), path
    for path, body in resources("aws_batch_compute_environment"):
        assert "service_role" not in re.sub(r"#.*", "", body), path
        assert "aws_launch_template.this.latest_version" in body, path


def test_hosts_have_the_current_image_with_a_driver() -> None:
    text = "".join(code(path) for path in FILES)
    assert set(re.findall(r'"(ECS_AL[^"]+)"', text)) == {"ECS_AL2023_NVIDIA", "ECS_AL2023"}, "no AL2, whose driver is too old"


def test_the_token_is_in_no_state() -> None:
    """A secret's value in a resource or a variable would be in the state in clear."""
    for path in FILES:
        assert "aws_secretsmanager_secret_version" not in code(path), path
        assert "secret_string" not in code(path), path
        for _, name, _ in blocks(path.parent, "variable"):
            assert not re.search(r"token|password", name), f"{path}: {name}"
    assert not [name for name in Deployment.model_json_schema()["$defs"]["HuggingFace"]["properties"] if name != "token_env"]


def test_every_log_group_forgets() -> None:
    for path, body in resources("aws_cloudwatch_log_group"):
        assert re.search(r"^  retention_in_days\s+= \S", body, re.MULTILINE), f"{path}: logs would be kept for ever"
        assert "skip_destroy" not in body, path
    assert 1 <= Deployment(name="demo").logs.retention_days <= 90


def test_only_the_build_machine_is_privileged() -> None:
    privileged = {path.parent.name for path in FILES if re.search(r"privileged(_mode)?\s*=\s*true", code(path))}
    assert privileged == {"image_build"}, "the Docker daemon inside it"


def test_buckets_forget_old_versions_and_broken_uploads() -> None:
    for path, body in resources("aws_s3_bucket"):
        assert re.search(r"force_destroy = !var\.keep_data$", body, re.MULTILINE), f"{path}: a cleanup that may delete data must be able to"
    for path, body in resources("aws_s3_bucket_lifecycle_configuration"):
        assert "noncurrent_version_expiration" in body, path
        assert "abort_incomplete_multipart_upload" in body, path


def test_defaults_survive_one_zone_and_a_market_without_capacity() -> None:
    deployment = Deployment(name="demo")
    assert deployment.network.zones >= 3
    assert Network().zones >= 3
    assert Pool(instance_types=["g6e.2xlarge"]).purchase is Purchase.SPOT_FIRST
    for pool in deployment.batch.pools.values():
        assert len(pool.instance_types) > 1, "one type is one point of failure"
        assert pool.warm_instances == 0, "nothing waits for money unasked"


@pytest.mark.parametrize("kind", ["aws_batch_job_definition", "aws_codebuild_project", "aws_launch_template"])
def test_nothing_is_named_latest(kind: str) -> None:
    for path, body in resources(kind):
        assert not re.search(r":latest\b", body), path


def test_a_queue_gives_up_on_jobs_that_can_never_start() -> None:
    for path, body in resources("aws_batch_job_queue"):
        assert "job_state_time_limit_action" in body, path
        text = code(path)
        for reason in ("INSUFFICIENT_INSTANCE_CAPACITY", "COMPUTE_ENVIRONMENT_MAX_RESOURCE", "JOB_RESOURCE_REQUIREMENT"):
            assert reason in text, f"{path}: {reason}"


def test_failed_and_blocked_work_raises_an_alarm() -> None:
    (alarm,) = [body for _, body in resources("aws_cloudwatch_metric_alarm")]
    assert "alarm_actions" in alarm
    text = code(INFRA / "modules" / "observability" / "batch.tf")
    assert {"Batch Job State Change", "Batch Job Queue Blocked"} <= set(re.findall(r'"(Batch Job [^"]+)"', text))
    used = code(INFRA / "stacks" / "batch" / "main.tf")
    assert re.search(r"queues\s+= \{ for name, pool in module\.pool : name => pool\.queue_arn \}", used), "every pool's queue is watched"
