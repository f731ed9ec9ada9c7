"""Terraform variables of each stack from a step's parameters and the contracts of earlier stacks. Decides, never acts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from cosmosctl.catalog import gpus
from cosmosctl.config.contracts import BatchContract, FoundationContract
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step
from cosmosctl.render import tfvars

Builder = Callable[[Step, Run], Mapping[str, Any]]


def tfvars_for(step: Step, run: Run) -> dict[str, Any]:
    """A step that carries its variables (`tfvars`) needs no builder."""
    if "tfvars" in step.params:
        return dict(step.params["tfvars"])
    builder = BUILDERS.get(step.params["source"])
    if builder is None:
        raise CosmosctlError("internal", f"nobody knows the variables of stack {step.params['source']}", path=step.id)
    return dict(builder(step, run))


def saved_tfvars(ctx: Context, stack: str) -> dict[str, Any] | None:
    """The variables of the last apply: kept beside the state, so that a destroy needs no configuration."""
    if not ctx.buckets.exists(ctx.names.state_bucket):
        return None
    body = ctx.store(ctx.names.state_bucket).get(inputs_key(stack))
    return dict(json.loads(body)) if body else None


def inputs_key(stack: str) -> str:
    return f"stacks/{stack}/inputs.json"


def _deployment(step: Step) -> Deployment:
    return Deployment.model_validate(step.params["deployment"])


def _foundation(step: Step, run: Run) -> Mapping[str, Any]:
    return tfvars.foundation_tfvars(_deployment(step), run.ctx.names)


def _batch(step: Step, run: Run) -> Mapping[str, Any]:
    deployment = _deployment(step)
    types = {name for pool in deployment.batch.pools.values() for name in pool.instance_types}
    vcpus = {name: found.vcpus for name in sorted(types) if (found := gpus.find(name)) is not None}
    return tfvars.batch_tfvars(deployment, run.ctx.names, run.contract(FoundationContract, "foundation"), vcpus)


def _model_batch(step: Step, run: Run) -> Mapping[str, Any]:
    """Each variant's image is what its engine's image step gave: by digest."""
    variants = {
        name: {**spec, "image": spec.get("image") or run.outputs(f"image:{spec['engine']}")["image"]}
        for name, spec in step.params["variants"].items()
    }
    foundation, batch = run.contract(FoundationContract, "foundation"), run.contract(BatchContract, "batch")
    return tfvars.model_tfvars(_deployment(step), run.ctx.names, foundation, batch, step.params["blueprint"], variants)


BUILDERS: Mapping[str, Builder] = {"foundation": _foundation, "batch": _batch, "model_batch": _model_batch}
