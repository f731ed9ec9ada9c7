"""Rules about a deployment that need nothing but itself and the catalogue: pure, offline, milliseconds.

Adding a rule is adding a public function `name(deployment) -> list[Finding]` to a module of this package; it is found by
itself, and `--skip-check name` switches it off. The findings of a function carry its name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection
from functools import cache

from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding

Rule = Callable[[Deployment], list[Finding]]


@cache
def rules() -> dict[str, Rule]:
    """Every rule by name."""
    found: dict[str, Rule] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                if name in found:
                    raise RuntimeError(f"two rules are called {name}")
                found[name] = function
    return found


def run(deployment: Deployment, skip: Collection[str] = ()) -> list[Finding]:
    """The findings of all rules but those in `skip`, without places; `Draft.located` adds these."""
    return [finding for name, rule in rules().items() if name not in skip for finding in rule(deployment)]
