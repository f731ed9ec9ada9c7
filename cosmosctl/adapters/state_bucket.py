"""Whole buckets through boto3: the state bucket's creation, and emptying with versions, markers and uploads.

Terraform cannot create the bucket that holds its own state. This module must not know which stacks there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cosmosctl.adapters.aws_calls import aws, code_of, gone_is_fine
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession

DELETE_BATCH = 1000
MISSING = ("404", "NoSuchBucket", "NotFound")
DEFAULT_REGION = "us-east-1"  # its name is not allowed as a location constraint
BLOCKED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
OLD_STATE_DAYS = 90

ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]}
EXPIRY = {
    "ID": "old-states",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_STATE_DAYS},
}


class AwsBuckets:
    """`ports.buckets.Buckets` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._s3 = session.client("s3")
        self._region = session.region

    def exists(self, name: str) -> bool:
        try:
            self._s3.head_bucket(Bucket=name)
        except ClientError as error:
            if code_of(error) in MISSING:
                return False
            if code_of(error) == "403":
                raise CosmosctlError(
                    "aws_error", f"s3:HeadBucket: bucket {name} belongs to another account or is not allowed", path=name
                ) from error
            with aws("s3:HeadBucket", name):
                raise
        return True

    def secure(self, name: str) -> bool:
        return self.exists(name) and all(self._holds(name, setting) for setting in _settings(name, self._region))

    def ensure(self, name: str, tags: Mapping[str, str]) -> bool:
        created = not self.exists(name)
        if created:
            where: dict[str, Any] = (
                {} if self._region == DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
            )
            with aws("s3:CreateBucket", name), gone_is_fine("BucketAlreadyOwnedByYou"):
                self._s3.create_bucket(Bucket=name, **where)
        missing = [setting for setting in _settings(name, self._region) if not self._holds(name, setting)]
        for put, _, arguments, _ in missing:
            with aws(f"s3:{put}", name):
                getattr(self._s3, put)(Bucket=name, **arguments)
        with aws("s3:PutBucketTagging", name):
            self._s3.put_bucket_tagging(
                Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
            )
        return created or bool(missing)

    def _holds(self, name: str, setting: _Setting) -> bool:
        _, get, _, check = setting
        try:
            return check(getattr(self._s3, get)(Bucket=name))
        except ClientError:
            return False  # not set, or not readable: put it again

    def empty(self, name: str, prefix: str = "", progress: Callable[[int], None] | None = None) -> int:
        removed = 0
        with aws("s3:DeleteObjects", name), gone_is_fine(*MISSING):
            for batch in _batches(self._versions(name, prefix)):
                response = self._s3.delete_objects(Bucket=name, Delete={"Objects": batch, "Quiet": True})
                _raise_refused(name, response.get("Errors", []))
                removed += len(batch)
                if progress is not None:
                    progress(removed)
            for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=name, Prefix=prefix):
                for upload in page.get("Uploads", []):
                    self._s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        return removed

    def _versions(self, name: str, prefix: str) -> Iterator[dict[str, str]]:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=name, Prefix=prefix):
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield {"Key": item["Key"], "VersionId": item["VersionId"]}

    def delete(self, name: str) -> None:
        self.empty(name)
        with aws("s3:DeleteBucket", name), gone_is_fine(*MISSING):
            self._s3.delete_bucket(Bucket=name)


_Setting = tuple[str, str, dict[str, Any], Callable[[Mapping[str, Any]], bool]]


def _settings(name: str, region: str) -> tuple[_Setting, ...]:
    """What makes the bucket safe: (put call, get call, arguments, check of the get's answer)."""
    policy = _tls_only(name, region)
    return (
        (
            "put_bucket_versioning",
            "get_bucket_versioning",
            {"VersioningConfiguration": {"Status": "Enabled"}},
            lambda got: got.get("Status") == "Enabled",
        ),
        (
            "put_bucket_encryption",
            "get_bucket_encryption",
            {"ServerSideEncryptionConfiguration": ENCRYPTION},
            lambda got: _algorithm(got) == "aws:kms",
        ),
        (
            "put_public_access_block",
            "get_public_access_block",
            {"PublicAccessBlockConfiguration": BLOCKED},
            lambda got: got.get("PublicAccessBlockConfiguration") == BLOCKED,
        ),
        (
            "put_bucket_policy",
            "get_bucket_policy",
            {"Policy": json.dumps(policy)},
            lambda got: json.loads(got["Policy"]) == policy,
        ),
        (
            "put_bucket_lifecycle_configuration",
            "get_bucket_lifecycle_configuration",
            {"LifecycleConfiguration": {"Rules": [EXPIRY]}},
            lambda got: any(rule.get("ID") == "old-states" for rule in got.get("Rules", [])),
        ),
    )


def _algorithm(got: Mapping[str, Any]) -> str:
    rules = got["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _tls_only(name: str, region: str) -> dict[str, Any]:
    arn = f"arn:{_partition(region)}:s3:::{name}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _batches(items: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    batch: list[dict[str, str]] = []
    for item in items:
        batch.append(item)
        if len(batch) == DELETE_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _raise_refused(name: str, errors: list[dict[str, str]]) -> None:
    if errors:
        first = errors[0]
        raise CosmosctlError(
            "aws_error",
            f"s3:DeleteObjects: {len(errors)} objects of {name} were not deleted: {first.get('Code')}: {first.get('Message')}",
            path=name,
        )
