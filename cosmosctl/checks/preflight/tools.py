"""Terraform, Python and the provider that this machine would use."""

from __future__ import annotations

from cosmosctl.catalog.versions import Versions, at_least, versions
from cosmosctl.checks.preflight.base import UNKNOWN, Subject, could_not_check, error, info
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import CouldNotCheck, Fact, PreflightFacts, ProviderSource

RULES = ("terraform_version", "python_version", "provider_source", UNKNOWN)
PROVIDER = "hashicorp/aws"
DOWNLOAD = "https://developer.hashicorp.com/terraform/install"


def findings(_subject: Subject, facts: PreflightFacts) -> list[Finding]:
    wanted = versions()
    return [*_terraform(facts, wanted), *_python(facts, wanted), *_provider(facts, wanted)]


def _terraform(facts: PreflightFacts, wanted: Versions) -> list[Finding]:
    path, rule = "terraform.binary", "terraform_version"
    if facts.terraform is None:
        return []
    if isinstance(facts.terraform, CouldNotCheck):
        hint = f"install Terraform >= {wanted.terraform_minimum} ({DOWNLOAD}) or set terraform.binary"
        return [error(path, rule, f"Terraform cannot be used: {facts.terraform.reason}", hint)]
    version = facts.terraform.value
    if not at_least(version, wanted.terraform_minimum):
        hint = f"install a newer one ({DOWNLOAD}) or set terraform.binary"
        message = f"Terraform {version} is older than {wanted.terraform_minimum}, which state locking in S3 needs"
        return [error(path, rule, message, hint)]
    return [info(path, rule, f"Terraform {version} (tested with {wanted.terraform_tested})")]


def _python(facts: PreflightFacts, wanted: Versions) -> list[Finding]:
    if not facts.python:
        return []
    if not at_least(facts.python, wanted.python_minimum):
        hint = f"run ./install.sh with Python >= {wanted.python_minimum}"
        return [error("python", "python_version", f"Python {facts.python} is older than {wanted.python_minimum}", hint)]
    return [info("python", "python_version", f"Python {facts.python}")]


def _provider(facts: PreflightFacts, wanted: Versions) -> list[Finding]:
    path = "terraform.plugin_mirror"
    if facts.provider is None:
        return []
    if isinstance(facts.provider, CouldNotCheck):
        return [could_not_check("where Terraform gets its provider from", path, facts.provider)]
    return [_source(facts.provider, wanted.terraform_providers[PROVIDER], path)]


def _source(fact: Fact[ProviderSource], pinned: str, path: str) -> Finding:
    source, rule = fact.value, "provider_source"
    if source.mirror and pinned not in source.versions:
        held = ", ".join(source.versions) or "none"
        hint = "add this version to the mirror: terraform -chdir=infra/stacks/foundation providers mirror DIR"
        return error(path, rule, f"the mirror {source.place} lacks {PROVIDER} {pinned} (it has: {held})", hint)
    where = f"mirror {source.place}" if source.mirror else source.place
    return info(path, rule, f"provider {PROVIDER} {pinned} from {where}")
