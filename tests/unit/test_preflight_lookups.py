"""The look-ups of an account with stubbed clients, and the service that asks them within a deadline."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cosmosctl.adapters.facts import AccountFacts, ask
from cosmosctl.adapters.pricing import LivePrices
from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Level
from cosmosctl.ports.facts import CouldNotCheck, Fact, Identity, Lookups, ProviderSource, RegionState, known
from cosmosctl.services.preflight import ask_all, known_checks, preflight

# clients of AWS


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here sleeps")


class Session:
    region, endpoint = "us-east-1", None

    def __init__(self, **clients: Any) -> None:
        self.clients = clients
        self.asked: list[tuple[str, str | None]] = []

    def account_id(self) -> str:
        return "123456789012"

    def client(self, service: str, region: str | None = None) -> Any:
        self.asked.append((service, region))
        return self.clients[service.replace("-", "_")]

    def subprocess_env(self) -> dict[str, str]:
        return {}


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    stub.activate()
    return client, stub


def product(*prices: tuple[str, str]) -> str:
    dimensions = {str(index): {"unit": unit, "pricePerUnit": {"USD": usd}} for index, (unit, usd) in enumerate(prices)}
    return json.dumps({"terms": {"OnDemand": {"t": {"priceDimensions": dimensions}}}})


def test_live_price_is_asked_in_the_region_that_has_the_api() -> None:
    client, stub = stubbed("pricing")
    stub.add_response("get_products", {"PriceList": [product(("Hrs", "0.0"), ("Hrs", "2.2421"), ("Quantity", "9"))]})
    session = Session(pricing=client)
    found = known(LivePrices(session, Clock()).on_demand(["g6e.2xlarge"]))
    assert found is not None
    assert found["g6e.2xlarge"].low == 2.2421
    assert "2026-01-02" in found["g6e.2xlarge"].note
    assert session.asked == [("pricing", "us-east-1")]


def test_spot_history_becomes_a_range() -> None:
    client, stub = stubbed("ec2")
    items = [{"InstanceType": "g6e.2xlarge", "SpotPrice": price, "AvailabilityZone": "us-east-1a"} for price in ("0.9", "0.7", "1.2")]
    stub.add_response("describe_spot_price_history", {"SpotPriceHistory": items})
    found = known(LivePrices(Session(ec2=client), Clock()).spot(["g6e.2xlarge"]))
    assert found is not None
    assert (found["g6e.2xlarge"].low, found["g6e.2xlarge"].high) == (0.7, 1.2)


def test_access_denied_names_the_action() -> None:
    client, stub = stubbed("service-quotas")
    stub.add_client_error("get_service_quota", "AccessDeniedException", "no")
    found = AccountFacts(Session(service_quotas=client)).quota("L-DB2E81BA")
    assert isinstance(found, CouldNotCheck)
    assert found.action == "servicequotas:GetServiceQuota"


def test_a_quota_that_was_never_changed_has_its_default() -> None:
    client, stub = stubbed("service-quotas")
    stub.add_client_error("get_service_quota", "NoSuchResourceException", "no")
    stub.add_response("get_aws_default_service_quota", {"Quota": {"Value": 0.0}})
    assert AccountFacts(Session(service_quotas=client)).quota("L-DB2E81BA") == Fact(0.0)


@pytest.mark.parametrize(
    ("answer", "status"), [({"Regions": [{"RegionName": "us-east-1", "OptInStatus": "not-opted-in"}]}, "not-opted-in"), (None, "unknown")]
)
def test_region_states(answer: Any, status: str) -> None:
    client, stub = stubbed("ec2")
    if answer:
        stub.add_response("describe_regions", answer)
    else:
        stub.add_client_error("describe_regions", "InvalidParameterValue", "Invalid region provided")
    assert AccountFacts(Session(ec2=client)).region() == Fact(RegionState("us-east-1", status))


def test_expired_credentials_are_no_mere_warning() -> None:
    client, stub = stubbed("sts")
    stub.add_client_error("get_caller_identity", "ExpiredToken", "old")
    found = AccountFacts(Session(sts=client)).identity()
    assert isinstance(found, CouldNotCheck)
    assert found.credentials


def test_ask_never_lets_an_error_of_ours_through() -> None:
    def fails() -> int:
        raise CosmosctlError("no_credentials", "none")

    assert ask("x:Y", fails) == CouldNotCheck("none", credentials=True)


# the deadline


def test_late_answers_are_unknown_and_broken_ones_do_not_spread() -> None:
    hold = threading.Event()
    jobs: dict[str, Callable[[], Any]] = {"slow": lambda: hold.wait(30), "broken": lambda: 1 // 0, "good": lambda: Fact(1)}
    started = time.monotonic()
    answers = ask_all(jobs, Clock(), 0.3)
    hold.set()
    assert time.monotonic() - started < 5
    assert answers["good"] == Fact(1)
    assert answers["slow"] == CouldNotCheck("no answer within 0.3 s")
    assert "ZeroDivisionError" in answers["broken"].reason
    assert list(answers) == list(jobs)


class Everything:
    """All ports in one: records what is asked; each answers as a sound account would."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        answers = {
            "identity": Fact(Identity("1", "arn")), "region": Fact(RegionState("us-east-1", "opted-in")), "zones": Fact(("a", "b", "c")),
            "offerings": Fact({}), "quota": Fact(999.0), "vpcs": Fact(()), "on_demand": Fact({}), "spot": Fact({}),
            "terraform": Fact("1.11.4"), "provider": Fact(ProviderSource("x", False)), "access": CouldNotCheck("not reached"),
            "python": "3.11.7",
        }  # fmt: skip

        def answer(*arguments: Any) -> Any:
            self.asked.append(" ".join([name, *(item for item in arguments if isinstance(item, str))]))
            return answers[name]

        return answer


def run(blueprint: str | None, engine: str | None, target: str = "aws") -> tuple[Everything, list[Any]]:
    from cosmosctl.blueprints.registry import load_blueprint

    port: Any = Everything()
    deployment = Deployment.model_validate({"name": "demo", "target": target})
    found = preflight(
        deployment, Names("demo", "1" * 12, "us-east-1"), Lookups(port, port, port, port), Clock(),
        blueprint=load_blueprint(blueprint) if blueprint else None, engine=engine,
    )  # fmt: skip
    return port, found


def test_the_hub_is_asked_only_when_a_model_is_used() -> None:
    port, findings = run("predict", "baseline")
    assert not [item for item in port.asked if item.startswith("access")]
    assert "hf_not_needed" in {item.rule for item in findings}
    port, _ = run(None, None)
    assert not [item for item in port.asked if item.startswith("access")]


def test_account_and_sandbox_are_asked_the_same() -> None:
    assert sorted(run("predict", None, "aws")[0].asked) == sorted(run("predict", None, "sandbox")[0].asked)


def test_a_sound_account_has_no_errors() -> None:
    assert not [item for item in run("predict", None)[1] if item.level is Level.ERROR]


def test_unknown_check_names_are_refused_with_a_suggestion() -> None:
    known_checks(["quota_zero", "own_rule"], ["own_rule"])
    with pytest.raises(CosmosctlError) as caught:
        known_checks(["quota_zeor"])
    assert caught.value.code == "unknown_name"
    assert "quota_zero" in caught.value.hint
