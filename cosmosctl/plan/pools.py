"""Which pool a variant runs in, or why none does. The judgement is `checks.fit`'s."""

from __future__ import annotations

from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.checks.fit import choose_pool
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError


def pool_for(deployment: Deployment, blueprint: Blueprint, variant: str) -> str:
    """Raises `preflight_failed` with the reason of every pool when none fits."""
    pool, findings = choose_pool(deployment, blueprint, variant)
    if pool is not None:
        return pool
    last = findings[-1]
    raise CosmosctlError("preflight_failed", last.message, path=last.path, hint=last.hint, findings=findings)
