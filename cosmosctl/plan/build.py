"""Plans of install, deploy and cleanup: pure functions from a deployment to steps. They act on nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.catalog.engines import uses_model
from cosmosctl.catalog.naming import TAG_DEPLOYMENT, TAG_MANAGED_BY, TAG_STACK, Names
from cosmosctl.config.model import Deployment
from cosmosctl.config.schema import did_you_mean
from cosmosctl.errors import CosmosctlError
from cosmosctl.plan.pools import pool_for
from cosmosctl.plan.step import Plan, Step

FOUNDATION, BATCH = "stack:foundation", "stack:batch"


def install_plan(deployment: Deployment, names: Names) -> Plan:
    """State bucket, foundation, token, pools, their settings, and a look at the result."""
    data = deployment.model_dump(mode="json")
    tags = {**deployment.tags, TAG_DEPLOYMENT: deployment.name, TAG_STACK: "state", TAG_MANAGED_BY: "cosmosctl"}
    delays = {name: pool.scale_down_minutes for name, pool in deployment.batch.pools.items()}
    return Plan(
        "install",
        deployment.name,
        (
            Step("state-bucket", "state_bucket", "State bucket", {"bucket": names.state_bucket, "tags": tags}),
            Step(
                FOUNDATION,
                "terraform",
                "Network and storage",
                {"stack": "foundation", "source": "foundation", "deployment": data, "adopt": True},
                ("state-bucket",),
            ),
            Step("hf-token", "secret", "Hugging Face token", {"variable": deployment.huggingface.token_env}, (FOUNDATION,)),
            Step(BATCH, "terraform", "GPU pools", {"stack": "batch", "source": "batch", "deployment": data}, (FOUNDATION,)),
            Step("batch-settings", "batch_settings", "Pool settings", {"scale_down_minutes": delays}, (BATCH,)),
            Step("verify", "verify", "Verification", {"what": ["foundation", "batch"]}, (FOUNDATION, BATCH)),
        ),
    )


def variant_spec(deployment: Deployment, names: Names, blueprint: Blueprint, variant: str, engine: str) -> dict[str, Any]:
    """One entry of the model stack's `variants`, but for the image, which is known only when it is built."""
    facts = blueprint.variants[variant]
    pool = pool_for(deployment, blueprint, variant)
    return {
        "engine": engine,
        "pool": pool,
        "queue": names.queue(pool),
        "gpus": facts.gpu.count if uses_model(engine) else 0,
        "vcpus": facts.host.vcpus,
        "memory_mib": facts.host.memory_mib,
        "shared_memory_mib": facts.host.shared_memory_mib,
        "timeout_minutes": blueprint.timeout_minutes(variant) or 0,
        "needs_token": bool(facts.gated) and uses_model(engine),
        "parameters": {},
    }


def deploy_plan(
    deployment: Deployment,
    names: Names,
    blueprint: Blueprint,
    variant: str,
    engine: str,
    deployed: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """Image, model stack and a look at the result. `deployed` are the stack's other variants with their images: they stay."""
    variants = {**(deployed or {}), variant: variant_spec(deployment, names, blueprint, variant, engine)}
    stack, image = f"model-{blueprint.name}", f"image:{engine}"
    params = {
        "stack": stack,
        "source": "model_batch",
        "deployment": deployment.model_dump(mode="json"),
        "blueprint": blueprint.name,
        "variants": variants,
    }
    return Plan(
        f"deploy {blueprint.name} --mode batch",
        deployment.name,
        (
            Step(image, "image", f"Worker image ({engine})", {"engine": engine}),
            Step(f"stack:{stack}", "terraform", f"Model {blueprint.name}", params, (image,)),
            Step(f"verify:{blueprint.name}", "verify", "Verification", {"what": ["batch", f"model:{blueprint.name}"]}, (f"stack:{stack}",)),
        ),
    )


def cleanup_plan(deployment: Deployment, names: Names, stacks: Collection[str], *, delete_data: bool, by_tag: bool = False) -> Plan:
    """Jobs, then what each state knows in reverse order, then what no state knows. `stacks` are those that have a state."""
    data = deployment.model_dump(mode="json")
    order = (
        []
        if by_tag
        else [
            *sorted(stack for stack in stacks if stack.startswith("model-")),
            *(name for name in ("batch", "foundation") if name in stacks),
        ]
    )
    steps = [Step("cleanup:jobs", "jobs", "Running jobs", destructive=True)]
    if not by_tag:
        emptied = {"repository": names.repository, "bucket": names.data_bucket if delete_data else ""}
        steps.append(
            Step("cleanup:data", "data", "Images and data" if delete_data else "Images", emptied, ("cleanup:jobs",), destructive=True)
        )
    for stack in order:
        params = {"stack": stack, "source": source_of(stack), "deployment": data, "keep": stack == "foundation" and not delete_data}
        steps.append(Step(f"destroy:{stack}", "destroy", f"Stack {stack}", params, (steps[-1].id,), destructive=True))
    steps.append(Step("cleanup:sweep", "sweep", "What is left", {"keep_data": not delete_data}, (steps[-1].id,), destructive=True))
    return Plan("cleanup", deployment.name, tuple(steps))


def source_of(stack: str) -> str:
    """Folder below infra/stacks."""
    return "model_batch" if stack.startswith("model-") else stack


def select(plan: Plan, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Plan:
    """Keeps the named steps; a stack's bare name means its step. Raises `unknown_name` with the closest step."""
    wanted = {_resolve(plan, name, "--only") for name in only} or {step.id for step in plan.steps}
    unwanted = {_resolve(plan, name, "--skip") for name in skip}
    return Plan(plan.command, plan.deployment, tuple(step for step in plan.steps if step.id in wanted - unwanted))


def _resolve(plan: Plan, name: str, flag: str) -> str:
    known = {step.id: step.id for step in plan.steps} | {step.id.partition(":")[2]: step.id for step in plan.steps if ":" in step.id}
    if name in known:
        return known[name]
    hint = did_you_mean(name, known, f"steps: {', '.join(step.id for step in plan.steps)}")
    raise CosmosctlError("unknown_name", f"{plan.command} has no step {name!r}", path=flag, hint=hint)
