"""Everything that a report shows, as plain data. Media are bytes: the builder opens no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_MAX_BYTES = 48 * 1024 * 1024
ATTRIBUTION = "Built on NVIDIA Cosmos"


@dataclass(frozen=True)
class Media:
    """A clip or an image. `data` may be None (too large, gone); `poster` is a JPEG; `link` is relative to the report."""

    kind: str  # "video" | "image"
    name: str
    mime: str = ""
    data: bytes | None = None
    poster: bytes | None = None
    link: str = ""
    caption: str = ""  # "640 x 480, 90 frames, 30 fps, 3.0 s"


@dataclass(frozen=True)
class Series:
    """A curve over time, drawn small below a text result."""

    title: str
    points: tuple[tuple[float, float], ...]  # seconds, value 0..1


@dataclass(frozen=True)
class ReportSample:
    """One sample, with a result or with a failure, or still without either."""

    id: str
    name: str
    task: str
    state: str  # "done" | "failed" | "missing"
    prompt: str = ""
    prompt_source: str = ""
    input: Media | None = None
    output: Media | None = None
    text: str = ""
    reasoning: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    series: tuple[Series, ...] = ()


@dataclass(frozen=True)
class ReportFailure:
    """One line of the failure table. `kind` is the failure class."""

    sample: str
    name: str
    kind: str
    code: str
    message: str
    hint: str = ""
    attempt: int = 0


@dataclass(frozen=True)
class Cost:
    """An estimate and what it rests on; `usd` None means that nothing is billed or no price is known."""

    usd: float | None
    basis: str
    per_sample_usd: float | None = None


@dataclass(frozen=True)
class ReportData:
    """`samples` may be a part of the run: `total`, `done` and `failed` count all of it."""

    run_id: str
    blueprint: str
    variant: str
    engine: str
    uses_model: bool
    state: str
    total: int
    done: int
    failed: int
    model: str = ""
    revision: str = ""
    deployment: str = ""
    target: str = ""
    region: str = ""
    submitted: str = ""
    finished: str = ""
    tool_version: str = ""
    attribution: str = ATTRIBUTION
    parameters: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[ReportSample, ...] = ()
    failures: tuple[ReportFailure, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)  # phase -> seconds, summed over the run
    cost: Cost | None = None
    max_bytes: int = DEFAULT_MAX_BYTES  # of embedded media; above it posters with links stand in
