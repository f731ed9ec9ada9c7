"""Which variant and which engine a command means, refused with a reason when there is no such thing.

Pure. The engine is fixed at submission: a target says whether its jobs see a GPU, and nothing falls back later.
"""

from __future__ import annotations

from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.config.schema import did_you_mean
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level


def choose_variant(blueprint: Blueprint, given: str | None) -> str:
    """The variant's exact name, matched whatever the case; the default one without `given`. Raises `unknown_name`."""
    if not given:
        return blueprint.default_variant
    for name in blueprint.variants:
        if name.lower() == given.lower():
            return name
    hint = did_you_mean(given, blueprint.variants, f"known: {', '.join(blueprint.variants)}")
    raise CosmosctlError("unknown_name", f"{blueprint.name} has no variant {given!r}", path="--variant", hint=hint)


def choose_engine(blueprint: Blueprint, given: str | None, *, sees_gpu: bool) -> tuple[str, list[Finding]]:
    """The engine, and a warning when it is not the model's own. Raises `unknown_name` for one that is not shipped."""
    mode = blueprint.modes.batch
    if mode is None:
        raise CosmosctlError("invalid_parameter", f"{blueprint.name} has no batch mode", path="--mode", hint="cosmosctl blueprints list")
    engines = mode.engines
    if given:
        if given not in engines.available:
            hint = did_you_mean(given, engines.available, f"available: {', '.join(engines.available)}")
            raise CosmosctlError("unknown_name", f"{blueprint.name} has no engine {given!r}", path="--engine", hint=hint)
        return given, []
    wanted = engines.gpu if sees_gpu else engines.cpu
    if wanted in engines.available:
        return wanted, []
    message = f"the engine {wanted} is not in this release; {engines.cpu} runs instead and uses no model"
    return engines.cpu, [Finding("--engine", Level.WARNING, "engine_missing", message, f"--engine {engines.cpu} silences this")]
