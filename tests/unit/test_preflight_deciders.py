"""Every preflight rule on facts made by hand: nothing is asked, so each case is exact."""

from __future__ import annotations

from typing import Any

import pytest

from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.catalog.naming import Names
from cosmosctl.catalog.prices import DATE
from cosmosctl.checks.preflight import judge, modules, rules
from cosmosctl.checks.preflight.base import Subject
from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding, Level
from cosmosctl.ports.facts import (
    Access,
    CouldNotCheck,
    Fact,
    Identity,
    NetworkFacts,
    PreflightFacts,
    ProviderSource,
    Quote,
    RegionState,
    RepoAccess,
    Subnet,
    Vpc,
)  # fmt: skip
from cosmosctl.services.preflight import require, subject_of

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d")
G_SPOT, G_ON_DEMAND, P_ON_DEMAND, P5_SPOT = "L-3819A6DF", "L-DB2E81BA", "L-417A185B", "L-C4BD4855"
DENIED = CouldNotCheck("AccessDenied: the identity in use may not call x:Y", "x:Y")
TYPES = ("g6e.2xlarge", "g6e.4xlarge")


def subject(blueprint: str | None = None, engine: str | None = None, variant: str | None = None, **config: Any) -> Subject:
    deployment = Deployment.model_validate({"name": "demo", "target": "aws", **config})
    names = Names("demo", "123456789012", deployment.region)
    made = subject_of(deployment, names, load_blueprint(blueprint) if blueprint else None, variant)
    return Subject(made.deployment, made.names, made.blueprint, made.variant, engine or made.engine)


def pool(**settings: Any) -> dict[str, Any]:
    return {"batch": {"pools": {"gpu48": {"instance_types": list(TYPES), **settings}}}}


def found(facts: PreflightFacts, rule: str, of: Subject | None = None) -> list[Finding]:
    return [item for item in judge(of or subject(), facts) if item.rule == rule]


def one(facts: PreflightFacts, rule: str, of: Subject | None = None) -> Finding:
    matching = found(facts, rule, of)
    assert len(matching) == 1, matching
    return matching[0]


def quotas(**values: float) -> PreflightFacts:
    codes = {"spot": G_SPOT, "ondemand": G_ON_DEMAND, "p": P_ON_DEMAND, "p5spot": P5_SPOT}
    return PreflightFacts(quotas={codes[name]: Fact(float(value)) for name, value in values.items()})


# quotas


def test_quota_zero_everywhere_is_an_error_with_code_value_and_command() -> None:
    for finding in found(quotas(spot=0, ondemand=0), "quota_zero"):
        assert finding.level is Level.ERROR
        assert "is 0 vCPUs in us-east-1" in finding.message
        assert "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-" in finding.hint
        assert "--desired-value 256 --region us-east-1" in finding.hint
    assert {G_SPOT, G_ON_DEMAND} <= {word for item in found(quotas(spot=0, ondemand=0), "quota_zero") for word in item.message.split()}


def test_quota_zero_of_one_market_leaves_the_other() -> None:
    finding = one(quotas(spot=0, ondemand=768), "quota_zero")
    assert finding.level is Level.WARNING
    assert "left with its on demand half" in finding.message


def test_quota_zero_of_the_only_market_is_an_error() -> None:
    assert one(quotas(spot=0, ondemand=768), "quota_zero", subject(**pool(purchase="spot"))).level is Level.ERROR


def test_a_quota_below_the_smallest_type_starts_nothing() -> None:
    finding = one(quotas(ondemand=4), "quota_too_small", subject(**pool(purchase="on-demand")))
    assert finding.level is Level.ERROR
    assert "g6e.2xlarge needs 8" in finding.message


def test_a_small_quota_says_how_many_run_at_once() -> None:
    finding = one(quotas(ondemand=64), "quota_small", subject(**pool(purchase="on-demand")))
    assert finding.level is Level.WARNING
    assert "at most 8 g6e.2xlarge run at once" in finding.message


def test_p_types_have_quotas_of_their_own() -> None:
    of = subject(batch={"pools": {"gpu80": {"instance_types": ["p5.4xlarge"], "max_vcpus": 64}}})
    zero = found(quotas(spot=999, ondemand=999, p=999, p5spot=0), "quota_zero", of)
    assert {item.path for item in zero} == {"batch.pools.gpu80.purchase"}
    assert G_SPOT not in str(judge(of, quotas(spot=0, ondemand=0, p=999, p5spot=999)))


def test_pools_that_fit_one_by_one_may_not_fit_together() -> None:
    half = {"instance_types": ["g6e.2xlarge"], "max_vcpus": 64, "purchase": "on-demand"}
    finding = one(quotas(ondemand=96), "quota_shared", subject(batch={"pools": {"aa": half, "bb": half}}))
    assert "aa, bb share" in finding.message
    assert "128 together" in finding.message


def test_an_unknown_quota_code_is_no_guess() -> None:
    of = subject(batch={"pools": {"gpu180": {"instance_types": ["p6-b200.48xlarge"], "purchase": "spot"}}})
    assert "disagree" in one(PreflightFacts(), "could_not_check", of).message


def test_quota_that_could_not_be_read_names_the_permission() -> None:
    finding = one(PreflightFacts(quotas={G_SPOT: DENIED, G_ON_DEMAND: Fact(999.0)}), "could_not_check")
    assert finding.level is Level.WARNING
    assert "allow x:Y" in finding.hint


# offerings


def offered(**zones: str) -> PreflightFacts:
    names = {"g6e_2xlarge": "g6e.2xlarge", "g6e_4xlarge": "g6e.4xlarge"}
    everywhere = {name: frozenset(ZONES) for name in TYPES}
    some = {names[name]: frozenset(f"us-east-1{letter}" for letter in letters) for name, letters in zones.items()}
    return PreflightFacts(zones=Fact(ZONES), offerings=Fact({**everywhere, **some}))


@pytest.mark.parametrize(
    ("letters", "rule", "level"),
    [
        ("", "not_offered", Level.ERROR), ("d", "not_offered", Level.ERROR), ("ad", "offered_in_part", Level.WARNING),
        ("abc", "offerings", Level.INFO),
    ],
)
def test_offerings_against_the_zones_that_are_used(letters: str, rule: str, level: Level) -> None:
    matching = [item for item in found(offered(g6e_2xlarge=letters), rule) if "g6e.2xlarge" in item.message]
    assert [(item.level, item.path) for item in matching] == [(level, "batch.pools.gpu48.instance_types[0]")]


def test_fewer_zones_than_asked_for() -> None:
    assert one(PreflightFacts(zones=Fact(ZONES[:2])), "zones").hint == "set network.zones to 2"


# network


def test_an_overlapping_vpc_is_named_and_our_own_is_not() -> None:
    vpcs = (Vpc("vpc-1", ("10.0.0.0/8",), "lab"), Vpc("vpc-2", ("10.40.0.0/16",), deployment="demo"), Vpc("vpc-3", ("192.168.0.0/16",)))
    finding = one(PreflightFacts(vpcs=Fact(vpcs)), "cidr_overlap")
    assert finding.level is Level.WARNING
    assert "vpc-1 (lab)" in finding.message


EXISTING = {"network": {"existing": {"vpc_id": "vpc-12345678", "subnet_ids": ["subnet-11111111", "subnet-22222222"]}}}


def subnet(**changes: Any) -> Subnet:
    base: dict[str, Any] = {
        "id": "subnet-11111111", "vpc_id": "vpc-12345678", "zone": "us-east-1a", "cidr": "10.0.0.0/24", "free_addresses": 200,
        "egress": "nat", "route_table": "rtb-1", "s3_endpoint": True,
    }
    return Subnet(**{**base, **changes})


def network(*subnets: Subnet, **changes: Any) -> PreflightFacts:
    return PreflightFacts(network=Fact(NetworkFacts("vpc-12345678", **{"exists": True, "subnets": subnets, **changes})))


@pytest.mark.parametrize(
    ("facts", "rule", "level"),
    [
        (network(exists=False), "vpc_missing", Level.ERROR),
        (network(missing=("subnet-22222222",)), "subnet_missing", Level.ERROR),
        (network(subnet(vpc_id="vpc-99999999")), "subnet_other_vpc", Level.ERROR),
        (network(subnet(), subnet(id="subnet-22222222")), "subnet_zones", Level.WARNING),
        (network(subnet(free_addresses=3)), "subnet_addresses", Level.WARNING),
        (network(subnet(egress="igw")), "public_subnet", Level.ERROR),
        (network(subnet(egress="")), "no_egress", Level.ERROR),
        (network(subnet(s3_endpoint=False)), "s3_endpoint", Level.WARNING),
        (network(subnet(), dns_support=False), "vpc_dns", Level.WARNING),
        (PreflightFacts(network=DENIED), "could_not_check", Level.WARNING),
    ],
)
def test_existing_network(facts: PreflightFacts, rule: str, level: Level) -> None:
    finding = one(facts, rule, subject(**EXISTING))
    assert (finding.level, bool(finding.hint)) == (level, True)


def test_no_nat_is_well_with_all_endpoints_and_names_the_missing_ones() -> None:
    everything = frozenset({"ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs", "secretsmanager", "sts"})
    assert not found(network(subnet(egress=""), endpoints=everything), "no_egress", subject(**EXISTING))
    finding = one(network(subnet(egress="", s3_endpoint=False), endpoints=everything - {"ecs-agent"}), "no_egress", subject(**EXISTING))
    assert "lacks the endpoints ecs-agent, s3 (gateway):" in finding.message


# account and tools


@pytest.mark.parametrize(
    ("facts", "rule", "level"),
    [
        (PreflightFacts(identity=CouldNotCheck("no usable AWS credentials", credentials=True)), "identity", Level.ERROR),
        (PreflightFacts(identity=DENIED), "could_not_check", Level.WARNING),
        (PreflightFacts(identity=Fact(Identity("1", "arn:x"))), "identity", Level.INFO),
        (PreflightFacts(region=Fact(RegionState("us-east-1", "not-opted-in"))), "region", Level.ERROR),
        (PreflightFacts(region=Fact(RegionState("us-east-1", "unknown"))), "region", Level.ERROR),
        (PreflightFacts(region=Fact(RegionState("us-east-1", "opted-in"))), "region", Level.INFO),
        (PreflightFacts(terraform=Fact("1.9.8")), "terraform_version", Level.ERROR),
        (PreflightFacts(terraform=Fact("1.11.4")), "terraform_version", Level.INFO),
        (PreflightFacts(terraform=CouldNotCheck("terraform was not found")), "terraform_version", Level.ERROR),
        (PreflightFacts(python="3.10.4"), "python_version", Level.ERROR),
        (PreflightFacts(provider=Fact(ProviderSource("/mirror", True, ("5.99.0",)))), "provider_source", Level.ERROR),
        (PreflightFacts(provider=Fact(ProviderSource("/mirror", True, ("5.100.0",)))), "provider_source", Level.INFO),
        (PreflightFacts(provider=CouldNotCheck("registry does not answer")), "could_not_check", Level.WARNING),
    ],
)
def test_account_and_tools(facts: PreflightFacts, rule: str, level: Level) -> None:
    assert one(facts, rule).level is level


# hub


@pytest.mark.parametrize(
    ("access", "rule", "says"),
    [
        (Access.NO_TOKEN, "hf_token_missing", "export HF_TOKEN=..."),
        (Access.UNAUTHORIZED, "hf_token_invalid", "settings/tokens"),
        (Access.FORBIDDEN, "hf_licence", "https://huggingface.co/nvidia/Cosmos-Reason2-2B"),
        (Access.NO_REVISION, "hf_revision", "/commits"),
        (Access.NO_REPOSITORY, "hf_repository", "https://huggingface.co/nvidia/Cosmos-Reason2-2B"),
    ],
)
def test_hub_answers_have_cures_of_their_own(access: Access, rule: str, says: str) -> None:
    repo = "nvidia/Cosmos-Reason2-2B"
    finding = one(PreflightFacts(hub={repo: Fact(RepoAccess(repo, "main", access))}), rule, subject("reason", "vllm"))
    assert finding.level is Level.ERROR
    assert says in finding.hint


def test_hub_that_does_not_answer_is_a_warning() -> None:
    facts = PreflightFacts(hub={"nvidia/Cosmos-Reason2-2B": CouldNotCheck("hub did not answer: no answer within 8 s")})
    assert one(facts, "could_not_check", subject("reason", "vllm")).level is Level.WARNING


def test_the_baseline_needs_no_licence() -> None:
    assert one(PreflightFacts(), "hf_not_needed", subject("reason", "baseline")).level is Level.INFO


# fit, names


def test_a_variant_that_fits_no_pool_is_an_error_and_one_that_fits_says_where() -> None:
    assert one(PreflightFacts(), "no_pool_fits", subject("reason", variant="32B")).level is Level.ERROR
    assert "pool gpu48" in one(PreflightFacts(), "pool", subject("reason")).message


def test_names_that_are_too_long_are_found_first() -> None:
    of = subject("reason")
    long = Subject(of.deployment, Names("x" * 40, "123456789012", "us-east-1"), of.blueprint, of.variant, of.engine)
    assert {item.level for item in found(PreflightFacts(), "name_lengths", long)} == {Level.ERROR}


# prices


def test_live_prices_win_and_dated_ones_say_so() -> None:
    live = {"g6e.2xlarge": Quote("g6e.2xlarge", "ondemand", 2.5, 2.5, "on-demand list price of the pricing API")}
    facts = PreflightFacts(on_demand=Fact(live), spot=CouldNotCheck("ec2:DescribeSpotPriceHistory: denied"))
    texts = [item.message for item in found(facts, "price")]
    assert any(text.startswith("g6e.2xlarge on demand costs $2.50 per hour (on-demand list price of the pricing API") for text in texts)
    assert any(text.startswith("g6e.2xlarge spot costs $0.81 to $1.09 per hour") and DATE in text for text in texts)
    assert DATE in one(facts, "price_source").message


def test_a_spot_price_that_cannot_be_is_not_believed() -> None:
    facts = PreflightFacts(spot=Fact({"g6e.2xlarge": Quote("g6e.2xlarge", "spot", 0.00001, 0.00001, "invented")}))
    assert not [item for item in found(facts, "price") if "invented" in item.message]


def test_an_unknown_price_is_not_guessed() -> None:
    of = subject(batch={"pools": {"pp": {"instance_types": ["g6e.16xlarge"], "purchase": "on-demand"}}})
    assert "no price of g6e.16xlarge" in one(PreflightFacts(on_demand=Fact({})), "price_unknown", of).message


def test_price_of_100_samples_follows_the_run_plan() -> None:
    """Reason 2B on one g6e.2xlarge at $2.00: minutes from the very functions that shard a run."""
    from cosmosctl.runs.cost import paid_time
    from cosmosctl.runs.sharding import ON_DEMAND_BUDGET_MINUTES, Minutes, plan_shards

    of = subject("reason", **pool(purchase="on-demand"))
    facts = PreflightFacts(on_demand=Fact({"g6e.2xlarge": Quote("g6e.2xlarge", "ondemand", 2.0, 2.0, "live")}))
    assert of.blueprint is not None
    table = of.blueprint.minutes("2B")
    assert table is not None
    minutes = Minutes.of(table.model_dump())
    paid = paid_time(plan_shards(100, minutes, budget_minutes=ON_DEMAND_BUDGET_MINUTES), minutes)
    assert f"${paid.usd(2.0):.2f} on g6e.2xlarge on demand" in one(facts, "price_per_100", of).message


def test_a_shared_host_is_paid_by_the_gpu() -> None:
    of = subject("reason", batch={"pools": {"gpu48": {"instance_types": ["g6e.12xlarge"], "purchase": "on-demand"}}})
    quarter = PreflightFacts(on_demand=Fact({"g6e.12xlarge": Quote("g6e.12xlarge", "ondemand", 8.0, 8.0, "live")}))
    whole = PreflightFacts(on_demand=Fact({"g6e.2xlarge": Quote("g6e.2xlarge", "ondemand", 2.0, 2.0, "live")}))

    def dollars(facts: PreflightFacts, of: Subject) -> str:
        return one(facts, "price_per_100", of).message.split("about ")[1].split(" on ")[0]

    assert dollars(quarter, of) == dollars(whole, subject("reason", **pool(purchase="on-demand")))


# the frame


def everything_wrong() -> PreflightFacts:
    return PreflightFacts(
        terraform=Fact("1.9.8"), python="3.11.7", identity=DENIED, region=Fact(RegionState("us-east-1", "opted-in")), zones=Fact(ZONES),
        offerings=Fact({name: frozenset() for name in TYPES}), quotas={G_SPOT: Fact(0.0), G_ON_DEMAND: Fact(16.0)}, vpcs=DENIED,
        on_demand=DENIED, spot=DENIED,
    )  # fmt: skip


def test_order_is_by_severity_and_the_same_every_time() -> None:
    first, second = judge(subject("reason"), everything_wrong()), judge(subject("reason"), everything_wrong())
    ranks = [["error", "warning", "info"].index(item.level) for item in first]
    assert first == second
    assert ranks == sorted(ranks)
    assert {0, 1, 2} == set(ranks)


def test_skipping_is_by_rule() -> None:
    skipped = ["not_offered", "quota_zero"]
    assert not [item for item in judge(subject(), everything_wrong(), skipped) if item.rule in skipped]


def test_every_reported_rule_is_declared_and_errors_have_hints() -> None:
    for of in (subject(), subject("reason"), subject("reason", "vllm"), subject(**EXISTING)):
        for item in judge(of, everything_wrong()):
            assert item.rule in rules(), item
            assert item.hint or item.level is not Level.ERROR, item
    assert len(modules()) >= 8


def test_require_carries_every_finding() -> None:
    from cosmosctl.errors import CosmosctlError

    findings = judge(subject(), everything_wrong())
    with pytest.raises(CosmosctlError) as caught:
        require(findings)
    assert (caught.value.code, caught.value.status) == ("preflight_failed", 4)
    assert caught.value.findings == tuple(findings)
    require([item for item in findings if item.level is not Level.ERROR])
