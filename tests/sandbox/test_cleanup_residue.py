"""The inventory finds every kind that the stacks use, only of its own deployment, and can take all of it away without a state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from cosmosctl.adapters.batch import AwsBatch
from cosmosctl.adapters.builds import AwsBuilds
from cosmosctl.adapters.clock import SystemClock
from cosmosctl.adapters.inventory import KINDS, AwsInventory
from cosmosctl.adapters.s3 import S3Store
from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.adapters.state_bucket import AwsBuckets
from cosmosctl.config.model import Deployment
from cosmosctl.execute.context import Context
from cosmosctl.services.cleanup import cleanup
from tests.support.litter import Litter
from tests.support.standin import make_context

# Kinds that nothing in the modules creates directly: they follow from running jobs.
FOLLOWING = {"ec2_instance", "ecs_cluster", "batch_scheduling_policy"}


class Impatient(SystemClock):
    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.2))


@pytest.fixture
def name() -> str:
    return f"t{uuid4().hex[:6]}"


def context(session: SandboxSession, litter: Litter, tmp_path: Path) -> Context:
    return replace(
        make_context(tmp_path / litter.names.name, tmp_path),
        session=session,
        names=litter.names,
        batch=AwsBatch(session),
        builds=AwsBuilds(session),
        buckets=AwsBuckets(session),
        inventory=AwsInventory(session, litter.names),
        clock=Impatient(),
        store=lambda bucket: S3Store(session.client("s3"), bucket),
    )


def test_every_kind_is_found_and_nothing_of_a_neighbour(session: SandboxSession, name: str, tmp_path: Path) -> None:
    mine, other = Litter(session, name).everything(), Litter(session, f"{name}-two").everything()
    assert {kind.name for kind in KINDS} - FOLLOWING == mine.kinds
    found = AwsInventory(session, mine.names).list()
    assert {item.kind for item in found} == mine.kinds
    theirs = {(item.kind, item.id) for item in AwsInventory(session, other.names).list()}
    assert theirs & {(item.kind, item.id) for item in found} == set()
    report = cleanup(context(session, mine, tmp_path), Deployment(name=name, region=session.region), delete_data=True, by_tag=True)
    assert report.residue == report.kept == ()
    assert AwsInventory(session, mine.names).list() == []
    assert {(item.kind, item.id) for item in AwsInventory(session, other.names).list()} == theirs
    cleanup(context(session, other, tmp_path), Deployment(name=other.names.name, region=session.region), delete_data=True, by_tag=True)


def test_kept_data_stays_readable_and_is_not_residue(session: SandboxSession, name: str, tmp_path: Path) -> None:
    litter = Litter(session, name).everything()
    s3 = session.client("s3")
    s3.put_object(Bucket=litter.names.data_bucket, Key="outputs/run/a.mp4", Body=b"video")
    ctx, deployment = context(session, litter, tmp_path), Deployment(name=name, region=session.region)
    first = cleanup(ctx, deployment, by_tag=True)
    assert first.clean
    assert sorted(item.kind for item in first.kept) == ["kms_alias", "kms_key", "s3_bucket"]
    assert s3.get_object(Bucket=litter.names.data_bucket, Key="outputs/run/a.mp4")["Body"].read() == b"video"
    second = cleanup(ctx, deployment)
    assert second.clean
    assert second.removed == ()
    last = cleanup(ctx, deployment, delete_data=True)
    assert last.clean
    assert last.kept == ()
    assert ctx.inventory.list() == []


def test_what_cannot_be_deleted_is_reported(
    session: SandboxSession, control: SandboxControl, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosmosctl.execute.sweep.PATIENCE_S", 0.0)
    litter = Litter(session, name)
    litter.identity()
    control.add_faults({"kind": "error", "service": "iam", "action": "DeleteRole", "code": "DeleteConflict", "status": 409})
    ctx, deployment = context(session, litter, tmp_path), Deployment(name=name, region=session.region)
    report = cleanup(ctx, deployment, delete_data=True)
    assert [item.kind for item in report.residue] == ["iam_role"]
    assert not report.clean
    control.clear_faults()
    assert cleanup(ctx, deployment, delete_data=True).clean
