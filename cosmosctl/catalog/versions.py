"""Typed access to `versions.yaml`. Imported only by commands that need it: parsing YAML costs start-up time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("versions.yaml")


@dataclass(frozen=True)
class Versions:
    terraform_minimum: str
    terraform_tested: str
    terraform_providers: dict[str, str]
    python_minimum: str
    moto: str
    ami_type: str
    drivers: dict[str, str]
    images: dict[str, str]


@cache
def versions() -> Versions:
    """The manifest of this release."""
    raw = as_data()
    return Versions(
        terraform_minimum=raw["terraform"]["minimum"],
        terraform_tested=raw["terraform"]["tested"],
        terraform_providers=dict(raw["terraform_providers"]),
        python_minimum=raw["python"]["minimum"],
        moto=raw["sandbox"]["moto"],
        ami_type=raw["batch"]["ami_type"],
        drivers=dict(raw["drivers"]),
        images=dict(raw["images"]),
    )


@cache
def as_data() -> dict[str, Any]:
    """The manifest as it is written, for `cosmosctl versions -o json`."""
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
    return loaded


def at_least(given: str, minimum: str) -> bool:
    """Compares dotted versions number by number ("1.9.8" < "1.10"); a suffix such as -rc1 is ignored."""
    return _numbers(given) >= _numbers(minimum)


def _numbers(version: str) -> tuple[int, ...]:
    core = version.strip().lstrip("v").split("-", maxsplit=1)[0]
    numbers = tuple(int(part) for part in core.split(".") if part.isdigit())
    return numbers + (0,) * (4 - len(numbers))
