"""EC2: launch template tags, descriptions of group rules, and offerings that follow the sandbox's settings."""

from __future__ import annotations

from typing import Any

from cosmosctl.sandbox import state
from cosmosctl.sandbox.patching import Outdated, wrap


def register() -> None:
    _launch_templates()
    _rule_descriptions()
    _offerings()


def _launch_templates() -> None:
    """moto mixes the template's own tags into its data, and freezes the tags at creation."""
    from moto.ec2.models import launch_templates as module

    def make(original: Any) -> Any:
        def __init__(self: Any, template: Any, number: int, data: dict[str, Any], description: str) -> None:
            specs = [item for item in data.get("TagSpecifications", []) if item.get("ResourceType") != "launch-template"]
            kept = {name: value for name, value in data.items() if name != "TagSpecifications"}
            original(self, template, number, {**kept, "TagSpecifications": specs} if specs else kept, description)

        return __init__

    wrap(module.LaunchTemplateVersion, "__init__", make)
    module.LaunchTemplate.tags = property(lambda self: self.get_tags(), lambda *_: None)


def _rule_descriptions() -> None:
    """moto looks for a rule's description in its address range only; rules on groups and prefix lists have none."""
    from moto.ec2.models.security_groups import SecurityGroupRule
    from moto.ec2.responses.security_groups import SecurityGroups

    if not isinstance(vars(SecurityGroupRule).get("description"), property):
        raise Outdated("SecurityGroupRule.description is no property of moto any more")
    SecurityGroupRule.description = property(lambda rule: rule.ip_range.get("Description") or getattr(rule, "_text", None))
    for way in ("ingress", "egress"):
        wrap(SecurityGroups, f"authorize_security_group_{way}", _describe_rules)
    wrap(SecurityGroups, "modify_security_group_rules", _describe_modified)


def _describe_rules(original: Any) -> Any:
    def authorize(self: Any) -> Any:
        answer = original(self)
        texts = _texts(self._get_param("IpPermissions", []) or [])
        for rule in answer.result.get("SecurityGroupRules", []):
            target = (rule.source_group or {}).get("GroupId") or rule.prefix_list_id
            if target in texts:
                rule._text = texts[target]
        return answer

    return authorize


def _texts(permissions: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for permission in permissions:
        for kind, key in (("UserIdGroupPairs", "GroupId"), ("PrefixListIds", "PrefixListId")):
            for item in permission.get(kind, []) or []:
                if item.get("Description"):
                    found[item[key]] = item["Description"]
    return found


def _describe_modified(original: Any) -> Any:
    def modify_security_group_rules(self: Any) -> Any:
        answer = original(self)
        asked = self._get_param("SecurityGroupRules", [])
        wanted = {item["SecurityGroupRuleId"]: item["SecurityGroupRule"].get("Description") for item in asked}
        for rule in self.ec2_backend.describe_security_group_rules(list(wanted), {}):
            if not rule.ip_range:
                rule._text = wanted.get(rule.id)
        return answer

    return modify_security_group_rules


def _offerings() -> None:
    from moto.ec2.models.instance_types import InstanceTypeOfferingBackend

    def make(original: Any) -> Any:
        def describe_instance_type_offerings(self: Any, location_type: str | None = None, filters: Any = None) -> Any:
            found = original(self, location_type, filters)
            settings = state.current().settings
            if location_type != "availability-zone" or not settings.offerings:
                return found
            return [item for item in found if settings.offered(item["InstanceType"], item["Location"])]

        return describe_instance_type_offerings

    wrap(InstanceTypeOfferingBackend, "describe_instance_type_offerings", make)
