"""Subjects and facts for preflight tests, made by hand."""

from __future__ import annotations

from typing import Any

from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.catalog.naming import Names
from cosmosctl.checks.preflight import judge
from cosmosctl.checks.preflight.base import Subject
from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import (
    CouldNotCheck,
    Fact,
    PreflightFacts,
)  # fmt: skip
from cosmosctl.services.preflight import subject_of

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


EXISTING = {"network": {"existing": {"vpc_id": "vpc-12345678", "subnet_ids": ["subnet-11111111", "subnet-22222222"]}}}
