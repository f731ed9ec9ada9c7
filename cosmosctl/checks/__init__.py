"""Checks: `rules` need only the configuration, `preflight` looks into AWS. Both return findings and never act."""

from __future__ import annotations

from collections.abc import Collection

from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding


def offline_findings(deployment: Deployment, skip: Collection[str] = ()) -> list[Finding]:
    """What the rules say about a deployment, but those named in `skip`."""
    from cosmosctl.checks import rules

    return rules.run(deployment, skip)


def rule_names() -> list[str]:
    """Names that `--skip-check` knows among the offline rules."""
    from cosmosctl.checks import rules

    return sorted(rules.rules())
