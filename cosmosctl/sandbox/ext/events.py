"""EventBridge: deliver to SNS topics, and shape events without the JSONPath package that upstream imports for every event."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

DEPENDS = ("sns", "sqs")
Deliver = Callable[..., None]


def register() -> None:
    from moto.events import models, utils

    models.EventTemplateParser.parse = staticmethod(_parse)
    utils.EventTemplateParser.parse = staticmethod(_parse)
    models.Rule.send_to_targets = _with_topics(models.Rule.send_to_targets)


def _parse(input_template: str | None, input_paths_map: dict[str, str], event: dict[str, Any]) -> Any:
    """The event as it is, or filled into the target's template; a text template stays text."""
    if not input_template:
        return {name: value for name, value in event.items() if name != "ingestion-time"}
    text = input_template
    for name, path in input_paths_map.items():
        text = text.replace(f"<{name}>", _text(_find(event, path)))
    text = text.replace("<aws.events.event.json>", json.dumps(event))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _find(event: Any, path: str) -> Any:
    """`$.detail.jobId`; a name that is not there gives None."""
    for name in path.removeprefix("$").strip(".").split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _with_topics(original: Deliver) -> Deliver:
    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        topics = [t for t in self.targets if ":sns:" in t["Arn"]]
        if topics and self.event_pattern.matches_event(original_event):
            for target in topics:
                _publish(target, original_event)
        every, self.targets = self.targets, [t for t in self.targets if t not in topics]
        try:
            original(self, original_event, transform_input)
        finally:
            self.targets = every

    return send_to_targets


def _publish(target: dict[str, Any], event: dict[str, Any]) -> None:
    from moto.sns.models import sns_backends

    arn = str(target["Arn"])
    region, account = arn.split(":")[3:5]
    shaper = target.get("InputTransformer") or {}
    body = _parse(shaper.get("InputTemplate"), shaper.get("InputPathsMap") or {}, event)
    owner = sns_backends[account][region]
    if arn in owner.topics:
        owner.publish(message=body if isinstance(body, str) else json.dumps(body, default=str), arn=arn)
