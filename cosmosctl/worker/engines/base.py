"""The protocol between the worker's loop and an engine: one file per engine, found by its name.

An engine turns local files into local files. It must not know S3, Batch or runs; heavy imports live inside `load`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class FailureClass(StrEnum):
    """Why a sample has no result. Only `resource` and `transient` are worth another attempt."""

    INPUT = "input"
    MODEL = "model"
    RESOURCE = "resource"
    TRANSIENT = "transient"


@dataclass(frozen=True)
class Task:
    """One sample, ready on this machine. `media` is None for text2world. `params` are all resolved parameters."""

    sample_id: str
    prompt: str
    media: Path | None
    media_kind: str  # "video" | "image" | "none"
    params: Mapping[str, Any]
    output: Path  # write the primary output here (suffix already right: .mp4 or .json)


@dataclass(frozen=True)
class Outcome:
    """What became of one task: `output` written and `facts` for the sidecar, or a failure."""

    sample_id: str
    ok: bool
    facts: Mapping[str, Any] = field(default_factory=dict)  # frames, fps, width, height, result text, ...
    failure: FailureClass | None = None
    code: str = ""  # stable snake_case, e.g. "too_few_frames"
    message: str = ""


@dataclass(frozen=True)
class EngineInfo:
    """Goes into every sidecar. `model` is "none" for the baseline."""

    name: str
    model: str
    revision: str
    uses_model: bool
    device: str  # "cpu" | "cuda"


class Engine(Protocol):
    """Created once per process (one process per GPU)."""

    def load(self, weights: Path | None, device: str, settings: Mapping[str, Any]) -> EngineInfo:
        """`settings`: blueprint, variant and the defaults of run.json."""
        ...

    def run(self, tasks: Sequence[Task], cancelled: Callable[[], bool]) -> Sequence[Outcome]:
        """Outcomes in the order of `tasks`. Never raises for a bad sample. Stops early when `cancelled()`."""
        ...
