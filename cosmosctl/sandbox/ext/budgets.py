"""Budgets: updates, subscribers and tags, which moto lacks and every refresh of a budget asks for."""

from __future__ import annotations

import json
from typing import Any

from cosmosctl.sandbox.patching import add, wrap


def register() -> None:
    from moto.budgets.responses import BudgetsResponse

    wrap(BudgetsResponse, "create_budget", _with_tags)
    for operation in (
        update_budget,
        describe_subscribers_for_notification,
        update_notification,
        create_subscriber,
        update_subscriber,
        delete_subscriber,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
    ):
        add(BudgetsResponse, operation)


def _budget(response: Any, name: str | None = None) -> Any:
    from moto.budgets.exceptions import NotFoundException

    account = response._get_param("AccountId") or response.current_account
    name = name or response._get_param("BudgetName")
    found = response.backend.budgets[account].get(name)
    if found is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _tagged(response: Any) -> Any:
    return _budget(response, response._get_param("ResourceARN").partition("budget/")[2])


def _notification(response: Any, key: str = "Notification") -> Any:
    from moto.budgets.exceptions import NotFoundException

    wanted = {name: value for name, value in response._get_param(key).items() if name != "NotificationState"}
    for item in _budget(response).notifications:
        if all(item.details.get(name) == value for name, value in wanted.items()):
            return item
    raise NotFoundException("Unable to get notification - the notification doesn't exist.")


def _with_tags(original: Any) -> Any:
    def create_budget(self: Any) -> Any:
        answer = original(self)
        name = self._get_param("Budget")["BudgetName"]
        _budget(self, name).resource_tags = {item["Key"]: item["Value"] for item in self._get_param("ResourceTags") or []}
        return answer

    return create_budget


def update_budget(self: Any) -> str:
    changed = self._get_param("NewBudget")
    _budget(self, changed["BudgetName"]).budget.update(changed)
    return "{}"


def describe_subscribers_for_notification(self: Any) -> str:
    return json.dumps({"Subscribers": _notification(self).subscribers})


def update_notification(self: Any) -> str:
    _notification(self, "OldNotification").details = self._get_param("NewNotification")
    return "{}"


def create_subscriber(self: Any) -> str:
    _notification(self).subscribers.append(self._get_param("Subscriber"))
    return "{}"


def update_subscriber(self: Any) -> str:
    item, old = _notification(self), self._get_param("OldSubscriber")
    item.subscribers = [self._get_param("NewSubscriber") if subscriber == old else subscriber for subscriber in item.subscribers]
    return "{}"


def delete_subscriber(self: Any) -> str:
    item, gone = _notification(self), self._get_param("Subscriber")
    item.subscribers = [subscriber for subscriber in item.subscribers if subscriber != gone]
    return "{}"


def list_tags_for_resource(self: Any) -> str:
    tags = getattr(_tagged(self), "resource_tags", {})
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tag_resource(self: Any) -> str:
    budget = _tagged(self)
    new = {item["Key"]: item["Value"] for item in self._get_param("ResourceTags")}
    budget.resource_tags = {**getattr(budget, "resource_tags", {}), **new}
    return "{}"


def untag_resource(self: Any) -> str:
    budget, gone = _tagged(self), set(self._get_param("ResourceTagKeys"))
    budget.resource_tags = {key: value for key, value in getattr(budget, "resource_tags", {}).items() if key not in gone}
    return "{}"
