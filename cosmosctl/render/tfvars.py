"""Terraform variables of each stack: a pure step from a deployment and earlier contracts to JSON-able dicts.

What a stack is called and which names it gives are decided in `catalog.naming`; this module only translates. It must not
know how Terraform is run, nor read files. A test compares every key with the stack's `variables.tf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.catalog.naming import Names
from cosmosctl.config.contracts import BatchContract, FoundationContract
from cosmosctl.config.model import Deployment, Pool, Target
from cosmosctl.errors import CosmosctlError

Variables = dict[str, Any]

# Of a variant, what the stack takes. The rest of a specification is for other readers.
VARIANT_REQUIRED = ("image", "engine", "pool", "gpus", "vcpus", "memory_mib", "shared_memory_mib", "timeout_minutes")
VARIANT_OPTIONAL = ("needs_token", "parameters")


def foundation_tfvars(deployment: Deployment, names: Names) -> Variables:
    """Network, data bucket, secret, budget."""
    network, data = deployment.network, deployment.data
    return {
        **_common(deployment, names),
        "network": network.model_dump(mode="json"),
        "data": {
            "keep": data.keep_on_cleanup,
            "efs_weight_cache": data.efs_weight_cache,
            "expire_noncurrent_days": data.expire_noncurrent_days,
        },
        "budget": {"monthly_usd": deployment.budget.monthly_usd, "emails": list(deployment.budget.emails)},
    }


def batch_tfvars(deployment: Deployment, names: Names, foundation: FoundationContract, instance_vcpus: Mapping[str, int]) -> Variables:
    """Pools, image build, alarms. `instance_vcpus` holds the vCPUs of each instance type; only warm pools need theirs."""
    return {
        **_common(deployment, names),
        **_from_foundation(foundation),
        "log_retention_days": deployment.logs.retention_days,
        "vpc_id": foundation.vpc_id,
        "subnet_ids": list(foundation.subnet_ids),
        "alert_topic_arn": foundation.alert_topic_arn,
        "runnable_limit_minutes": deployment.batch.runnable_limit_minutes,
        "pools": {name: _pool(name, pool, instance_vcpus) for name, pool in deployment.batch.pools.items()},
    }


def model_tfvars(
    deployment: Deployment,
    names: Names,
    foundation: FoundationContract,
    batch: BatchContract,
    blueprint: str,
    variants: Mapping[str, Mapping[str, Any]],
) -> Variables:
    """Job definitions of one blueprint. A variant's queue is that of its pool, as the batch stack made it."""
    return {
        **_common(deployment, names),
        **_from_foundation(foundation),
        "log_retention_days": deployment.logs.retention_days,
        "repository_name": batch.repository_name,
        "hf_secret_arn": foundation.hf_secret_arn,
        "efs_id": foundation.efs_id,
        "efs_access_point_id": foundation.efs_access_point_id,
        "blueprint": blueprint,
        "variants": {name: _variant(blueprint, name, spec, batch) for name, spec in variants.items()},
    }


def _common(deployment: Deployment, names: Names) -> Variables:
    return {
        "name": deployment.name,
        "region": names.region,
        "account_id": names.account,
        "prefix": names.prefix,
        "unique_prefix": names.unique,
        "tags": dict(deployment.tags),
        "sandbox": deployment.target is Target.SANDBOX,
    }


def _from_foundation(foundation: FoundationContract) -> Variables:
    return {"kms_key_arn": foundation.kms_key_arn, "data_bucket_arn": foundation.data_bucket_arn}


def _pool(name: str, pool: Pool, instance_vcpus: Mapping[str, int]) -> Variables:
    first = pool.instance_types[0]
    vcpus = instance_vcpus.get(first, 0)
    if pool.warm_instances and not vcpus:
        raise CosmosctlError(
            "invalid_config",
            f"the vCPUs of {first} are not known, so {pool.warm_instances} warm instances cannot be counted",
            path=f"batch.pools.{name}.warm_instances",
            hint="set warm_instances to 0, or name a listed type first:  cosmosctl versions",
        )
    return {
        "instance_types": list(pool.instance_types),
        "max_vcpus": pool.max_vcpus,
        "purchase": pool.purchase.value,
        "warm_instances": pool.warm_instances,
        "instance_vcpus": vcpus,
        "disk_gib": pool.disk_gib,
    }


def _variant(blueprint: str, name: str, spec: Mapping[str, Any], batch: BatchContract) -> Variables:
    missing = [key for key in VARIANT_REQUIRED if key not in spec]
    if missing:
        raise CosmosctlError("internal", f"variant {name} of {blueprint} has no {', '.join(missing)}", path=f"{blueprint}.{name}")
    if spec["pool"] not in batch.pools:
        raise CosmosctlError(
            "not_deployed",
            f"pool {spec['pool']} is not installed; installed are {', '.join(sorted(batch.pools)) or 'none'}",
            path=f"batch.pools.{spec['pool']}",
            hint="cosmosctl install   creates the pools of cosmosctl.yaml",
        )
    taken = {key: spec[key] for key in (*VARIANT_REQUIRED, *VARIANT_OPTIONAL) if key in spec}
    return {**taken, "queue": batch.pools[spec["pool"]].queue_name}
