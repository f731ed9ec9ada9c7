"""A small evaluator of IAM policies: enough of the language to prove by denied calls what a role cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Policy = Mapping[str, Any]
Context = Mapping[str, str]


def allowed(policy: Policy, action: str, resource: str, context: Context | None = None) -> bool:
    """An explicit deny wins; without an allow nothing is allowed."""
    matching = [item for item in policy["Statement"] if _applies(item, action, resource, context or {})]
    return any(item["Effect"] == "Allow" for item in matching) and all(item["Effect"] == "Allow" for item in matching)


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
    if unknown:
        raise ValueError(f"this evaluator does not know {sorted(unknown)}")
    return (
        any(_like(pattern.lower(), action.lower()) for pattern in _many(statement["Action"]))
        and any(_like(pattern, resource) for pattern in _many(statement["Resource"]))
        and all(_holds(test, wanted, context) for test, wanted in statement.get("Condition", {}).items())
    )


def _holds(test: str, wanted: Mapping[str, Any], context: Context) -> bool:
    """Every key of a condition must hold; a key that the call does not have does not."""
    compare = {"StringEquals": str.__eq__, "StringLike": _like, "ArnLike": _like, "Bool": str.__eq__}[test]
    return all(key in context and any(compare(str(value), context[key]) for value in _many(values)) for key, values in wanted.items())


def _many(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else list(value)


def _like(pattern: str, text: str) -> bool:
    parts = [".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
