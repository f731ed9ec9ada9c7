"""What a test or a user may change about the embedded AWS while it runs: quotas, capacity, timing, build results.

Plain data, merged from JSON and kept in the snapshot. It must not know moto nor HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any


@dataclass
class Settings:
    """`quotas`: "ec2/L-DB2E81BA" -> vCPUs, 0 allowed. `capacity_denied`: {instance_type, zone, purchase} globs, a missing
    key means any. `offerings`: instance type glob -> zones that offer it (zone names or their last letter); others as
    moto has them. `codebuild`: {"fail": bool, "log": text}. `extra`: for extensions.
    """

    quotas: dict[str, float] = field(default_factory=dict)
    capacity_denied: list[dict[str, str]] = field(default_factory=list)
    offerings: dict[str, list[str]] = field(default_factory=dict)
    s3_latency_ms: float = 0.0
    batch_dwell_seconds: float = 0.3
    codebuild: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def merge(self, change: Mapping[str, Any]) -> None:
        """Numbers and lists are replaced; mappings are merged, a null value removes its key. All or nothing."""
        known = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        for name, value in change.items():
            if name not in known:
                raise ValueError(f"unknown setting {name}; known: {', '.join(sorted(known))}")
            wanted = (int, float) if known[name] is float else known[name]
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise ValueError(f"setting {name} must be {known[name].__name__}")
            if known[name] is float and value < 0:
                raise ValueError(f"setting {name} must not be negative")
        for name, value in change.items():
            if isinstance(value, Mapping):
                merged = {**getattr(self, name), **value}
                setattr(self, name, {key: item for key, item in merged.items() if item is not None})
            else:
                setattr(self, name, float(value) if known[name] is float else value)

    def clear(self) -> None:
        self.__dict__.update(Settings().__dict__)

    def denies(self, instance_type: str, zone: str, purchase: str) -> bool:
        """True when no instance of this kind can start now; `purchase` is `spot` or `ondemand`."""
        facts = {"instance_type": instance_type, "zone": zone, "purchase": purchase}
        return any(all(fnmatchcase(facts[key], rule.get(key, "*")) for key in facts) for rule in self.capacity_denied)

    def offered(self, instance_type: str, zone: str, default: bool = True) -> bool:
        for pattern, zones in self.offerings.items():
            if fnmatchcase(instance_type, pattern):
                return any(zone == item or (len(item) == 1 and zone.endswith(item)) for item in zones)
        return default

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
