"""Which vCPU quota counts an instance type. On demand and spot are separate quotas; an increase of one helps only one.

Must not know how quotas are read.
"""

from __future__ import annotations

from dataclasses import dataclass

SERVICE = "ec2"
ASK_FOR_VCPUS = 192  # a usual first request; takes one to two business days


@dataclass(frozen=True)
class Quota:
    """`code` is "" when it is not known for sure; `note` says why."""

    code: str
    name: str
    note: str = ""

    @property
    def known(self) -> bool:
        return bool(self.code)


G_ON_DEMAND = Quota("L-DB2E81BA", "Running On-Demand G and VT instances")
G_SPOT = Quota("L-3819A6DF", "All G and VT Spot Instance Requests", "often 0 in a new account")
P_ON_DEMAND = Quota("L-417A185B", "Running On-Demand P instances")
P4_SPOT = Quota("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests")
P5_SPOT = Quota("L-C4BD4855", "All P5 Spot Instance Requests", "0 by default")
P6_SPOT = Quota("", "P6 Spot Instance Requests", "AWS sources disagree on the quota code; look it up in the Service Quotas console")
ALL = (G_ON_DEMAND, G_SPOT, P_ON_DEMAND, P4_SPOT, P5_SPOT, P6_SPOT)


def quota_for(instance_type: str, purchase: str) -> Quota:
    """`purchase` is `spot` or `ondemand` (also `on-demand`)."""
    spot = purchase == "spot"
    if instance_type.startswith(("g", "vt")):
        return G_SPOT if spot else G_ON_DEMAND
    if not instance_type.startswith("p"):
        return Quota("", f"quota of {instance_type}", "only GPU families are in the catalogue")
    if not spot:
        return P_ON_DEMAND
    if instance_type.startswith("p6"):
        return P6_SPOT
    return P5_SPOT if instance_type.startswith("p5") else P4_SPOT


def purchases(purchase: str) -> tuple[str, ...]:
    """Markets that a pool buys from, in queue order: `spot` and/or `ondemand`."""
    return {"spot": ("spot",), "on-demand": ("ondemand",), "spot-first": ("spot", "ondemand")}[purchase]
