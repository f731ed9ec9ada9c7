"""The inventory's other services: IAM, images, data, secrets, observability. Names with the account's hash or a slash are exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cosmosctl.adapters.aws_calls import gone_is_fine
from cosmosctl.adapters.inventory_kind import Found, Kind, starts, tag_map
from cosmosctl.adapters.state_bucket import AwsBuckets
from cosmosctl.catalog.naming import Names
from cosmosctl.ports.aws import AwsSession

BUILD_LOGS = "/aws/codebuild/"


def _pages(session: AwsSession, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in session.client(service).get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def _call(service: str, operation: str, argument: str, *missing: str, **more: Any) -> Callable[[AwsSession, str], None]:
    def delete(session: AwsSession, identifier: str) -> None:
        with gone_is_fine(*missing):
            getattr(session.client(service), operation)(**{argument: identifier}, **more)

    return delete


# --- images


def _projects(session: AwsSession, names: Names) -> Iterator[Found]:
    own = [name for name in _pages(session, "codebuild", "list_projects", "projects") if starts(name, names)]
    for item in session.client("codebuild").batch_get_projects(names=own)["projects"] if own else ():
        yield Found(item["name"], item["name"], tag_map(item.get("tags")))


def _repositories(session: AwsSession, names: Names) -> Iterator[Found]:
    for item in _pages(session, "ecr", "describe_repositories", "repositories"):
        if item["repositoryName"].startswith(f"{names.prefix}/"):
            yield Found(item["repositoryName"], item["repositoryName"])


IMAGES = (
    Kind("codebuild_project", "codebuild", _projects, _call("codebuild", "delete_project", "name")),
    Kind(
        "ecr_repository",
        "ecr",
        _repositories,
        _call("ecr", "delete_repository", "repositoryName", "RepositoryNotFoundException", force=True),
        exact=True,
    ),
)


# --- observability


def _rules(session: AwsSession, names: Names) -> Iterator[Found]:
    client = session.client("events")
    for item in _pages(session, "events", "list_rules", "Rules", NamePrefix=names.prefix):
        yield Found(item["Name"], item["Name"], tag_map(client.list_tags_for_resource(ResourceARN=item["Arn"]).get("Tags")))


def _delete_rule(session: AwsSession, name: str) -> None:
    client = session.client("events")
    with gone_is_fine("ResourceNotFoundException"):
        targets = [target["Id"] for target in client.list_targets_by_rule(Rule=name)["Targets"]]
        if targets:
            client.remove_targets(Rule=name, Ids=targets)
        client.delete_rule(Name=name)


def _alarms(session: AwsSession, names: Names) -> Iterator[Found]:
    client = session.client("cloudwatch")
    for key in ("MetricAlarms", "CompositeAlarms"):
        for item in _pages(session, "cloudwatch", "describe_alarms", key, AlarmNamePrefix=names.prefix):
            yield Found(
                item["AlarmName"], item["AlarmName"], tag_map(client.list_tags_for_resource(ResourceARN=item["AlarmArn"]).get("Tags"))
            )


def _topics(session: AwsSession, names: Names) -> Iterator[Found]:
    client = session.client("sns")
    for item in _pages(session, "sns", "list_topics", "Topics"):
        name = item["TopicArn"].rpartition(":")[2]
        if starts(name, names):
            yield Found(item["TopicArn"], name, tag_map(client.list_tags_for_resource(ResourceArn=item["TopicArn"]).get("Tags")))


def _budgets(session: AwsSession, names: Names) -> Iterator[Found]:
    client = session.client("budgets")
    token: dict[str, str] = {}
    while True:
        page = client.describe_budgets(AccountId=names.account, **token)
        yield from (Found(item["BudgetName"], item["BudgetName"]) for item in page.get("Budgets", []))
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _delete_budget(session: AwsSession, name: str) -> None:
    with gone_is_fine("NotFoundException"):
        session.client("budgets").delete_budget(AccountId=session.account_id(), BudgetName=name)


def _log_groups(session: AwsSession, names: Names) -> Iterator[Found]:
    for prefix in (f"{names.log_prefix}/", f"{BUILD_LOGS}{names.build_project}"):
        for item in _pages(session, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
            if item["logGroupName"].startswith(f"{names.log_prefix}/") or item["logGroupName"] == f"{BUILD_LOGS}{names.build_project}":
                yield Found(item["logGroupName"], item["logGroupName"])


OBSERVABILITY = (
    Kind("events_rule", "events", _rules, _delete_rule),
    Kind("cloudwatch_alarm", "cloudwatch", _alarms, lambda session, name: session.client("cloudwatch").delete_alarms(AlarmNames=[name])),
    Kind("sns_topic", "sns", _topics, _call("sns", "delete_topic", "TopicArn", "NotFound", "NotFoundException")),
    Kind("budget", "budgets", _budgets, _delete_budget),
)
LOGS = (Kind("log_group", "logs", _log_groups, _call("logs", "delete_log_group", "logGroupName", "ResourceNotFoundException"), exact=True),)


# --- secrets and data


def _secrets(session: AwsSession, names: Names) -> Iterator[Found]:
    for item in _pages(session, "secretsmanager", "list_secrets", "SecretList", Filters=[{"Key": "name", "Values": [f"{names.prefix}/"]}]):
        if item["Name"].startswith(f"{names.prefix}/") and not item.get("DeletedDate"):
            yield Found(item["ARN"], item["Name"], tag_map(item.get("Tags")))


def _file_systems(session: AwsSession, _: Names) -> Iterator[Found]:
    for item in _pages(session, "efs", "describe_file_systems", "FileSystems"):
        if item.get("LifeCycleState") not in {"deleting", "deleted"}:
            yield Found(item["FileSystemId"], item.get("Name", ""), tag_map(item.get("Tags")))


def _delete_file_system(session: AwsSession, identifier: str) -> None:
    """Mount targets and access points first: the API refuses otherwise, and the next pass finds them gone."""
    client = session.client("efs")
    with gone_is_fine("FileSystemNotFound"):
        targets = client.describe_mount_targets(FileSystemId=identifier)["MountTargets"]
        for target in targets:
            client.delete_mount_target(MountTargetId=target["MountTargetId"])
        for point in client.describe_access_points(FileSystemId=identifier)["AccessPoints"]:
            client.delete_access_point(AccessPointId=point["AccessPointId"])
        if not targets:
            client.delete_file_system(FileSystemId=identifier)


def _buckets(session: AwsSession, names: Names) -> Iterator[Found]:
    for item in session.client("s3").list_buckets()["Buckets"]:
        if item["Name"].startswith(f"{names.unique}-"):
            yield Found(item["Name"], item["Name"])


def _aliases(session: AwsSession, names: Names) -> Iterator[Found]:
    for item in _pages(session, "kms", "list_aliases", "Aliases"):
        if item["AliasName"] == names.kms_alias:
            yield Found(item["AliasName"], item["AliasName"], extra={"key": item.get("TargetKeyId", "")})


def _keys(session: AwsSession, _: Names) -> Iterator[Found]:
    client = session.client("kms")
    for item in _pages(session, "kms", "list_keys", "Keys"):
        described = client.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "CUSTOMER" and described["KeyState"] != "PendingDeletion":
            tags = client.list_resource_tags(KeyId=item["KeyId"]).get("Tags", [])
            yield Found(item["KeyId"], described.get("Description", ""), {tag["TagKey"]: tag["TagValue"] for tag in tags})


KEY_WINDOW_DAYS = 7
SECRETS = (
    Kind(
        "secret",
        "secretsmanager",
        _secrets,
        _call("secretsmanager", "delete_secret", "SecretId", "ResourceNotFoundException", ForceDeleteWithoutRecovery=True),
        exact=True,
    ),
)
FILES = (Kind("efs_file_system", "efs", _file_systems, _delete_file_system),)
DATA = (
    Kind("s3_bucket", "s3", _buckets, lambda session, name: AwsBuckets(session).delete(name), exact=True),
    Kind("kms_alias", "kms", _aliases, _call("kms", "delete_alias", "AliasName", "NotFoundException"), exact=True),
    Kind("kms_key", "kms", _keys, _call("kms", "schedule_key_deletion", "KeyId", "NotFoundException", PendingWindowInDays=KEY_WINDOW_DAYS)),
)
