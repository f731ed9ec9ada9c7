"""What one kind of AWS resource needs to be found and deleted. Pure vocabulary of the inventory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cosmosctl.catalog.naming import TAG_DEPLOYMENT, Names
from cosmosctl.ports.aws import AwsSession


@dataclass(frozen=True)
class Found:
    """`tags` is None when the service does not tell them in its listing."""

    id: str
    name: str = ""
    tags: Mapping[str, str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """`find` may list too much (the inventory filters); `delete` starts the deletion of one id."""

    name: str
    service: str
    find: Callable[[AwsSession, Names], Iterable[Found]]
    delete: Callable[[AwsSession, str], None]
    exact: bool = False  # `find` returns only what certainly belongs to the deployment


def tag_map(items: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """`[{Key, Value}]`, in whatever case the service writes it, as a dict."""
    return {str(item.get("Key", item.get("key", ""))): str(item.get("Value", item.get("value", ""))) for item in items or ()}


def own_tag(tags: Mapping[str, str] | None, names: Names) -> bool:
    return bool(tags) and (tags or {}).get(TAG_DEPLOYMENT) == names.name


def starts(value: str, names: Names) -> bool:
    return value == names.prefix or value.startswith((f"{names.prefix}-", f"{names.prefix}/"))
