"""Live prices: the pricing API for on-demand, the spot price history for spot.

Both say where a figure comes from. When they cannot answer, the dated catalogue does, elsewhere: nothing falls back here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from cosmosctl.adapters.facts import ask
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.clock import Clock
from cosmosctl.ports.facts import Lookup, Quote

PRICING_REGION = "us-east-1"  # one of the three regions that have the API
SPOT_WINDOW = timedelta(hours=24)


class LivePrices:
    """`ports.facts.PriceFacts` over one session."""

    def __init__(self, session: AwsSession, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def on_demand(self, instance_types: Sequence[str]) -> Lookup[Mapping[str, Quote]]:
        note = f"on-demand list price of the pricing API, {self._session.region}, {self._clock.now():%Y-%m-%d}"

        def read() -> Mapping[str, Quote]:
            client = self._session.client("pricing", PRICING_REGION)
            prices = ((name, _price(client, self._session.region, name)) for name in instance_types)
            return {name: Quote(name, "ondemand", price, price, note) for name, price in prices if price is not None}

        return ask("pricing:GetProducts", read, "pricing API")

    def spot(self, instance_types: Sequence[str]) -> Lookup[Mapping[str, Quote]]:
        note = f"spot prices of the last {SPOT_WINDOW.total_seconds() / 3600:.0f} hours over the zones of {self._session.region}; they move"

        def read() -> Mapping[str, Quote]:
            seen: dict[str, list[float]] = {}
            for name, price in self._history(instance_types):
                seen.setdefault(name, []).append(price)
            return {name: Quote(name, "spot", min(prices), max(prices), note) for name, prices in seen.items()}

        return ask("ec2:DescribeSpotPriceHistory", read, "spot price history")

    def _history(self, instance_types: Sequence[str]) -> Iterator[tuple[str, float]]:
        now = self._clock.now()
        pages = (
            self._session.client("ec2")
            .get_paginator("describe_spot_price_history")
            .paginate(InstanceTypes=list(instance_types), ProductDescriptions=["Linux/UNIX"], StartTime=now - SPOT_WINDOW, EndTime=now)
        )
        for page in pages:
            for item in page["SpotPriceHistory"]:
                if item["InstanceType"] in instance_types:  # the API filters; an emulation may not
                    yield str(item["InstanceType"]), float(item["SpotPrice"])


def _price(client: Any, region: str, instance_type: str) -> float | None:
    """The hourly Linux price of a plain shared instance."""
    wanted = {
        "regionCode": region,
        "instanceType": instance_type,
        "operatingSystem": "Linux",
        "preInstalledSw": "NA",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "productFamily": "Compute Instance",
    }
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = client.get_paginator("get_products").paginate(ServiceCode="AmazonEC2", Filters=filters)
    prices = [price for page in pages for text in page["PriceList"] for price in _hourly(json.loads(text))]
    return min(prices, default=None)


def _hourly(product: Mapping[str, Any]) -> Iterator[float]:
    for term in (product.get("terms") or {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            usd = float(dimension.get("pricePerUnit", {}).get("USD", 0))
            if dimension.get("unit") == "Hrs" and usd > 0:
                yield usd
