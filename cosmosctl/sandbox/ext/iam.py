"""IAM policies: a statement whose conditions do not hold does not apply.

moto answers "denied" instead, so a bucket policy that denies plain HTTP blocks every call. The loopback counts as TLS here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from cosmosctl.sandbox.patching import wrap

CONTEXT: Mapping[str, str] = {"aws:securetransport": "true"}


def register() -> None:
    from moto.iam import access_control

    neutral = access_control.PermissionResult.NEUTRAL

    def make(original: Any) -> Any:
        def is_action_permitted(
            self: Any, action: str, resource: str = "*", principal: Any = None, incoming_condition_values: Any = None
        ) -> Any:
            condition = self._statement.get("Condition")
            if not condition or incoming_condition_values is not None:
                return original(self, action, resource, principal, incoming_condition_values)
            if not holds(condition, CONTEXT):
                return neutral
            bare = type(self)({key: value for key, value in self._statement.items() if key != "Condition"})
            return original(bare, action, resource, principal, incoming_condition_values)

        return is_action_permitted

    wrap(access_control.IAMPolicyStatement, "is_action_permitted", make)


def holds(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    """All operators and all keys must hold; a key that the request lacks fails, unless the operator is negated,
    `...IfExists` or `Null`."""
    return all(_one(operator, key, wanted, context) for operator, keys in conditions.items() for key, wanted in keys.items())


def _one(operator: str, key: str, wanted: Any, context: Mapping[str, str]) -> bool:
    values = [str(item) for item in (wanted if isinstance(wanted, list) else [wanted])]
    name = operator.rpartition(":")[2].lower()
    have = context.get(key.lower())
    if name == "null":
        return (have is None) == (values[0].lower() == "true")
    optional = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = "not" in name
    if have is None:
        return optional or negated or operator.lower().startswith("forallvalues:")
    same = _comparison(name.replace("not", ""))
    return any(same(have, item) for item in values) != negated


def _comparison(name: str) -> Callable[[str, str], bool]:
    if name in {"stringlike", "arnlike", "arnequals"}:
        return fnmatchcase
    if name in {"bool", "stringequalsignorecase"}:
        return lambda have, item: have.lower() == item.lower()
    return lambda have, item: have == item
