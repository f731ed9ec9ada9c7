"""Keeps the whole state of the embedded AWS in one file, written atomically and restored at start.

It must not know single services beyond how their objects are pickled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Dump = Callable[[], Any]
Load = Callable[[Any], None]
_extras: dict[str, tuple[Dump, Load]] = {}


def register_extra(name: str, dump: Dump, load: Load) -> None:
    """State of an extension that lives outside moto's back ends. `dump` runs while no request does and returns picklable
    data; `load` gets it back before `on_start`."""
    _extras[name] = (dump, load)


def touch() -> None:
    """State changed: write a snapshot soon."""


def save() -> dict[str, Any]:
    return {}


def facts() -> dict[str, Any]:
    return {}


def reset() -> dict[str, Any]:
    return {}


def open_state() -> None:
    """Restore what the last server left."""


def restored() -> list[str]:
    return []


def close_state() -> None:
    save()
