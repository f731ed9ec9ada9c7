"""Reads what the stacks promise (their `contract` output) straight from the state bucket: one GET, no Terraform process.

This module must not know how a stack is applied, nor read anything of a state but that one output.
"""

from __future__ import annotations

import json
from typing import TypeVar

from cosmosctl.catalog.naming import Names
from cosmosctl.config.contracts import Contract, ModelBatchContract, parse_contract
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectStore

T = TypeVar("T", bound=Contract)
MODEL_PREFIX = "model-"


def read_contract(states: ObjectStore, names: Names, stack: str, model: type[T]) -> T | None:
    """The contract of `stack`, or None when the stack was never applied. Raises `contract_mismatch`."""
    body = states.get(names.state_key(stack))
    if body is None:
        return None
    outputs = json.loads(body).get("outputs") or {}
    if not outputs:
        return None
    return parse_contract(model, stack, {key: item.get("value") for key, item in outputs.items()})


def require_contract(states: ObjectStore, names: Names, stack: str, model: type[T], hint: str) -> T:
    """As `read_contract`, but a missing stack is `not_deployed` with the command that creates it."""
    contract = read_contract(states, names, stack, model)
    if contract is None:
        raise CosmosctlError("not_deployed", f"stack {stack} is not there", path=stack, hint=hint)
    return contract


def deployed_models(states: ObjectStore, names: Names) -> dict[str, ModelBatchContract]:
    """Blueprint name -> contract of every deployed model."""
    models: dict[str, ModelBatchContract] = {}
    for info in states.list(f"stacks/{MODEL_PREFIX}"):
        stack = info.key.split("/")[1]
        if info.key != names.state_key(stack):
            continue
        contract = read_contract(states, names, stack, ModelBatchContract)
        if contract is not None:
            models[stack.removeprefix(MODEL_PREFIX)] = contract
    return models
