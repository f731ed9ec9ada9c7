"""After a Terraform that was killed: what it created and could not write down any more.

Such things would be created a second time or stand in the way by name. They are what carries the deployment's tag, belongs
to no state and was never finished, so they go. The data bucket with its key stays: the next apply takes it over.
"""

from __future__ import annotations

from cosmosctl.catalog.naming import Names
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.execute.keep import kept_items
from cosmosctl.execute.stacks import ids_of, stack_dir, stored_state
from cosmosctl.execute.step import Run
from cosmosctl.execute.sweep import sweep
from cosmosctl.plan.step import Step
from cosmosctl.ports.inventory import Residue
from cosmosctl.ports.terraform import StackDir

# Made by AWS or by us beside Terraform, so in no state though not orphaned.
UNTRACKED = {"ec2_network_interface", "ecs_cluster", "ec2_instance", "ec2_volume"}


def known_stacks(ctx: Context) -> list[str]:
    """Every stack that has a state object."""
    if not ctx.buckets.exists(ctx.names.state_bucket):
        return []
    found = [info.key for info in ctx.store(ctx.names.state_bucket).list("stacks/") if info.key.endswith("/terraform.tfstate")]
    return [key.split("/")[1] for key in found]


def orphans(ctx: Context) -> list[Residue]:
    owned = {ctx.names.state_bucket}
    for stack in known_stacks(ctx):
        owned |= ids_of(stored_state(ctx, stack_dir(ctx, stack, stack)))
    unknown = [item for item in ctx.inventory.list() if _tracked(item, ctx.names) and not _owned(item, owned)]
    data = kept_items(unknown, ctx.names.data_bucket)
    return [item for item in unknown if item not in data]


def _tracked(item: Residue, names: Names) -> bool:
    """Should be in a state. Log groups of AWS's own services are not, ours are: a second one of the name cannot be made."""
    return item.kind not in UNTRACKED and (item.kind != "log_group" or item.id.startswith(f"{names.log_prefix}/"))


def _owned(item: Residue, owned: set[str]) -> bool:
    if item.kind == "batch_job_definition":  # each revision is a thing of its own under one name
        return any(known.endswith(f"/{item.id}") for known in owned)
    return item.id in owned or (bool(item.name) and item.name in owned)


def settle(step: Step, run: Run, stack: StackDir) -> None:
    """Deletes the orphans of the killed apply, then forgets that there was one."""
    run.ctx.terraform.require_unlocked(stack)  # what another machine is just creating is in no state either
    found = orphans(run.ctx)
    if found:
        run.notice(step, f"removing {len(found)} resources that a killed Terraform had created and not written down")
        left = sweep(run.ctx, found, run.progress(step))
        if left:
            raise CosmosctlError("step_failed", f"could not remove {left[0]}", path=left[0].id, detail="\n".join(map(str, left)))
    run.ctx.terraform.settled(stack)
