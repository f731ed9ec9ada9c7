"""Terraform variables of each stack from a step's parameters and the contracts of earlier stacks. Decides, never acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cosmosctl.config.contracts import BatchContract, FoundationContract
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step

Builder = Callable[[Step, Run], dict[str, Any]]


def tfvars_for(step: Step, run: Run) -> dict[str, Any]:
    try:
        return BUILDERS[step.params["source"]](step, run)
    except KeyError:
        if "tfvars" in step.params:
            return dict(step.params["tfvars"])
        raise CosmosctlError("internal", f"nobody knows the variables of stack {step.params['source']}", path=step.id) from None
