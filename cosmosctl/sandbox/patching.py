"""Changing moto in place, loudly: a patch whose target is gone, or whose gap upstream has closed, raises at once.

It must not know what is patched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Outdated(Exception):
    """moto is not the version that this patch was written for."""


def wrap(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace `owner.name` by `make(original)`."""
    original = vars(owner).get(name)
    if original is None:
        raise Outdated(f"{owner.__name__}.{name} is gone from moto")
    setattr(owner, name, make(original))


def add(owner: Any, function: Callable[..., Any]) -> None:
    """Give `owner` an operation that moto lacks."""
    name = function.__name__
    if hasattr(owner, name):
        raise Outdated(f"{owner.__name__}.{name} is now in moto: remove our own")
    setattr(owner, name, function)
