"""What is deleted, in which order, how often, and what is kept; without AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cosmosctl.adapters.inventory import belongs
from cosmosctl.adapters.inventory_kind import Found
from cosmosctl.catalog.naming import Names
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute import keep
from cosmosctl.execute.sweep import sweep
from cosmosctl.plan import protect
from cosmosctl.ports.inventory import Residue
from tests.support.standin import FakeInventory, StepClock, apply_step, destroy_step, make_context, run_plan, write_stack

DATA = "cosmosctl-demo-12345678-data"
BUCKET, KEY, ALIAS = Residue("s3", "s3_bucket", DATA), Residue("kms", "kms_key", "k-1"), Residue("kms", "kms_alias", "alias/cosmosctl-demo")
VPC, GROUP = Residue("ec2", "ec2_vpc", "vpc-1"), Residue("ec2", "ec2_security_group", "sg-1")


def ignore(done: int, total: int, what: str) -> None:
    pass


def swept(tmp_path: Path, inventory: FakeInventory, targets: list[Residue]) -> list[Residue]:
    return sweep(make_context(tmp_path, tmp_path, inventory=inventory, clock=StepClock()), targets, ignore, patience_s=60)


def test_sweep_repeats_what_is_still_in_use(tmp_path: Path) -> None:
    inventory = FakeInventory([GROUP, VPC], {"vpc-1": 2, "sg-1": 1})
    assert swept(tmp_path, inventory, [GROUP, VPC]) == []
    assert inventory.deleted == ["sg-1", "vpc-1"]


def test_sweep_touches_only_its_targets_and_reports_what_stays(tmp_path: Path) -> None:
    inventory = FakeInventory([GROUP, VPC, BUCKET], {"vpc-1": 10_000})
    assert swept(tmp_path, inventory, [GROUP, VPC]) == [VPC]
    assert inventory.items == [VPC, BUCKET]


def test_sweep_of_nothing_asks_nothing(tmp_path: Path) -> None:
    inventory: Any = None
    assert swept(tmp_path, inventory, []) == []


def test_kept_data_is_bucket_key_and_alias_only() -> None:
    state_bucket = Residue("s3", "s3_bucket", "cosmosctl-demo-12345678-state")
    assert keep.kept_items([VPC, state_bucket, BUCKET, KEY, ALIAS], DATA) == [BUCKET, KEY, ALIAS]
    assert keep.kept_items([VPC, KEY, ALIAS], DATA) == []
    assert keep.adoption([BUCKET, KEY, ALIAS], DATA) == {"bucket": DATA, "kms_key_id": "k-1", "kms_alias": ALIAS.id}
    assert keep.adoption([BUCKET, KEY], DATA) == {"bucket": DATA, "kms_key_id": "k-1", "kms_alias": None}
    assert keep.kept_addresses(["module.storage.aws_s3_bucket.this", "module.network.aws_vpc.this[0]"]) == [
        "module.storage.aws_s3_bucket.this"
    ]


@pytest.mark.parametrize(
    ("name", "tags", "mine"),
    [
        ("cosmosctl-demo-gpu48", None, True),
        ("cosmosctl-demo-gpu48", {"cosmosctl:deployment": "demo"}, True),
        ("anything", {"cosmosctl:deployment": "demo"}, True),
        ("cosmosctl-demo-gpu48", {"cosmosctl:deployment": "demo-gpu48"}, False),
        ("cosmosctl-demo-two-alerts", None, False),
        ("cosmosctl-demonstration", None, False),
        ("cosmosctl-demo", {"owner": "x"}, True),
    ],
)
def test_a_deployment_never_takes_anothers_resources(name: str, tags: dict[str, str] | None, mine: bool) -> None:
    assert belongs(Found("id", name, tags), Names("demo", "123456789012", "us-east-1"), {"demo-two"}) is mine


def test_protected_resource_stops_the_apply_before_anything_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protect, "PROTECTED_TYPES", frozenset({"terraform_data"}))
    write_stack(tmp_path / "infra")
    ctx = make_context(tmp_path / "demo", tmp_path / "infra")
    run_plan(ctx, [apply_step("one", "x")])
    created = (ctx.workdir / "created.log").read_text()
    with pytest.raises(CosmosctlError) as caught:
        run_plan(ctx, [apply_step("one", "changed")])
    assert caught.value.code == "protected_resource"
    assert caught.value.path == "terraform_data.a"
    assert (ctx.workdir / "created.log").read_text() == created
    run_plan(ctx, [apply_step("one", "changed")], allow_replace=("terraform_data.a", *(f"terraform_data.b[{n}]" for n in range(3))))
    assert "created-changed" in (ctx.workdir / "created.log").read_text()


def test_destroy_may_delete_what_apply_may_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protect, "PROTECTED_TYPES", frozenset({"terraform_data"}))
    write_stack(tmp_path / "infra")
    ctx = make_context(tmp_path / "demo", tmp_path / "infra")
    run_plan(ctx, [apply_step("one", "x")])
    assert run_plan(ctx, [destroy_step("one")]).outputs("destroy:one")["destroyed"] == 4
