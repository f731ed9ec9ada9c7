"""Dated prices, so that a plan can name a figure without an account. Never silently valid for another region.

On-demand: Linux, us-east-1, as of `DATE`. Spot: lowest and highest zone seen in one snapshot: an example, no promise.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosmosctl.catalog import gpus

DATE = "2026-07-20"
REGION = "us-east-1"
HOURS_PER_MONTH = 730

_ON_DEMAND: dict[str, float] = {
    "g5.xlarge": 1.006, "g5.2xlarge": 1.212, "g5.12xlarge": 5.672, "g5.48xlarge": 16.288,
    "g6.xlarge": 0.805, "g6.2xlarge": 0.978, "g6.12xlarge": 4.602, "g6.48xlarge": 13.350,
    "g6e.xlarge": 1.861, "g6e.2xlarge": 2.242, "g6e.4xlarge": 3.004, "g6e.8xlarge": 4.529, "g6e.12xlarge": 10.493, "g6e.24xlarge": 15.066,
    "g6e.48xlarge": 30.131, "g7.2xlarge": 2.520, "g7e.2xlarge": 3.363, "g7e.12xlarge": 8.286, "g7e.48xlarge": 33.144,
    "p4d.24xlarge": 21.958, "p4de.24xlarge": 27.447, "p5.4xlarge": 6.880, "p5.48xlarge": 55.040, "p5en.48xlarge": 63.296,
    "p6-b200.48xlarge": 113.933, "p6-b300.48xlarge": 142.416,
}  # fmt: skip
_SPOT: dict[str, tuple[float, float, str]] = {
    "g6e.2xlarge": (0.81, 1.09, "us-east-1"), "g6e.4xlarge": (1.03, 1.15, "us-east-1"), "g6e.8xlarge": (1.36, 1.41, "us-east-1"),
    "g6e.24xlarge": (5.13, 5.76, "us-east-1"), "g6e.48xlarge": (8.0, 20.6, "us-east-1"), "p5.48xlarge": (13.0, 15.0, "us-east-2"),
}  # fmt: skip


@dataclass(frozen=True)
class Price:
    """US dollars per hour. `low` = `high` for on-demand. `valid_in` is the one region that the figure holds for."""

    instance_type: str
    purchase: str
    low: float
    high: float
    date: str
    valid_in: str

    def note(self, region: str) -> str:
        """What has to be said beside the figure."""
        what = "spot prices seen once, they move" if self.purchase == "spot" else "on-demand list price"
        where = "" if region == self.valid_in else f"; {region} may differ"
        return f"{what}, {self.valid_in}, {self.date}{where}"


def price_per_hour(instance_type: str, purchase: str = "ondemand") -> Price | None:
    """None when the catalogue has no figure: an unknown price is never guessed."""
    if purchase == "spot":
        seen = _SPOT.get(instance_type)
        return Price(instance_type, purchase, seen[0], seen[1], DATE, seen[2]) if seen else None
    listed = _ON_DEMAND.get(instance_type)
    return Price(instance_type, "ondemand", listed, listed, DATE, REGION) if listed is not None else None


def cheapest(instance_types: list[str], purchase: str = "ondemand") -> Price | None:
    """The lowest known price among some types."""
    known = [price for price in (price_per_hour(name, purchase) for name in instance_types) if price]
    return min(known, key=lambda price: price.low, default=None)


def price_per_100_samples(
    price: Price, *, fixed_minutes: float, sample_minutes: float, samples_per_shard: int, gpus_per_job: int = 1
) -> tuple[float, float]:
    """US dollars for 100 samples, from the lowest to the highest price.

    A shard pays its fixed minutes (pull, weights, load) once. Jobs share a larger host GPU by GPU, so a job of one GPU
    pays a quarter of a host of four; a host that is not full costs more than this says.
    """
    minutes = 100 * (fixed_minutes / max(1, samples_per_shard) + sample_minutes)
    host = gpus.find(price.instance_type)
    share = gpus_per_job / host.gpus if host else 1.0
    return minutes / 60 * share * price.low, minutes / 60 * share * price.high
