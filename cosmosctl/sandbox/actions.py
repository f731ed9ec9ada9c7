"""Names of REST operations, for the request log and fault rules: `PutObject`, not `PUT /bucket/key`.

S3 is decided by hand because it is the hot path; other services are looked up in botocore's models, once per service.
It must not change a request.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

_OBJECT_SUB = {
    "acl": "ObjectAcl",
    "tagging": "ObjectTagging",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
    "attributes": "ObjectAttributes",
    "torrent": "ObjectTorrent",
}
_BUCKET_SUB = {
    "acl": "BucketAcl",
    "policy": "BucketPolicy",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "lifecycle": "BucketLifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotificationConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "replication": "BucketReplication",
    "publicAccessBlock": "PublicAccessBlock",
    "requestPayment": "BucketRequestPayment",
    "website": "BucketWebsite",
    "accelerate": "BucketAccelerateConfiguration",
    "object-lock": "ObjectLockConfiguration",
    "policyStatus": "BucketPolicyStatus",
    "intelligent-tiering": "BucketIntelligentTieringConfiguration",
    "inventory": "BucketInventoryConfiguration",
    "metrics": "BucketMetricsConfiguration",
    "analytics": "BucketAnalyticsConfiguration",
}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Get", "POST": "Put"}


def s3_action(method: str, raw_path: str, query: str, environ: dict[str, Any]) -> str:
    bucket, _, key = raw_path.lstrip("/").partition("/")
    names = set(parse_qs(query, keep_blank_values=True))
    if not bucket:
        return "ListBuckets"
    return _object_action(method, names, environ) if key else _bucket_action(method, names)


def _object_action(method: str, names: set[str], environ: dict[str, Any]) -> str:
    if method == "POST":
        return "CreateMultipartUpload" if "uploads" in names else "CompleteMultipartUpload" if "uploadId" in names else "RestoreObject"
    if "uploadId" in names:
        copied = "UploadPartCopy" if environ.get("HTTP_X_AMZ_COPY_SOURCE") else "UploadPart"
        return {"PUT": copied, "DELETE": "AbortMultipartUpload"}.get(method, "ListParts")
    for name, noun in _OBJECT_SUB.items():
        if name in names:
            return _VERBS.get(method, method) + noun
    if method == "PUT" and environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        return "CopyObject"
    return "HeadObject" if method == "HEAD" else f"{_VERBS.get(method, method)}Object"


def _bucket_action(method: str, names: set[str]) -> str:
    if method == "POST":
        return "DeleteObjects" if "delete" in names else "PostObject"
    for name, noun in _BUCKET_SUB.items():
        if name in names:
            return _VERBS.get(method, method) + noun
    if method == "GET":
        if "uploads" in names:
            return "ListMultipartUploads"
        return "ListObjectVersions" if "versions" in names else "ListObjectsV2" if "list-type" in names else "ListObjects"
    return {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket"}.get(method, method)


@lru_cache(maxsize=64)
def _operations(service: str) -> list[tuple[str, re.Pattern[str], frozenset[str], str]]:
    """(method, path, required query names, operation) of the service that signs as `service`; longest path first."""
    import botocore.session

    session = botocore.session.get_session()
    name = {"elasticfilesystem": "efs", "monitoring": "cloudwatch", "execute-api": "apigatewaymanagementapi"}.get(service, service)
    if name not in session.get_available_services():
        return []
    model = session.get_service_model(name)
    found = []
    for operation in model.operation_names:
        http = model.operation_model(operation).http
        path, _, query = http.get("requestUri", "/").partition("?")
        pattern = re.sub(r"\\\{[^}]*?\\\+\\\}", ".+", re.escape(path))
        pattern = re.sub(r"\\\{[^}]*?\\\}", "[^/]+", pattern)
        needed = frozenset(parse_qs(query, keep_blank_values=True))
        found.append((http.get("method", "POST"), re.compile(f"^{pattern}/?$"), needed, operation))
    return sorted(found, key=_specificity)


def _specificity(operation: tuple[str, re.Pattern[str], frozenset[str], str]) -> tuple[int, ...]:
    path = operation[1].pattern
    return -len(operation[2]), path.count("[^/]"), path.count(".+"), -len(path)


def rest_action(service: str, method: str, raw_path: str, environ: dict[str, Any]) -> str:
    names = set(parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    for verb, pattern, needed, operation in _operations(service):
        if verb == method and needed <= names and pattern.match(raw_path):
            return operation
    return f"{method} {raw_path}"
