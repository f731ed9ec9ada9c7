"""What is checked, and the words that all preflight checks share. Must not know how facts are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cosmosctl.blueprints.schema import Blueprint, Variant
from cosmosctl.catalog.engines import uses_model
from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Deployment, Pool
from cosmosctl.findings import Finding, Level
from cosmosctl.ports.facts import CouldNotCheck

UNKNOWN = "could_not_check"


@dataclass(frozen=True)
class Subject:
    """`blueprint`, `variant` and `engine` are None when a whole deployment is checked, as before `install`."""

    deployment: Deployment
    names: Names
    blueprint: Blueprint | None = None
    variant: str | None = None
    engine: str | None = None

    @property
    def uses_model(self) -> bool:
        return self.engine is not None and uses_model(self.engine)

    @property
    def chosen(self) -> Variant | None:
        return self.blueprint.variants[self.variant] if self.blueprint and self.variant else None

    @property
    def pools(self) -> Mapping[str, Pool]:
        return self.deployment.batch.pools


def error(path: str, rule: str, message: str, hint: str = "") -> Finding:
    return Finding(path, Level.ERROR, rule, message, hint)


def warning(path: str, rule: str, message: str, hint: str = "") -> Finding:
    return Finding(path, Level.WARNING, rule, message, hint)


def info(path: str, rule: str, message: str) -> Finding:
    return Finding(path, Level.INFO, rule, message)


def could_not_check(what: str, path: str, lookup: CouldNotCheck) -> Finding:
    """A warning that names the permission or the obstacle; the rule is one for all, so that `--skip-check` silences all."""
    cure = f"allow {lookup.action} for the identity in use" if lookup.action else "try again later"
    return warning(path, UNKNOWN, f"could not check {what}: {lookup.reason}", f"{cure}, or check it by hand")


def pool_path(pool: str, key: str) -> str:
    return f"batch.pools.{pool}.{key}"
