"""IAM's part of the inventory. Roles and policies are global, so their names carry the account-and-region hash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cosmosctl.adapters.aws_calls import gone_is_fine
from cosmosctl.adapters.inventory_kind import Found, Kind
from cosmosctl.catalog.naming import Names
from cosmosctl.ports.aws import AwsSession

MISSING = "NoSuchEntity"


def _iam(session: AwsSession) -> Any:
    return session.client("iam")


def _named(session: AwsSession, names: Names, operation: str, key: str, name: str, identifier: str, **arguments: Any) -> Iterator[Found]:
    for page in _iam(session).get_paginator(operation).paginate(**arguments):
        for item in page[key]:
            if item[name].startswith(f"{names.unique}-"):
                yield Found(item[identifier], item[name])


def _profiles(session: AwsSession, names: Names) -> Iterator[Found]:
    return _named(session, names, "list_instance_profiles", "InstanceProfiles", "InstanceProfileName", "InstanceProfileName")


def _roles(session: AwsSession, names: Names) -> Iterator[Found]:
    return _named(session, names, "list_roles", "Roles", "RoleName", "RoleName")


def _policies(session: AwsSession, names: Names) -> Iterator[Found]:
    return _named(session, names, "list_policies", "Policies", "PolicyName", "Arn", Scope="Local")


def _delete_profile(session: AwsSession, name: str) -> None:
    iam = _iam(session)
    with gone_is_fine(MISSING):
        for role in iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=name)


def _delete_role(session: AwsSession, name: str) -> None:
    iam = _iam(session)
    with gone_is_fine(MISSING):
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=inline)
        iam.delete_role(RoleName=name)


def _delete_policy(session: AwsSession, arn: str) -> None:
    iam = _iam(session)
    with gone_is_fine(MISSING):
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)


KINDS = (
    Kind("iam_instance_profile", "iam", _profiles, _delete_profile, exact=True),
    Kind("iam_role", "iam", _roles, _delete_role, exact=True),
    Kind("iam_policy", "iam", _policies, _delete_policy, exact=True),
)
