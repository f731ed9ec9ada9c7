"""Finds an engine by its name: one file in `worker/engines`, nothing registered elsewhere."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec

from cosmosctl.errors import CosmosctlError
from cosmosctl.worker.engines.base import Engine

_PACKAGE = "cosmosctl.worker.engines"
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def engine_exists(name: str) -> bool:
    return bool(_NAME.match(name)) and name != "base" and find_spec(f"{_PACKAGE}.{name}") is not None


def create_engine(name: str) -> Engine:
    """Raises `unknown_name` when this image does not hold the engine that the run was promised."""
    if not engine_exists(name):
        raise CosmosctlError("unknown_name", f"this image has no engine `{name}`", path="engine", hint="deploy the blueprint again")
    engine: Engine = import_module(f"{_PACKAGE}.{name}").create()
    return engine
