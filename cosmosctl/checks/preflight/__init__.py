"""Checks that need look-ups, as pure deciders over facts: one file per subject, found by its folder.

A file has `RULES` (the rule names that it may report) and `findings(subject, facts)`. Adding a check is adding a file.
Nothing here asks AWS, the hub or the clock.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from types import ModuleType

from cosmosctl.checks.preflight.base import Subject
from cosmosctl.findings import Finding, Level
from cosmosctl.ports.facts import PreflightFacts

_RANK = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}
_NOT_A_CHECK = {"base"}


@cache
def modules() -> tuple[ModuleType, ...]:
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name not in _NOT_A_CHECK)
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


def rules() -> list[str]:
    """Every rule name that can be skipped, sorted."""
    return sorted({rule for module in modules() for rule in module.RULES})


def judge(subject: Subject, facts: PreflightFacts, skip: Iterable[str] = ()) -> list[Finding]:
    """All findings, worst first, otherwise in a fixed order."""
    left_out = frozenset(skip)
    found = [finding for module in modules() for finding in module.findings(subject, facts) if finding.rule not in left_out]
    return ordered(found)


def ordered(found: Iterable[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(found), key=lambda item: (_RANK[item.level], item.path, item.rule, item.message))
