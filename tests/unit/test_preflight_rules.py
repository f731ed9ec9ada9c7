"""Account, tools, licences, prices and the frame of preflight on facts made by hand."""

from __future__ import annotations

import pytest

from cosmosctl.catalog.naming import Names
from cosmosctl.catalog.prices import DATE
from cosmosctl.checks.preflight import judge, modules, rules
from cosmosctl.checks.preflight.base import Subject
from cosmosctl.findings import Level
from cosmosctl.ports.facts import (
    Access,
    CouldNotCheck,
    Fact,
    Identity,
    PreflightFacts,
    ProviderSource,
    Quote,
    RegionState,
    RepoAccess,
)
from cosmosctl.services.preflight import require
from tests.support.preflight_facts import (
    DENIED,
    EXISTING,
    G_ON_DEMAND,
    G_SPOT,
    TYPES,
    ZONES,
    found,
    one,
    pool,
    subject,
)

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
