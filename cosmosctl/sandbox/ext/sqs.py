"""SQS: changing any attribute of a queue must not wipe its policy, as moto does."""

from __future__ import annotations

from typing import Any

from cosmosctl.sandbox.patching import wrap


def register() -> None:
    from moto.sqs.models import Queue

    wrap(Queue, "_set_attributes", _keep_policy)


def _keep_policy(original: Any) -> Any:
    def _set_attributes(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        policy = self.policy if "Policy" not in attributes and hasattr(self, "_policy_json") else None
        original(self, attributes, now)
        if policy:
            self.policy = policy

    return _set_attributes
