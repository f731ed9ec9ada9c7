"""Preflight for the commands that act: builds the look-ups of the target and asks the service."""

from __future__ import annotations

import os
from pathlib import Path

from cosmosctl.cli.wiring import Opened
from cosmosctl.findings import Finding


def preflight_findings(
    opened: Opened, blueprint: str | None, variant: str | None, skip: tuple[str, ...], engine: str | None = None
) -> list[Finding]:
    """Findings, worst first. Raises `unknown_name` for a check that does not exist."""
    from cosmosctl.blueprints.registry import load_blueprint
    from cosmosctl.checks import rule_names
    from cosmosctl.cli.wiring import lookups
    from cosmosctl.services.preflight import known_checks, preflight

    known_checks(skip, rule_names())
    ctx = opened.ctx
    found = load_blueprint(blueprint) if blueprint else None
    return preflight(
        opened.deployment,
        ctx.names,
        lookups(opened, os.environ, Path.home()),
        ctx.clock,
        blueprint=found,
        variant=variant,
        engine=engine,
        skip_checks=skip,
    )
