"""What one engine process did with its share of a shard: counted while it runs, merged by the job at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class SlotReport:
    total: int = 0
    skipped: int = 0  # had results before
    done: int = 0
    failed: dict[str, int] = field(default_factory=dict)  # class -> samples, earlier final failures included
    seconds: dict[str, float] = field(default_factory=dict)
    busy_share: float | None = None
    engine: dict[str, Any] = field(default_factory=dict)
    peak_rss_mib: float = 0.0
    error: dict[str, Any] | None = None  # the engine as a whole: class, code, message
    killed: bool = False
    stopped: bool = False

    @property
    def unfinished(self) -> int:
        """Samples without a result that no input failure explains."""
        return self.total - self.skipped - self.done - self.failed.get("input", 0)

    def add_seconds(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    def add_failure(self, kind: str) -> None:
        self.failed[kind] = self.failed.get(kind, 0) + 1

    def classes(self) -> Mapping[str, int]:
        """Failures by class; an engine that did not start counts for all that it left."""
        if not self.error:
            return self.failed
        return Counter(self.failed) + Counter({str(self.error["class"]): max(1, self.unfinished)})

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SlotReport:
        return cls(**json.loads(text))


def merge(reports: Sequence[SlotReport]) -> SlotReport:
    failed: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for report in reports:
        failed.update(report.failed)
        seconds.update(report.seconds)
    shares = [report.busy_share for report in reports if report.busy_share is not None]
    return SlotReport(
        total=sum(report.total for report in reports),
        skipped=sum(report.skipped for report in reports),
        done=sum(report.done for report in reports),
        failed=dict(failed),
        seconds={name: round(float(value), 3) for name, value in seconds.items()},
        busy_share=round(sum(shares) / len(shares), 4) if shares else None,
        engine=next((report.engine for report in reports if report.engine), {}),
        peak_rss_mib=round(sum(report.peak_rss_mib for report in reports), 1),
        error=next((report.error for report in reports if report.error), None),
        killed=any(report.killed for report in reports),
        stopped=any(report.stopped for report in reports),
    )
