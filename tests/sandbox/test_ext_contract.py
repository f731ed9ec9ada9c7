"""Each patch of moto: the same question to moto as shipped, which still has the gap, and to ours, which has not.

When upstream closes a gap its half of a test fails: then the patch is to be removed.
"""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientFactory

ACCOUNT = "123456789012"


def unique(stem: str = "t") -> str:
    return f"{stem}-{uuid4().hex[:8]}"


# --- kms -------------------------------------------------------------------------------------------------------------


def _rotation(client: ClientFactory) -> int | None:
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    days: int | None = kms.get_key_rotation_status(KeyId=key).get("RotationPeriodInDays")
    return days


def test_kms_rotation_period(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert _rotation(upstream) is None
    assert _rotation(ours) == 180


# --- sqs -------------------------------------------------------------------------------------------------------------


def _policy_after_change(client: ClientFactory) -> bool:
    sqs = client("sqs")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]})
    url = sqs.create_queue(QueueName=unique(), Attributes={"Policy": policy})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "77"
    return "Policy" in attributes


def test_sqs_policy_survives_other_attributes(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert not _policy_after_change(upstream)
    assert _policy_after_change(ours)


# --- iam conditions, through a bucket policy -------------------------------------------------------------------------


def _bucket_with(client: ClientFactory, condition: dict[str, dict[str, str]]) -> str:
    s3 = client("s3")
    bucket = unique("b")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": condition}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return bucket


def test_policy_that_denies_plain_http(upstream: ClientFactory, ours: ClientFactory) -> None:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    with pytest.raises(ClientError, match="403"):
        upstream("s3").put_object(Bucket=_bucket_with(upstream, condition), Key="k", Body=b"x")
    bucket = _bucket_with(ours, condition)
    ours("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    assert ours("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_condition_that_holds_still_denies(ours: ClientFactory) -> None:
    bucket = _bucket_with(ours, {"Bool": {"aws:SecureTransport": "true"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        ours("s3").put_object(Bucket=bucket, Key="k", Body=b"x")


# --- s3 --------------------------------------------------------------------------------------------------------------


def _event_bridge(client: ClientFactory) -> bool:
    s3 = client("s3")
    bucket = unique("b")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    return "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_s3_event_bridge(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert not _event_bridge(upstream)
    assert _event_bridge(ours)


# --- ec2 -------------------------------------------------------------------------------------------------------------


def _template_tags(client: ClientFactory) -> tuple[list[str], bool]:
    ec2 = client("ec2")
    made = ec2.create_launch_template(
        LaunchTemplateName=unique(),
        LaunchTemplateData={"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "i", "Value": "1"}]}]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "1"}]}],
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[made], Tags=[{"Key": "later", "Value": "1"}])
    data = ec2.describe_launch_template_versions(LaunchTemplateId=made)["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    tags = ec2.describe_launch_templates(LaunchTemplateIds=[made])["LaunchTemplates"][0]["Tags"]
    return [item["ResourceType"] for item in data["TagSpecifications"]], any(item["Key"] == "later" for item in tags)


def test_launch_template_tags(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert _template_tags(upstream) == (["instance", "launch-template"], False)
    assert _template_tags(ours) == (["instance"], True)


def _rule_descriptions(client: ClientFactory) -> list[str | None]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName=unique(), Description="d", VpcId=vpc)["GroupId"]
    pair = {"GroupId": group, "Description": "from itself"}
    rules = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [pair]}]
    )["SecurityGroupRules"]
    ident = rules[0]["SecurityGroupRuleId"]
    first = ec2.describe_security_group_rules(SecurityGroupRuleIds=[ident])["SecurityGroupRules"][0].get("Description")
    change = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "ReferencedGroupId": group, "Description": "changed"}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": ident, "SecurityGroupRule": change}])
    second = ec2.describe_security_group_rules(SecurityGroupRuleIds=[ident])["SecurityGroupRules"][0].get("Description")
    return [first, second]


def test_descriptions_of_rules_on_groups(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert _rule_descriptions(upstream)[0] is None
    assert _rule_descriptions(ours) == ["from itself", "changed"]


# --- service quotas --------------------------------------------------------------------------------------------------


def test_quotas_are_known(upstream: ClientFactory, ours: ClientFactory) -> None:
    ask = {"ServiceCode": "ec2", "QuotaCode": "L-DB2E81BA"}
    with pytest.raises(ClientError, match="NoSuchResource"):
        upstream("service-quotas").get_service_quota(**ask)
    with pytest.raises(ClientError):
        upstream("service-quotas").list_service_quotas(ServiceCode="ec2")
    quotas = ours("service-quotas")
    assert quotas.get_service_quota(**ask)["Quota"]["Value"] == 768
    assert quotas.get_aws_default_service_quota(**ask)["Quota"]["QuotaName"] == "Running On-Demand G and VT instances"
    assert {"L-3819A6DF", "L-417A185B"} <= {item["QuotaCode"] for item in quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]}
    with pytest.raises(ClientError, match="NoSuchResource"):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")


# --- budgets ---------------------------------------------------------------------------------------------------------

NOTICE = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0, "ThresholdType": "PERCENTAGE"}
MAIL = {"SubscriptionType": "EMAIL", "Address": "someone@example.com"}


def _make_budget(client: ClientFactory) -> str:
    name = unique()
    client("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "10", "Unit": "USD"}},
        NotificationsWithSubscribers=[{"Notification": NOTICE, "Subscribers": [MAIL]}],
        ResourceTags=[{"Key": "a", "Value": "1"}],
    )
    return name


def test_budgets(upstream: ClientFactory, ours: ClientFactory) -> None:
    with pytest.raises(ClientError):
        upstream("budgets").describe_subscribers_for_notification(AccountId=ACCOUNT, BudgetName=_make_budget(upstream), Notification=NOTICE)
    budgets, name = ours("budgets"), _make_budget(ours)
    which = {"AccountId": ACCOUNT, "BudgetName": name}
    assert budgets.describe_subscribers_for_notification(**which, Notification=NOTICE)["Subscribers"] == [MAIL]
    other = {**MAIL, "Address": "other@example.com"}
    budgets.create_subscriber(**which, Notification=NOTICE, Subscriber=other)
    budgets.delete_subscriber(**which, Notification=NOTICE, Subscriber=MAIL)
    assert budgets.describe_subscribers_for_notification(**which, Notification=NOTICE)["Subscribers"] == [other]
    changed = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "20", "Unit": "USD"}}
    budgets.update_budget(AccountId=ACCOUNT, NewBudget=changed)
    assert budgets.describe_budget(**which)["Budget"]["BudgetLimit"]["Amount"] == "20"
    budgets.update_notification(**which, OldNotification=NOTICE, NewNotification={**NOTICE, "Threshold": 90.0})
    assert budgets.describe_notifications_for_budget(**which)["Notifications"][0]["Threshold"] == 90
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{name}"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "b", "Value": "2"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["a"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "b", "Value": "2"}]
    with pytest.raises(ClientError, match="NotFoundException"):
        budgets.update_budget(AccountId=ACCOUNT, NewBudget={**changed, "BudgetName": "none"})


# --- efs -------------------------------------------------------------------------------------------------------------


def test_efs(upstream: ClientFactory, ours: ClientFactory) -> None:
    theirs = upstream("efs")
    ident = theirs.create_file_system(CreationToken=unique())["FileSystemId"]
    for call, arguments in (
        (theirs.put_backup_policy, {"BackupPolicy": {"Status": "ENABLED"}}),
        (theirs.update_file_system_protection, {"ReplicationOverwriteProtection": "DISABLED"}),
        (theirs.update_file_system, {"ThroughputMode": "elastic"}),
        (theirs.delete_file_system_policy, {}),
    ):
        with pytest.raises(ClientError):
            call(FileSystemId=ident, **arguments)

    efs = ours("efs")
    ident = efs.create_file_system(CreationToken=unique())["FileSystemId"]
    with pytest.raises(ClientError, match="PolicyNotFound"):
        efs.describe_backup_policy(FileSystemId=ident)
    efs.put_backup_policy(FileSystemId=ident, BackupPolicy={"Status": "ENABLED"})
    assert efs.describe_backup_policy(FileSystemId=ident)["BackupPolicy"]["Status"] == "ENABLED"
    efs.put_backup_policy(FileSystemId=ident, BackupPolicy={"Status": "DISABLED"})
    assert efs.describe_backup_policy(FileSystemId=ident)["BackupPolicy"]["Status"] == "DISABLED"
    efs.update_file_system_protection(FileSystemId=ident, ReplicationOverwriteProtection="DISABLED")
    efs.update_file_system(FileSystemId=ident, ThroughputMode="elastic")
    facts = efs.describe_file_systems(FileSystemId=ident)["FileSystems"][0]
    assert (facts["FileSystemProtection"]["ReplicationOverwriteProtection"], facts["ThroughputMode"]) == ("DISABLED", "elastic")
    efs.put_file_system_policy(FileSystemId=ident, Policy="{}")
    efs.delete_file_system_policy(FileSystemId=ident)
    with pytest.raises(ClientError, match="FileSystemNotFound"):
        efs.put_backup_policy(FileSystemId="fs-00000000", BackupPolicy={"Status": "ENABLED"})
