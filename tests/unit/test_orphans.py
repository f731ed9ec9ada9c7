"""What a killed apply left: told from what states own, from what AWS makes by itself, and from data that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from cosmosctl.execute.orphans import orphans
from cosmosctl.ports.inventory import Residue
from tests.support.standin import FakeInventory, make_context
from tests.support.stores import MemoryStore

ARN = "arn:aws:batch:us-east-1:123456789012:job-definition/cosmosctl-demo-reason-2b"
STATE = {
    "resources": [
        {
            "mode": "managed",
            "type": "aws_batch_job_definition",
            "name": "this",
            "instances": [{"attributes": {"id": f"{ARN}:2", "arn": f"{ARN}:2", "name": "cosmosctl-demo-reason-2b"}}],
        },
        {
            "mode": "managed",
            "type": "aws_cloudwatch_log_group",
            "name": "this",
            "instances": [{"attributes": {"id": "/cosmosctl/demo/jobs/reason", "name": "/cosmosctl/demo/jobs/reason"}}],
        },
    ]
}


def found(tmp_path: Path, *items: Residue) -> list[str]:
    store = MemoryStore()
    store.put("stacks/model-reason/terraform.tfstate", json.dumps(STATE).encode())
    replaced = {"inventory": FakeInventory(list(items)), "buckets": SimpleNamespace(exists=lambda _: True), "store": lambda _: store}
    return [item.id for item in orphans(make_context(tmp_path / "demo", tmp_path / "infra", **replaced))]


def logs(name: str) -> Residue:
    return Residue("logs", "log_group", name, name)


def test_a_log_group_of_ours_without_a_state_is_an_orphan(tmp_path: Path) -> None:
    """The next apply could not create it a second time."""
    groups = [logs(name) for name in ("/cosmosctl/demo/image-build", "/cosmosctl/demo/jobs/reason", "/aws/codebuild/cosmosctl-demo-image")]
    assert found(tmp_path, *groups) == ["/cosmosctl/demo/image-build"]


def test_another_revision_of_a_job_definition_is_an_orphan(tmp_path: Path) -> None:
    name = "cosmosctl-demo-reason-2b"
    assert found(tmp_path, *[Residue("batch", "batch_job_definition", f"{name}:{number}", name) for number in (1, 2, 12)]) == [
        f"{name}:1",
        f"{name}:12",
    ]


def test_what_aws_makes_by_itself_and_the_kept_data_are_none(tmp_path: Path) -> None:
    names = make_context(tmp_path / "demo", tmp_path / "infra").names
    data = [Residue("s3", "s3_bucket", names.data_bucket, names.data_bucket), Residue("kms", "kms_key", "1234")]
    assert found(tmp_path, Residue("ec2", "ec2_network_interface", "eni-1"), Residue("ecs", "ecs_cluster", "c"), *data) == []
    assert found(tmp_path, Residue("ec2", "ec2_vpc", "vpc-1")) == ["vpc-1"]
