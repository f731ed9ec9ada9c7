"""Install: from nothing, or from wherever an earlier install stopped, to pools that can take jobs."""

from __future__ import annotations

from collections.abc import Sequence

from cosmosctl.config.model import Deployment
from cosmosctl.execute.context import Context
from cosmosctl.execute.engine import execute
from cosmosctl.execute.events import OnEvent
from cosmosctl.plan.build import install_plan, select
from cosmosctl.services.preview import preview
from cosmosctl.services.reports import InstallReport, Preview
from cosmosctl.services.session import working


def preview_install(
    ctx: Context, deployment: Deployment, *, only: Sequence[str] = (), skip: Sequence[str] = (), on_event: OnEvent | None = None
) -> Preview:
    return preview(ctx, select(install_plan(deployment, ctx.names), only, skip), on_event)


def install(
    ctx: Context,
    deployment: Deployment,
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    allow_replace: Sequence[str] = (),
    on_event: OnEvent | None = None,
) -> InstallReport:
    """Raises the first failure; the same call again goes on from there."""
    plan = select(install_plan(deployment, ctx.names), only, skip)
    with working(ctx, plan.command, on_event, tuple(allow_replace)) as (run, listener):
        report = execute(plan, run)
    contracts = {
        result.step.removeprefix("stack:"): result.outputs["contract"] for result in report.results if result.step.startswith("stack:")
    }
    return InstallReport(report.results, contracts, tuple(listener.findings))
