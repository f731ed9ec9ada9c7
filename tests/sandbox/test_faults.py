"""Injected faults: each service fails in its own words, and clients take the path that they take on AWS."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.errors import CosmosctlError

from .conftest import REGION, ClientFactory

THROTTLES = [
    ("s3", "list_buckets", {}, "SlowDown", 503),
    ("ec2", "describe_vpcs", {}, "RequestLimitExceeded", 503),
    ("iam", "list_roles", {}, "Throttling", 400),
    ("sns", "list_topics", {}, "Throttling", 400),
    ("batch", "describe_job_queues", {}, "TooManyRequestsException", 429),
    ("logs", "describe_log_groups", {}, "ThrottlingException", 400),
    ("ecr", "describe_repositories", {}, "ThrottlingException", 400),
    ("service-quotas", "list_service_quotas", {"ServiceCode": "ec2"}, "TooManyRequestsException", 429),
]


@pytest.fixture
def bucket(session: SandboxSession) -> str:
    name = f"b-{uuid4().hex[:8]}"
    session.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.mark.parametrize(("service", "operation", "arguments", "code", "status"), THROTTLES, ids=[item[0] for item in THROTTLES])
def test_throttling_in_the_words_of_the_service(
    ours: ClientFactory, control: SandboxControl, service: str, operation: str, arguments: dict[str, Any], code: str, status: int
) -> None:
    control.add_faults({"kind": "throttle"})
    with pytest.raises(ClientError) as caught:
        getattr(ours(service), operation)(**arguments)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_a_rule_ends_after_its_times_and_a_client_recovers(session: SandboxSession, control: SandboxControl) -> None:
    ident = control.add_faults({"kind": "error", "service": "s3", "action": "ListBuckets", "times": 2})[0]
    answer = session.client("s3").list_buckets()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    rule = control.faults()[0]
    assert (rule["id"], rule["hits"]) == (ident, 2)
    assert control.clear_faults(ident) == 1
    assert control.faults() == []


def test_rules_choose_by_action_and_key(ours: ClientFactory, control: SandboxControl, bucket: str) -> None:
    s3 = ours("s3")
    control.add_faults(
        {"kind": "error", "service": "s3", "action": "Put*", "key": r"^results/.*7$", "code": "InternalError", "status": 500}
    )
    s3.put_object(Bucket=bucket, Key="results/6", Body=b"x")
    s3.list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError):
        s3.put_object(Bucket=bucket, Key="results/7", Body=b"x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["results/6"]


def test_reset_before_and_after_the_call(ours: ClientFactory, control: SandboxControl, bucket: str) -> None:
    s3 = ours("s3")
    control.add_faults({"kind": "reset", "service": "s3", "action": "PutObject", "times": 1})
    with pytest.raises(BotoCoreError):
        s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    control.add_faults({"kind": "reset", "service": "s3", "action": "PutObject", "times": 1, "when": "after"})
    with pytest.raises(BotoCoreError):
        s3.put_object(Bucket=bucket, Key="after", Body=b"x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["after"]


def test_cut_and_corrupt_bodies_are_noticed(ours: ClientFactory, control: SandboxControl, bucket: str) -> None:
    s3 = ours("s3")
    body = b"0123456789" * 5000
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    control.add_faults({"kind": "cut", "service": "s3", "action": "GetObject", "times": 1})
    with pytest.raises(BotoCoreError) as cut:
        s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert not isinstance(cut.value, ConnectionClosedError)  # the head had arrived
    control.add_faults({"kind": "corrupt", "service": "s3", "action": "GetObject", "times": 1})
    with pytest.raises(BotoCoreError, match=r"[Cc]hecksum"):
        s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_delay_lets_the_call_happen(ours: ClientFactory, control: SandboxControl) -> None:
    control.add_faults({"kind": "delay", "service": "sts", "delay_ms": 5})
    assert ours("sts").get_caller_identity()["Account"]
    assert control.faults()[0]["hits"] == 1


def test_the_first_calls_can_be_let_through(ours: ClientFactory, control: SandboxControl) -> None:
    control.add_faults({"kind": "throttle", "service": "sts", "skip": 2})
    sts = ours("sts")
    assert [sts.get_caller_identity()["Account"] for _ in range(2)] == ["123456789012"] * 2
    with pytest.raises(ClientError):
        sts.get_caller_identity()


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "explode"},
        {"kind": "throttle", "servce": "s3"},
        {"kind": "reset", "when": "never"},
        {"kind": "throttle", "probability": 2},
        {"kind": "throttle", "key": "("},
    ],
)
def test_a_wrong_rule_is_refused(control: SandboxControl, rule: dict[str, Any]) -> None:
    with pytest.raises(CosmosctlError):
        control.add_faults(rule)
    assert control.faults() == []


def test_thirty_percent_throttling_is_survived(session: SandboxSession, control: SandboxControl) -> None:
    control.add_faults({"kind": "error", "service": "s3", "probability": 0.3}, seed=11)
    s3 = session.client("s3")
    retries = [s3.list_buckets()["ResponseMetadata"]["RetryAttempts"] for _ in range(30)]
    assert 0 < sum(retries) < 60
