"""A step and a plan: what would be done, as plain data that can be printed, stored and executed.

Deciders build plans, `execute` runs them; nothing here acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One unit of work.

    Attributes:
        id: stable within a plan (`stack:foundation`, `image:baseline`); the journal and `--only/--skip` use it.
        kind: which executor runs it (`terraform`, `state_bucket`, `secret`, ...).
        title: what the user reads.
        params: everything the executor needs, JSON-serialisable, no secrets.
        needs: ids of steps that come before.
        destructive: it may delete something.
    """

    id: str
    kind: str
    title: str
    params: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    destructive: bool = False


@dataclass(frozen=True)
class Plan:
    command: str  # install | deploy | cleanup
    deployment: str
    steps: tuple[Step, ...]
