"""Preflight against a real embedded AWS: the same look-ups as on an account, with quotas, offerings and networks planted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cosmosctl.adapters.clock import SystemClock
from cosmosctl.adapters.facts import AccountFacts
from cosmosctl.adapters.huggingface import HuggingFaceHub
from cosmosctl.adapters.lookups import lookups
from cosmosctl.adapters.pricing import LivePrices
from cosmosctl.adapters.process import LocalProcess
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.adapters.terraform import TerraformCli, TerraformOptions
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level
from cosmosctl.ports.facts import Lookups, known
from cosmosctl.services.preflight import preflight, require
from tests.support.planted import NoTools, Planted
from tests.support.sandbox_batch import Sandbox, sandbox

REGION = "us-east-1"
CODES = ("ec2/L-DB2E81BA", "ec2/L-3819A6DF")


@pytest.fixture(name="server", scope="module")
def server_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("preflight")) as running:
        yield running


@pytest.fixture(name="session", scope="module")
def session_fixture(server: Sandbox) -> Iterator[SandboxSession]:
    opened = SandboxSession(server.record["endpoint"], REGION, environ={})
    yield opened
    opened.close()


@pytest.fixture(name="change")
def change_fixture(server: Sandbox) -> Iterator[Any]:
    yield lambda **settings: server.post("settings", settings)
    server.post("settings", {"quotas": dict.fromkeys(CODES), "offerings": dict.fromkeys(("g6e.*", "g6e.4xlarge"))})


def check(session: SandboxSession, blueprint: str | None = None, **config: Any) -> list[Finding]:
    deployment = Deployment.model_validate({"name": f"p{uuid4().hex[:8]}", **config})
    ports = Lookups(AccountFacts(session), LivePrices(session, SystemClock()), HuggingFaceHub(lambda: ""), NoTools())
    found = load_blueprint(blueprint) if blueprint else None
    names = Names(deployment.name, session.account_id(), REGION)
    every = preflight(deployment, names, ports, SystemClock(), blueprint=found)
    return [item for item in every if item.path not in ("terraform.binary", "terraform.plugin_mirror")]


def rules_of(findings: list[Finding], level: Level) -> set[str]:
    return {item.rule for item in findings if item.level is level}


def test_a_fresh_sandbox_passes_and_answers_in_time(session: SandboxSession) -> None:
    check(session)  # makes the clients
    started = time.monotonic()
    findings = check(session, "reason")
    assert time.monotonic() - started < 15
    assert not rules_of(findings, Level.ERROR) | rules_of(findings, Level.WARNING), findings
    assert {"identity", "region", "quota", "offerings", "pool", "price", "price_per_100", "hf_not_needed"} <= rules_of(findings, Level.INFO)


def test_zero_quotas_stop_with_their_codes(session: SandboxSession, change: Any) -> None:
    change(quotas=dict.fromkeys(CODES, 0))
    findings = check(session)
    zero = [item for item in findings if item.rule == "quota_zero"]
    assert {code.rpartition("/")[2] for code in CODES} == {item.message.split("quota ")[1].split()[0] for item in zero}
    with pytest.raises(CosmosctlError) as caught:
        require(findings)
    assert (caught.value.code, int(caught.value.status)) == ("preflight_failed", 4)


def test_a_small_quota_warns(session: SandboxSession, change: Any) -> None:
    change(quotas=dict.fromkeys(CODES, 64))
    assert "quota_small" in rules_of(check(session), Level.WARNING)


def test_offerings_follow_the_settings(session: SandboxSession, change: Any) -> None:
    change(offerings={"g6e.4xlarge": ["a"]})
    assert [item.path for item in check(session) if item.rule == "offered_in_part"] == ["batch.pools.gpu48.instance_types[1]"]
    change(offerings={"g6e.*": ["f"], "g6e.4xlarge": ["f"]})
    assert rules_of(check(session), Level.ERROR) == {"not_offered"}


def test_a_type_that_the_region_does_not_have(session: SandboxSession) -> None:
    pools = {"gpu80": {"instance_types": ["p5.4xlarge"], "max_vcpus": 16, "purchase": "on-demand"}}
    found = check(session, batch={"pools": pools})
    offered = known(AccountFacts(session).offerings(["p5.4xlarge"]))
    assert offered is not None
    assert ("not_offered" in rules_of(found, Level.ERROR)) is (not offered["p5.4xlarge"])


def test_an_overlapping_block_is_seen_and_our_own_is_not(session: SandboxSession) -> None:
    ec2 = session.client("ec2")
    mine = f"own{uuid4().hex[:6]}"
    tags = [{"Key": "cosmosctl:deployment", "Value": mine}]
    ec2.create_vpc(CidrBlock="10.77.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])
    assert not [item for item in check(session, name=mine, network={"cidr": "10.77.0.0/16"}) if item.rule == "cidr_overlap"]
    assert [item for item in check(session, network={"cidr": "10.77.0.0/16"}) if item.rule == "cidr_overlap"]


def test_existing_networks(session: SandboxSession, tmp_path: Path) -> None:
    sound, closed = Planted(session, tmp_path), Planted(session, tmp_path, nat=False)

    def existing(vpc: str, subnets: list[str]) -> set[str]:
        return rules_of(check(session, network={"existing": {"vpc_id": vpc, "subnet_ids": subnets}}), Level.ERROR)

    assert existing(sound.vpc, sound.subnets) == set()
    assert existing(closed.vpc, closed.subnets) == {"no_egress"}
    assert existing(sound.vpc, [closed.subnets[0]]) == {"subnet_other_vpc"}
    assert existing(sound.vpc, [sound.subnets[0], "subnet-00000000"]) == {"subnet_missing"}
    assert existing("vpc-00000000", ["subnet-00000000"]) == {"vpc_missing"}


def test_a_denied_call_is_a_warning_with_the_action(session: SandboxSession, server: Sandbox) -> None:
    denied = {"kind": "error", "code": "AccessDeniedException", "status": 400}
    server.post("faults", {**denied, "id": "quota", "service": "servicequotas", "action": "GetServiceQuota"})
    try:
        found = [item for item in check(session) if item.rule == "could_not_check"]
    finally:
        _clear(server)
    assert {item.level for item in found} == {Level.WARNING}
    assert all("servicequotas:GetServiceQuota" in item.hint for item in found)
    assert len(found) == 2


def _clear(server: Sandbox) -> None:
    import urllib.request

    request = urllib.request.Request(f"{server.record['endpoint']}/_sandbox/faults", method="DELETE")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def test_the_stored_token_is_used_and_never_shown(session: SandboxSession, tmp_path: Path) -> None:
    """No variable, but a secret: the look-up takes it; the hub here is closed, so the answer is a warning without it."""
    planted = Planted(session, tmp_path)
    session.client("secretsmanager").put_secret_value(SecretId=planted.secret, SecretString="hf_stored_secret")
    clock = SystemClock()
    terraform = TerraformCli(session, LocalProcess(), clock, {"PATH": os.environ["PATH"]}, TerraformOptions(workdir=tmp_path))
    ports = lookups(planted.deployment, planted.names, session, terraform, clock, {"HF_ENDPOINT": "http://127.0.0.1:9"}, tmp_path)
    seen: list[str] = []
    ports.hub._get = lambda method, path, token: seen.append(token) or (_ for _ in ()).throw(OSError("closed"))  # type: ignore[attr-defined]
    found = ports.hub.access("nvidia/Cosmos-Reason2-2B", "main")
    assert seen == ["hf_stored_secret"]
    assert "hf_stored_secret" not in repr(found)


def test_tools_of_this_machine(session: SandboxSession, tmp_path: Path) -> None:
    clock = SystemClock()
    terraform = TerraformCli(session, LocalProcess(), clock, {"PATH": os.environ["PATH"]}, TerraformOptions(workdir=tmp_path))
    deployment = Deployment(name="demo")
    ports = lookups(deployment, Names("demo", session.account_id(), REGION), session, terraform, clock, {}, tmp_path)
    assert known(ports.tools.terraform())
    mirror = tmp_path / "mirror"
    (mirror / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0").mkdir(parents=True)
    (mirror / "registry.terraform.io" / "hashicorp" / "aws" / "terraform-provider-aws_5.99.1_linux_amd64.zip").touch()
    chosen = deployment.model_copy(update={"terraform": deployment.terraform.model_copy(update={"plugin_mirror": str(mirror)})})
    source = known(lookups(chosen, Names("demo", "1", REGION), session, terraform, clock, {}, tmp_path).tools.provider())
    assert source is not None
    assert (source.mirror, source.versions) == (True, ("5.100.0", "5.99.1"))
