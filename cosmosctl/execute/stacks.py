"""Where a stack's files are, and what its state says: shared by applying, destroying and previewing.

Reading the state object is one GET; it replaces a Terraform process where only the facts of the last apply are wanted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cosmosctl.config.contracts import BatchContract, Contract, FoundationContract, ModelBatchContract
from cosmosctl.execute.context import Context
from cosmosctl.files import write_atomic
from cosmosctl.ports.terraform import StackDir

MODEL = "model-"


def contract_model(stack: str) -> type[Contract]:
    """The model that the stack's contract must fit; an unknown stack has the bare one."""
    if stack.startswith(MODEL):
        return ModelBatchContract
    models: dict[str, type[Contract]] = {"foundation": FoundationContract, "batch": BatchContract}
    return models.get(stack, Contract)


def backend(ctx: Context, stack: str) -> dict[str, str | bool]:
    values: dict[str, str | bool] = {
        "bucket": ctx.names.state_bucket,
        "key": ctx.names.state_key(stack),
        "region": ctx.session.region,
        "use_lockfile": True,
        "encrypt": True,
    }
    return values if ctx.session.endpoint is None else values | {"use_path_style": True}


def stack_dir(ctx: Context, stack: str, source: str, extra_files: Mapping[str, str] | None = None, *, local: bool = False) -> StackDir:
    return StackDir(
        stack=stack,
        source=ctx.assets.infra / "stacks" / source,
        data_dir=ctx.workdir / "tf" / stack,
        tfvars=ctx.workdir / "rendered" / f"{stack}.tfvars.json",
        plan_file=ctx.workdir / "plans" / f"{stack}.tfplan",
        backend={} if local else backend(ctx, stack),
        extra_files=extra_files or {},
    )


def write_tfvars(stack: StackDir, values: Mapping[str, Any]) -> None:
    write_atomic(stack.tfvars, json.dumps(values, indent=2, sort_keys=True) + "\n")


def source_digest(infra: Path, source: str) -> str:
    """Changes when the stack's or any module's HCL changes."""
    digest = hashlib.sha256()
    for folder in (infra / "stacks" / source, infra / "modules"):
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(infra)
            if path.is_file() and "tests" not in relative.parts and not any(part.startswith(".") for part in relative.parts):
                digest.update(str(relative).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def stored_state(ctx: Context, stack: StackDir) -> Mapping[str, Any]:
    """The state as JSON, {} when there is none."""
    if not stack.backend:
        path = stack.data_dir / "local.tfstate"
        return _parsed(path.read_bytes() if path.exists() else None)
    if not ctx.buckets.exists(str(stack.backend["bucket"])):
        return {}
    return _parsed(ctx.store(str(stack.backend["bucket"])).get(str(stack.backend["key"])))


def _parsed(body: bytes | None) -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads(body) if body else {}
    return data


def outputs_of(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item.get("value") for name, item in (state.get("outputs") or {}).items()}


def version_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Two equal versions are the same state."""
    return {"lineage": state.get("lineage", ""), "serial": state.get("serial", -1)}


def addresses_of(state: Mapping[str, Any]) -> list[str]:
    return [address for resource in state.get("resources", []) if resource["mode"] == "managed" for address in _instances(resource)]


def _instances(resource: Mapping[str, Any]) -> list[str]:
    module = f"{resource['module']}." if "module" in resource else ""
    base = f"{module}{resource['type']}.{resource['name']}"
    keys = [instance.get("index_key") for instance in resource["instances"]]
    return [base if key is None else f"{base}[{json.dumps(key)}]" for key in keys]


def ids_of(state: Mapping[str, Any]) -> set[str]:
    """Every id, ARN and name in the state: what Terraform knows that it owns."""
    attributes = [instance.get("attributes") or {} for resource in state.get("resources", []) for instance in resource["instances"]]
    return {
        str(item[key])
        for item in attributes
        for key in ("id", "arn", "name", "allocation_id", "key_id", "compute_environment_name")
        if item.get(key)
    }
