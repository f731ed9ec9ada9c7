"""Empties a bucket for good: all versions, delete markers and unfinished multipart uploads.

S3 refuses to delete a bucket that holds any of them, and listing objects shows only the first kind. Used by cleanup.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from cosmosctl.adapters.s3 import DELETE_BATCH, delete_batch
from cosmosctl.adapters.s3_retry import Patience, error_code, repeat
from cosmosctl.ports.aws import AwsSession


def purge_bucket(session: AwsSession, bucket: str, prefix: str = "", *, patience: Patience | None = None) -> int:
    """Number of versions, markers and uploads removed; a bucket that is gone counts as empty."""
    client, wait = session.client("s3"), patience or Patience(time.sleep)
    try:
        return _purge_versions(client, bucket, prefix, wait) + _abort_uploads(client, bucket, prefix, wait)
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchBucket"):
            return 0
        raise


def _purge_versions(client: Any, bucket: str, prefix: str, patience: Patience) -> int:
    removed = 0
    while True:
        # always the first page: what it showed is gone by the next call, so no token can point into removed keys
        page = repeat(
            patience,
            "ListObjectVersions",
            f"s3://{bucket}",
            partial(_or_empty, client.list_object_versions, Bucket=bucket, Prefix=prefix, MaxKeys=DELETE_BATCH),
        )
        shown = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        found = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in shown]
        if not found:
            return removed
        removed += delete_batch(client, bucket, found, patience)


def _abort_uploads(client: Any, bucket: str, prefix: str, patience: Patience) -> int:
    removed = 0
    for key, upload in list(_uploads(client, bucket, prefix, patience)):
        repeat(
            patience,
            "AbortMultipartUpload",
            f"s3://{bucket}/{key}",
            partial(_or_empty, client.abort_multipart_upload, Bucket=bucket, Key=key, UploadId=upload),
        )
        removed += 1
    return removed


def _uploads(client: Any, bucket: str, prefix: str, patience: Patience) -> Iterator[tuple[str, str]]:
    arguments: dict[str, str] = {}
    while True:
        page = repeat(
            patience,
            "ListMultipartUploads",
            f"s3://{bucket}",
            partial(_or_empty, client.list_multipart_uploads, Bucket=bucket, Prefix=prefix, **arguments),
        )
        yield from ((item["Key"], item["UploadId"]) for item in page.get("Uploads", ()))
        if not page.get("IsTruncated"):
            return
        arguments = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


def _or_empty(call: Any, **arguments: Any) -> dict[str, Any]:
    """A bucket or upload that is already gone is what the caller wants."""
    try:
        return dict(call(**arguments))
    except ClientError as error:
        if error_code(error) in ("NoSuchBucket", "NoSuchUpload", "404"):
            return {}
        raise
