"""Which cause holds, as pure deciders over `DoctorFacts`: one file per subject, found by its folder.

A file has `CAUSES` (the stable names it may report), `LOOKED_AT` (what a person would call it), `NEEDS` (the facts without
which it has looked at nothing) and `diagnose(facts)`.
Adding a cause is adding a function or a file; nothing here asks AWS.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from cosmosctl.checks.diagnose.base import Diagnosis
from cosmosctl.findings import Level
from cosmosctl.ports.facts import CouldNotCheck
from cosmosctl.ports.symptoms import DoctorFacts

_RANK = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}
_NOT_A_CHECK = {"base", "signs"}


@cache
def modules() -> tuple[ModuleType, ...]:
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name not in _NOT_A_CHECK)
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


def causes() -> list[str]:
    return sorted({cause for module in modules() for cause in module.CAUSES})


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    """All that holds, worst first, otherwise in a fixed order."""
    found = {item for module in modules() for item in module.diagnose(facts)}
    return sorted(found, key=lambda item: (_RANK[item.level], item.path, item.cause, item.message))


def looked_at(facts: DoctorFacts) -> list[str]:
    """Only what there was to look at, and what answered: silence must not pass for health."""
    return [str(module.LOOKED_AT) for module in modules() if any(_answered(getattr(facts, name)) for name in module.NEEDS)]


def _answered(value: object) -> bool:
    """A fact, or a collection of some."""
    if isinstance(value, Mapping):
        return any(_answered(item) for item in value.values())
    return bool(value) and not isinstance(value, CouldNotCheck)
