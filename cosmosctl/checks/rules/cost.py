"""What the configuration costs while nothing runs. Figures come from the dated catalogue and say so."""

from __future__ import annotations

from cosmosctl.catalog import prices
from cosmosctl.config.model import Deployment, Pool, Purchase, Target
from cosmosctl.findings import Finding, Level

EMAILS_MAX = 10  # subscribers of one AWS Budgets notification


def _warm_price(pool: Pool) -> prices.Price | None:
    """Of the first type, which warm hosts are counted in, and the market that the pool tries first."""
    market = "ondemand" if pool.purchase is Purchase.ON_DEMAND else "spot"
    return prices.price_per_hour(pool.instance_types[0], market) or prices.price_per_hour(pool.instance_types[0])


def warm_cost(deployment: Deployment) -> list[Finding]:
    """Warm instances are billed around the clock, and keep the host and the image warm, not the model."""
    findings = []
    for name, pool in deployment.batch.pools.items():
        if not pool.warm_instances:
            continue
        price = _warm_price(pool)
        what = f"{pool.warm_instances} x {pool.instance_types[0]} stay on, used or not"
        level = Level.WARNING if deployment.target is Target.AWS else Level.INFO
        if price:
            hourly = price.high * pool.warm_instances
            what += f": about ${hourly:.2f} per hour, ${hourly * 24:,.0f} per day, ${hourly * prices.HOURS_PER_MONTH:,.0f} per month"
            what += f" ({price.note(deployment.region)})"
        else:
            what += "; the catalogue has no price for it"
        hint = "they keep the host and its image, not the model; scale_down_minutes bridges bursts for less"
        findings.append(Finding(f"batch.pools.{name}.warm_instances", level, "warm_cost", what, hint))
    return findings


def budget_below_warm_cost(deployment: Deployment) -> list[Finding]:
    monthly = 0.0
    for pool in deployment.batch.pools.values():
        price = _warm_price(pool)
        monthly += price.low * pool.warm_instances * prices.HOURS_PER_MONTH if price and pool.warm_instances else 0.0
    if monthly <= deployment.budget.monthly_usd:
        return []
    message = f"${deployment.budget.monthly_usd} a month are less than the warm instances alone cost (${monthly:,.0f})"
    return [Finding("budget.monthly_usd", Level.WARNING, "budget_below_warm_cost", message, "raise the budget or lower warm_instances")]


def budget_emails(deployment: Deployment) -> list[Finding]:
    emails = deployment.budget.emails
    if len(emails) > EMAILS_MAX:
        message = f"{len(emails)} addresses; AWS Budgets allows {EMAILS_MAX}"
        return [Finding("budget.emails", Level.ERROR, "budget_emails", message, "use a mailing list")]
    repeated = sorted({item for item in emails if [other.lower() for other in emails].count(item.lower()) > 1})
    if repeated:
        hint = "keep one; AWS Budgets refuses an address twice"
        return [Finding("budget.emails", Level.ERROR, "budget_emails", f"{repeated[0]} is given twice", hint)]
    if not emails and deployment.target is Target.AWS:
        return [Finding("budget.emails", Level.INFO, "budget_emails", "nobody is told when the budget is reached", "add an address")]
    return []
