"""Decides a run: which samples, which parameters, how many jobs, what it will cost. Writes only to a scratch folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmosctl import __version__
from cosmosctl.blueprints.parameters import resolve_parameters
from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.catalog.engines import uses_model
from cosmosctl.catalog.prices import cheapest, price_per_100_samples
from cosmosctl.config.contracts import VariantContract
from cosmosctl.config.model import Deployment, Purchase
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level, errors
from cosmosctl.media.errors import MediaError
from cosmosctl.media.prompts import check_prompt
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.manifest import ManifestWriter
from cosmosctl.runs.model import RunSpec
from cosmosctl.runs.sharding import ON_DEMAND_BUDGET_MINUTES, SPOT_BUDGET_MINUTES, Minutes, ShardPlan, plan_shards, submissions
from cosmosctl.services.ledger import Entry
from cosmosctl.services.samples import Gathered, Source, samples
from cosmosctl.services.submit import Prepared


@dataclass(frozen=True)
class Request:
    """What the user asked for; `params` as text, `variant` resolved."""

    blueprint: Blueprint
    variant: str
    inputs: tuple[str, ...] = ()
    manifest: Path | None = None
    prompt: str = ""
    params: Mapping[str, str] | None = None
    shard_size: int | None = None
    cwd: Path = Path()


def prepare(
    request: Request, deployed: VariantContract, deployment: Deployment, entry: Entry, scratch: Path, data: ObjectStore
) -> Prepared:
    """Raises `invalid_input`, `invalid_manifest` or `invalid_parameter` with every finding; nothing has been uploaded then."""
    from cosmosctl.runs.keys import RunKeys

    given = dict(request.params or {})
    prompt = request.prompt or given.pop("prompt", "")
    source = Source(
        request.blueprint, request.variant, request.inputs, request.manifest, prompt, RunKeys(entry.run_id), request.cwd, scratch, data
    )
    gathered = Gathered()
    with ManifestWriter(scratch) as writer:
        for sample in samples(source, gathered):
            writer.add(sample)
    params, problems = _parameters(request, given, gathered.tasks)
    findings = [*_prompt_findings(request.blueprint, prompt), *gathered.findings, *problems]
    _refuse(findings, problems)
    plan = _shards(request, deployed, deployment, writer.files.samples)
    spec = _spec(request, deployed, deployment, entry, params, prompt, plan)
    return Prepared(
        spec,
        writer.files,
        tuple(gathered.uploads),
        tuple(submissions(plan.shards)),
        tuple(findings),
        _estimate(request, deployed, deployment, plan),
    )


def _prompt_findings(blueprint: Blueprint, prompt: str) -> list[Finding]:
    """The run's prompt obeys the rules of a prompt beside a file; without one the default is used."""
    try:
        if prompt:
            check_prompt(prompt, blueprint.prompt.max_chars)
    except MediaError as error:
        return [Finding("--prompt", Level.ERROR, error.code, error.message, error.hint)]
    return []


def _refuse(findings: list[Finding], problems: list[Finding]) -> None:
    wrong = errors(findings)
    if not wrong:
        return
    code = "invalid_parameter" if len(errors(problems)) == len(wrong) else "invalid_input"
    first = wrong[0]
    raise CosmosctlError(
        code,
        f"{len(wrong)} problem{'s' if len(wrong) > 1 else ''}; nothing was uploaded. First: {first.path}: {first.message}",
        path=first.path,
        hint=first.hint,
        findings=findings,
    )


def _parameters(request: Request, given: Mapping[str, str], tasks: Iterable[str]) -> tuple[dict[str, Any], list[Finding]]:
    """One set for the run: parameters mean the same for each of its tasks."""
    merged: dict[str, Any] = {}
    findings: dict[Finding, None] = {}
    for task in sorted(tasks) or [request.blueprint.variants[request.variant].tasks[0]]:
        values, found = resolve_parameters(request.blueprint, request.variant, task, given)
        merged.update(values)
        findings.update(dict.fromkeys(found))
    return merged, list(findings)


def _shards(request: Request, deployed: VariantContract, deployment: Deployment, count: int) -> ShardPlan:
    if not count:
        raise CosmosctlError(
            "invalid_input", "there is nothing to submit", path="INPUT", hint="name a file, folder or glob with supported media"
        )
    pool = deployment.batch.pools.get(deployed.pool)
    spot = pool is None or pool.purchase is not Purchase.ON_DEMAND
    return plan_shards(
        count,
        minutes_of(request.blueprint, request.variant),
        _slots(deployed),
        budget_minutes=SPOT_BUDGET_MINUTES if spot else ON_DEMAND_BUDGET_MINUTES,
        shard_size=request.shard_size,
    )


def minutes_of(blueprint: Blueprint, variant: str) -> Minutes:
    table = blueprint.minutes(variant)
    return Minutes.of(table.model_dump()) if table else Minutes()


def _slots(deployed: VariantContract) -> int:
    """One engine process per GPU; an engine without a model uses no GPU."""
    return max(1, deployed.gpus) if uses_model(deployed.engine) else 1


def _spec(
    request: Request,
    deployed: VariantContract,
    deployment: Deployment,
    entry: Entry,
    params: Mapping[str, Any],
    prompt: str,
    plan: ShardPlan,
) -> RunSpec:
    blueprint, variant = request.blueprint, request.blueprint.variants[request.variant]
    with_model = uses_model(deployed.engine)
    stamp = "-".join(entry.run_id.split("-")[-3:-1])
    return RunSpec(
        run_id=entry.run_id, deployment=deployment.name, blueprint=blueprint.name, variant=request.variant, engine=deployed.engine,
        device="cuda" if with_model else "cpu", model=variant.weights.repo, revision=variant.weights.revision,
        attribution=blueprint.attribution, image=deployed.image, submitted=entry.submitted, timestamp=stamp,
        samples=plan.samples, shards=plan.shards, shard_size=plan.shard_size,
        output_name=blueprint.output.name, output_prefix=f"outputs/{entry.run_id}/", params=params, prompt=prompt,
        default_prompt=blueprint.prompt.default, system_prompt=blueprint.prompt.system, prompt_metadata_key=blueprint.prompt.metadata_key,
        prompt_required=tuple(name for name, task in blueprint.tasks.items() if task.prompt == "required"),
        guardrails="on" if with_model else "not applicable", slots=_slots(deployed), gpus=deployed.gpus, pool=deployed.pool,
        queue=deployed.queue_name, job_definition=deployed.job_definition, tool_version=__version__,
    )  # fmt: skip


def _estimate(request: Request, deployed: VariantContract, deployment: Deployment, plan: ShardPlan) -> float | None:
    """US dollars at the on-demand list price; None when the catalogue has no price for the pool."""
    pool = deployment.batch.pools.get(deployed.pool)
    table = request.blueprint.minutes(request.variant)
    price = cheapest(list(pool.instance_types)) if pool else None
    if price is None or table is None:
        return None
    per_100, _ = price_per_100_samples(
        price,
        fixed_minutes=table.fixed,
        sample_minutes=table.per_sample + table.upload,
        samples_per_shard=plan.shard_size,
        gpus_per_job=max(1, deployed.gpus),
    )
    return round(per_100 * plan.samples / 100, 2)


def files_identity(files: Iterable[Path]) -> list[tuple[str, int, int]]:
    """(path, size, mtime in ns): what makes a repeated command the same request."""
    out = []
    for path in files:
        for item in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if item.is_file():
                facts = item.stat()
                out.append((str(item.resolve()), facts.st_size, facts.st_mtime_ns))
    return out
