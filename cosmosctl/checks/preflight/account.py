"""Who asks, in which account, and whether the region may be used at all."""

from __future__ import annotations

from cosmosctl.checks.preflight.base import UNKNOWN, Subject, could_not_check, error, info
from cosmosctl.config.model import Target
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import CouldNotCheck, PreflightFacts, RegionState

RULES = ("identity", "region", "zones", UNKNOWN)
USABLE = frozenset({"opt-in-not-required", "opted-in"})


def findings(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    return [*_identity(subject, facts), *_region(facts), *_zones(subject, facts)]


def _identity(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    found = facts.identity
    if found is None:
        return []
    if isinstance(found, CouldNotCheck):
        if found.credentials:
            hint = "aws sso login, or set AWS_PROFILE; without an account: --set target=sandbox"
            return [error("identity", "identity", found.reason, hint)]
        return [could_not_check("the identity in use", "identity", found)]
    sandbox = subject.deployment.target is Target.SANDBOX
    where = "the embedded AWS of this machine; nothing is paid" if sandbox else f"account {found.value.account}"
    return [info("identity", "identity", f"{found.value.arn} in {where}")]


def _region(facts: PreflightFacts) -> list[Finding]:
    found = facts.region
    if found is None:
        return []
    if isinstance(found, CouldNotCheck):
        return [] if found.credentials else [could_not_check("whether the region is enabled", "region", found)]
    return _region_state(found.value)


def _region_state(state: RegionState) -> list[Finding]:
    if state.status in USABLE:
        return [info("region", "region", f"{state.name} is enabled")]
    if state.status == "unknown":
        return [error("region", "region", f"AWS knows no region {state.name}", "aws ec2 describe-regions --all-regions   lists them")]
    hint = f"aws account enable-region --region-name {state.name}   (takes minutes to hours), or choose another region"
    return [error("region", "region", f"region {state.name} is not enabled in this account ({state.status})", hint)]


def _zones(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    network, found = subject.deployment.network, facts.zones
    if found is None or network.existing is not None:
        return []
    if isinstance(found, CouldNotCheck):
        return [] if found.credentials else [could_not_check("the zones of the region", "network.zones", found)]
    if len(found.value) < network.zones:
        message = f"{subject.deployment.region} has {len(found.value)} zones, {network.zones} are asked for"
        return [error("network.zones", "zones", message, f"set network.zones to {len(found.value)}")]
    return []
