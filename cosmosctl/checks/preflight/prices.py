"""What an hour and a hundred samples would cost, per pool. Live prices first; the dated catalogue says that it is dated.

Minutes come from the plan that shards a run, so the estimate and the run use the same arithmetic. An unknown price is
said to be unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

from cosmosctl.catalog import gpus, prices
from cosmosctl.catalog.quotas import purchases
from cosmosctl.checks.preflight.base import Subject, info, pool_path
from cosmosctl.checks.preflight.fitting import chosen_pool
from cosmosctl.config.model import Pool, Target
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import CouldNotCheck, Fact, PreflightFacts, Quote
from cosmosctl.runs.cost import paid_time
from cosmosctl.runs.sharding import ON_DEMAND_BUDGET_MINUTES, SPOT_BUDGET_MINUTES, Minutes, plan_shards

RULES = ("price", "price_unknown", "price_source", "price_per_100")
SAMPLES = 100
PLAUSIBLE_USD = 0.01  # per hour; a GPU for less is the invention of an emulation
MARKET = {"spot": "spot", "ondemand": "on demand"}


def findings(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    if facts.on_demand is None and facts.spot is None:
        return []
    found = [finding for name, pool in subject.pools.items() for finding in _pool(subject, name, pool, facts)]
    return [*found, *_sources(facts), *_per_100(subject, facts)]


def quote(facts: PreflightFacts, instance_type: str, purchase: str, region: str) -> Quote | None:
    """The live figure, else the catalogue's with its date."""
    live = facts.spot if purchase == "spot" else facts.on_demand
    if isinstance(live, Fact) and instance_type in live.value and live.value[instance_type].low >= PLAUSIBLE_USD:
        return live.value[instance_type]
    dated = prices.price_per_hour(instance_type, purchase)
    return Quote(instance_type, purchase, dated.low, dated.high, dated.note(region)) if dated else None


def _pool(subject: Subject, name: str, pool: Pool, facts: PreflightFacts) -> list[Finding]:
    found = []
    free = "; the sandbox itself is free" if subject.deployment.target is Target.SANDBOX else ""
    for index, instance_type in enumerate(pool.instance_types):
        path = pool_path(name, f"instance_types[{index}]")
        for purchase in purchases(pool.purchase):
            price = quote(facts, instance_type, purchase, subject.deployment.region)
            what = f"{instance_type} {MARKET[purchase]}"
            if price is None:
                found.append(info(path, "price_unknown", f"no price of {what} is known"))
            else:
                cost = _money(price.low, price.high)
                found.append(info(path, "price", f"{what} costs {cost} per hour ({price.note}){free}"))
    return found


def _sources(facts: PreflightFacts) -> list[Finding]:
    """Dated figures are no warning, but nobody should take them for live ones."""
    failed: Mapping[str, object] = {"on-demand prices": facts.on_demand, "spot prices": facts.spot}
    return [
        info("prices", "price_source", f"live {what} are not to be had, figures are of {prices.DATE}: {lookup.reason}")
        for what, lookup in failed.items()
        if isinstance(lookup, CouldNotCheck) and not lookup.credentials
    ]


def _per_100(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    chosen, blueprint, variant = chosen_pool(subject), subject.blueprint, subject.variant
    table = blueprint.minutes(variant) if blueprint and variant else None
    if not chosen or not blueprint or not variant or not table or not blueprint.modes.batch:
        return []
    name, pool = chosen
    minutes = Minutes.of(table.model_dump())
    what = f"{SAMPLES} samples of {blueprint.name} {variant} with {blueprint.modes.batch.engines.gpu}"
    return [
        info(pool_path(name, "purchase"), "price_per_100", f"{what} cost about {text}")
        for purchase in purchases(pool.purchase)
        if (text := _estimate(subject, pool, purchase, minutes, blueprint.variants[variant].gpu.count, facts))
    ]


def _estimate(subject: Subject, pool: Pool, purchase: str, minutes: Minutes, gpu_count: int, facts: PreflightFacts) -> str:
    """Of the cheapest type of the pool. A job pays its share of a host, GPU by GPU."""
    region = subject.deployment.region
    known = [item for name in pool.instance_types if (item := gpus.find(name))]
    quotes = [(item, price) for item in known if (price := quote(facts, item.name, purchase, region))]
    if not quotes:
        return ""
    item, price = min(quotes, key=lambda pair: pair[1].low * gpu_count / pair[0].gpus)
    budget = SPOT_BUDGET_MINUTES if purchase == "spot" else ON_DEMAND_BUDGET_MINUTES
    paid = paid_time(plan_shards(SAMPLES, minutes, gpu_count, budget_minutes=budget), minutes)
    share = gpu_count / item.gpus
    cost = _money(paid.usd(price.low) * share, paid.usd(price.high) * share)
    return f"{cost} on {item.name} {MARKET[purchase]} ({paid.instance_minutes * share:.0f} paid minutes; {price.note})"


def _money(low: float, high: float) -> str:
    return f"${low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"${low:.2f} to ${high:.2f}"
