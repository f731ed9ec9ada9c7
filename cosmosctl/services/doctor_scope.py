"""What doctor is asked about: a deployment, a blueprint of it, or a run; read from the states and the data bucket.

Contracts and the journal are facts here, never trusted as success: whether a thing works is asked at its service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from cosmosctl.blueprints.schema import Blueprint, Weights
from cosmosctl.catalog.engines import uses_model
from cosmosctl.config.contracts import BatchContract, Contract, FoundationContract, ModelBatchContract
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Journal
from cosmosctl.execute.lock import is_held
from cosmosctl.ports.facts import known
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.ports.symptoms import DoctorFacts, RunView
from cosmosctl.runs.status import RunCounts, RunState, failures, load_spec, run_state
from cosmosctl.runs.status import count as count_run
from cosmosctl.services.context import Context
from cosmosctl.services.contracts import deployed_models, read_contract
from cosmosctl.services.runs import job_facts, resolve_run

T = TypeVar("T", bound=Contract)
FAILURES_READ = 50


@dataclass(frozen=True)
class Scope:
    """`job_prefix`: beginning of the names of the jobs in question; `job_ids`: of a run, exactly."""

    subject: str = ""
    stacks: Mapping[str, bool] = field(default_factory=dict)
    unfinished: tuple[tuple[str, str], ...] = ()
    busy: bool = False
    foundation: FoundationContract | None = None
    batch: BatchContract | None = None
    models: Mapping[str, ModelBatchContract] = field(default_factory=dict)
    job_prefix: str = ""
    job_ids: tuple[str, ...] = ()
    weights: tuple[Weights, ...] = ()
    uses_model: bool = False
    timeout_minutes: int | None = None
    run: RunView | None = None


@dataclass(frozen=True)
class _Chosen:
    blueprint: Blueprint | None = None
    variant: str = ""
    engine: str = ""
    job_ids: tuple[str, ...] = ()
    run: RunView | None = None


def scope_of(ctx: Context, facts: DoctorFacts, subject: str, find: Callable[[str], Blueprint | None]) -> Scope:
    """`find` gives the blueprint of a name, None when there is none of that name."""
    has_state, has_data = known(facts.state_bucket) is True, known(facts.data_bucket) is True
    states = ctx.store(ctx.names.state_bucket) if has_state else None
    foundation, batch = _read(states, ctx, "foundation", FoundationContract), _read(states, ctx, "batch", BatchContract)
    models = _models(states, ctx)
    blueprint = find(subject) if subject else None
    if blueprint:
        chosen = _of_blueprint(blueprint, models)
    elif subject and has_data:
        chosen = _of_run(ctx, ctx.store(ctx.names.data_bucket), subject, find)
    else:
        chosen = _Chosen()
    named = f"model-{blueprint.name}" if blueprint else chosen.run.run_id if chosen.run else subject
    stacks = {"foundation": foundation is not None, "batch": batch is not None, **{f"model-{name}": True for name in models}}
    wanted = chosen.blueprint
    if blueprint:
        stacks.setdefault(named, False)
    return Scope(
        named,
        stacks,
        _unfinished(ctx),
        is_held(ctx.workdir),
        foundation,
        batch,
        {name: model for name, model in models.items() if wanted is None or name == wanted.name},
        f"{wanted.name.replace('/', '-')}-" if wanted else "",
        chosen.job_ids,
        _weights(wanted, chosen.variant),
        bool(chosen.engine) and uses_model(chosen.engine),
        wanted.timeout_minutes(chosen.variant) if wanted and chosen.variant else None,
        chosen.run,
    )


def _read(states: ObjectStore | None, ctx: Context, stack: str, model: type[T]) -> T | None:
    """A contract that cannot be read counts as a stack that is not there: applying it again is the cure for both."""
    if states is None:
        return None
    try:
        return read_contract(states, ctx.names, stack, model)
    except CosmosctlError as error:
        if error.code != "contract_mismatch":
            raise
        return None


def _models(states: ObjectStore | None, ctx: Context) -> Mapping[str, ModelBatchContract]:
    try:
        return deployed_models(states, ctx.names) if states else {}
    except CosmosctlError as error:
        if error.code != "contract_mismatch":
            raise
        return {}


def _unfinished(ctx: Context) -> tuple[tuple[str, str], ...]:
    records = Journal(ctx.workdir / "journal.jsonl").records()
    return tuple((record.step, record.state) for record in records if record.state in ("started", "failed"))


def _of_blueprint(blueprint: Blueprint, models: Mapping[str, ModelBatchContract]) -> _Chosen:
    model = models.get(blueprint.name)
    variants = dict(model.variants) if model else {}
    variant = next(iter(variants), blueprint.default_variant)
    return _Chosen(blueprint, variant, variants[variant].engine if variants else "")


def _of_run(ctx: Context, store: ObjectStore, subject: str, find: Callable[[str], Blueprint | None]) -> _Chosen:
    run_id = resolve_run(store, subject)
    spec = load_spec(store, run_id)
    counts = count_run(store, spec)
    ids = tuple(item.job_id for item in counts.submissions if item.job_id)
    found = list(failures(store, spec, counts, FAILURES_READ)) if counts.failed else []
    tally: dict[str, int] = {}
    for item in found:
        tally[item.failure] = tally.get(item.failure, 0) + 1
    messages = tuple(dict.fromkeys(f"{item.failure} {item.code}: {item.message}" for item in found))
    view = RunView(run_id, spec.blueprint, spec.variant, _state(ctx, ids, counts), spec.samples, counts.done, tally, messages)
    return _Chosen(find(spec.blueprint), spec.variant, spec.engine, ids, view)


def _state(ctx: Context, ids: tuple[str, ...], counts: RunCounts) -> RunState:
    """As `status` tells it; without the queue's word when that cannot be had."""
    try:
        return run_state(counts, job_facts(ctx.batch.describe(ids))).state
    except CosmosctlError:
        return run_state(counts).state


def _weights(blueprint: Blueprint | None, variant: str) -> tuple[Weights, ...]:
    if blueprint is None or variant not in blueprint.variants:
        return ()
    chosen = blueprint.variants[variant]
    return (chosen.weights, *chosen.companions)
