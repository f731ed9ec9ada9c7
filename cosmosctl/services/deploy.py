"""Deploy: one blueprint's variant as a job definition with its image. Variants deployed earlier stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cosmosctl.blueprints.choices import choose_engine, choose_variant
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.config.model import Deployment, Target
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.execute.engine import execute
from cosmosctl.execute.events import OnEvent
from cosmosctl.execute.inputs import saved_tfvars
from cosmosctl.findings import Finding
from cosmosctl.plan.build import deploy_plan, select
from cosmosctl.plan.step import Plan
from cosmosctl.services.preview import preview
from cosmosctl.services.reports import DeployReport, Preview
from cosmosctl.services.session import working


def preview_deploy(
    ctx: Context,
    deployment: Deployment,
    blueprint_name: str,
    *,
    mode: str = "batch",
    variant: str | None = None,
    engine: str | None = None,
    on_event: OnEvent | None = None,
) -> Preview:
    plan, _, _ = _plan(ctx, deployment, blueprint_name, mode, variant, engine)
    return preview(ctx, plan, on_event)


def deploy(
    ctx: Context,
    deployment: Deployment,
    blueprint_name: str,
    *,
    mode: str = "batch",
    variant: str | None = None,
    engine: str | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    allow_replace: Sequence[str] = (),
    on_event: OnEvent | None = None,
) -> DeployReport:
    """Raises `not_deployed` before `install`, else the first failure; the same call again goes on from there."""
    _require_installed(ctx)
    plan, stack, findings = _plan(ctx, deployment, blueprint_name, mode, variant, engine)
    with working(ctx, plan.command, on_event, tuple(allow_replace)) as (run, listener):
        report = execute(select(plan, only, skip), run)
    contract = report.outputs(f"stack:{stack}").get("contract", {})
    return DeployReport(report.results, blueprint_name, contract.get("variants", {}), (*findings, *listener.findings))


def _require_installed(ctx: Context) -> None:
    if not ctx.buckets.exists(ctx.names.state_bucket):
        raise CosmosctlError("not_deployed", f"deployment {ctx.names.name} is not installed", path=ctx.names.name, hint="cosmosctl install")


def _plan(
    ctx: Context, deployment: Deployment, name: str, mode: str, variant: str | None, engine: str | None
) -> tuple[Plan, str, list[Finding]]:
    if mode != "batch":
        raise CosmosctlError("invalid_parameter", f"mode {mode} is not in this release", path="--mode", hint="--mode batch")
    blueprint = load_blueprint(name, ctx.assets.blueprints)
    chosen = choose_variant(blueprint, variant)
    chosen_engine, findings = choose_engine(blueprint, engine, sees_gpu=deployment.target is Target.AWS)
    stack = f"model-{blueprint.name}"
    return deploy_plan(deployment, ctx.names, blueprint, chosen, chosen_engine, _deployed(ctx, stack, chosen)), stack, findings


def _deployed(ctx: Context, stack: str, chosen: str) -> Mapping[str, Mapping[str, Any]]:
    """The variants that the stack has beside the chosen one, exactly as they were applied."""
    saved = saved_tfvars(ctx, stack) or {}
    return {name: spec for name, spec in saved.get("variants", {}).items() if name != chosen}
