"""What the server answers before and around moto: error forms, the request log, settings, conditional writes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.errors import CosmosctlError

from .conftest import REGION

UNKNOWN = [
    ("query", "iam", "simulate_principal_policy", {"PolicySourceArn": "arn:aws:iam::123456789012:role/r", "ActionNames": ["s3:Get"]}),
    ("ec2", "ec2", "describe_capacity_reservation_fleets", {}),
    ("json", "ecr", "describe_pull_through_cache_rules", {}),
    ("rest-json", "efs", "describe_replication_configurations", {}),
    ("cbor or query", "cloudwatch", "list_managed_insight_rules", {"ResourceARN": "arn:aws:x:::y"}),
    ("no such service", "pricing", "get_products", {"ServiceCode": "AmazonEC2"}),
]


@pytest.mark.parametrize(("form", "service", "operation", "arguments"), UNKNOWN, ids=[item[0] for item in UNKNOWN])
def test_unknown_calls_have_a_name_and_are_not_retried(
    session: SandboxSession, form: str, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    client = session.client(service)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "SandboxNotImplemented"
    assert client.meta.method_to_api_mapping[operation] in answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


def test_unknown_rest_path_answers_json(endpoint: str) -> None:
    scope = f"AWS4-HMAC-SHA256 Credential=sandbox/20260101/{REGION}/elasticfilesystem/aws4_request, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(f"{endpoint}/2015-02-01/no/such/path", headers={"Authorization": scope})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value as answer:
        assert (answer.code, answer.headers["X-Amzn-ErrorType"]) == (400, "SandboxNotImplemented")
        assert json.loads(answer.read())["__type"] == "SandboxNotImplemented"


def test_a_defect_of_moto_is_a_400_with_its_name(session: SandboxSession) -> None:
    with pytest.raises(ClientError) as caught:  # moto looks the file system up with [] and dies with a KeyError
        session.client("efs").describe_lifecycle_configuration(FileSystemId="fs-0123456789abcdef0")
    answer = caught.value.response
    assert answer["Error"]["Code"] in {"SandboxInternal", "FileSystemNotFound"}
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


def test_request_log_names_calls_and_keeps_no_secrets(session: SandboxSession, shared_folder: Path) -> None:
    mark = uuid4().hex[:8]
    session.client("secretsmanager").create_secret(Name=f"s-{mark}", SecretString=f"value-{mark}")
    s3 = session.client("s3")
    s3.create_bucket(Bucket=f"b-{mark}", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=f"b-{mark}", Key="k", Body=f"body-{mark}".encode(), Metadata={"note": f"meta-{mark}"})
    s3.list_objects_v2(Bucket=f"b-{mark}")
    s3.delete_objects(Bucket=f"b-{mark}", Delete={"Objects": [{"Key": "k"}]})
    session.client("efs").describe_file_systems()
    text = (shared_folder / "requests.jsonl").read_text(encoding="utf-8")
    for planted in (f"value-{mark}", f"body-{mark}", f"meta-{mark}", "Signature", "Credential"):
        assert planted not in text
    lines = [json.loads(line) for line in text.splitlines()]
    actions = [(line["service"], line["action"]) for line in lines]
    assert {("secretsmanager", "CreateSecret"), ("elasticfilesystem", "DescribeFileSystems")} <= set(actions)
    own = [line for line in lines if line.get("bucket") == f"b-{mark}"]
    assert [line["action"] for line in own] == ["CreateBucket", "PutObject", "ListObjectsV2", "DeleteObjects"]
    assert {"time", "service", "action", "region", "ms", "status", "attempt", "agent", "bucket"} == set(own[0])
    assert (own[1]["status"], own[1]["attempt"], own[1]["agent"], own[1]["region"]) == (200, 1, "boto3", REGION)


def test_settings_change_quotas_and_offerings(session: SandboxSession, control: SandboxControl) -> None:
    quotas, ec2 = session.client("service-quotas"), session.client("ec2")
    ask = {"ServiceCode": "ec2", "QuotaCode": "L-3819A6DF"}
    control.settings(quotas={"ec2/L-3819A6DF": 0})
    assert quotas.get_service_quota(**ask)["Quota"]["Value"] == 0
    assert quotas.get_aws_default_service_quota(**ask)["Quota"]["Value"] == 768
    control.settings(quotas={"ec2/L-3819A6DF": None})
    assert quotas.get_service_quota(**ask)["Quota"]["Value"] == 768

    def zones(kind: str) -> set[str]:
        found = ec2.describe_instance_type_offerings(
            LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [kind]}]
        )["InstanceTypeOfferings"]
        return {item["Location"] for item in found}

    assert len(zones("g5.2xlarge")) > 1
    control.settings(offerings={"g5.*": ["a"]})
    assert zones("g5.2xlarge") == {f"{REGION}a"}
    assert len(zones("m5.large")) > 1


def test_wrong_settings_are_refused_as_a_whole(control: SandboxControl) -> None:
    before = control.settings()
    for change in ({"quota": {}}, {"s3_latency_ms": "fast"}, {"s3_latency_ms": -1}, {"quotas": {"a": 1}, "capacity_denied": {}}):
        with pytest.raises(CosmosctlError):
            control.settings(**change)
    assert control.settings() == before


def test_s3_latency(session: SandboxSession, control: SandboxControl) -> None:
    s3 = session.client("s3")
    s3.list_buckets()
    control.settings(s3_latency_ms=150)
    started = time.monotonic()
    s3.list_buckets()
    assert time.monotonic() - started >= 0.15


def test_of_many_conditional_writes_one_wins(session: SandboxSession) -> None:
    """Terraform's lock file and our own markers rely on it."""
    s3, bucket = session.client("s3"), f"b-{uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def write(number: int) -> str:
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(8)))
    assert sorted(outcomes) == ["PreconditionFailed"] * 7 + ["won"]


def test_control_api_refuses_what_it_does_not_know(endpoint: str, control: SandboxControl) -> None:
    with pytest.raises(CosmosctlError, match="no such command"):
        control.command("nonsense")
    status = control.status()
    assert status["endpoint"] == endpoint
    assert "IAM permissions" in status["not_proven"]
    assert status["memory_mib"] > 0
