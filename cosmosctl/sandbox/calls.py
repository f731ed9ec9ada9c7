"""One AWS request as the sandbox sees it: who is asked for what, before moto reads it.

Service and Region come from the signature's scope; the action from the header, the form or the REST path. It must not
know moto's back ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

from cosmosctl.sandbox.actions import rest_action, s3_action

_SCOPE = re.compile(r"Credential=[^/]*/\d+/([^/]+)/([^/]+)/")
_PRESIGNED = re.compile(r"X-Amz-Credential=[^&]*?(?:%2F|/)\d+(?:%2F|/)([^%/&]+)(?:%2F|/)([^%/&]+)(?:%2F|/)")
_AGENTS = (("terraform", "terraform"), ("aws-cli", "aws-cli"), ("cosmosctl-worker", "worker"), ("boto3", "boto3"), ("botocore", "boto3"))
_READS = re.compile(r"^(Get|List|Describe|Head|Batch(Get|Check)|Lookup|Search|Filter|Simulate|Verify|Decrypt|AssumeRole)")


@dataclass
class Call:
    environ: dict[str, Any] = field(repr=False)
    method: str
    raw_path: str
    query: str
    service: str
    region: str
    body: bytes = field(repr=False)

    @classmethod
    def read(cls, environ: dict[str, Any], body: bytes) -> Call:
        raw, _, query = (environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/")).partition("?")
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _PRESIGNED.search(query)
        region, service = scope.groups() if scope else ("us-east-1", "s3")
        return cls(environ, environ["REQUEST_METHOD"], raw or "/", query, service.lower(), region, body)

    @property
    def target(self) -> str:
        return str(self.environ.get("HTTP_X_AMZ_TARGET", ""))

    @property
    def form(self) -> bool:
        return str(self.environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")

    @cached_property
    def action(self) -> str:
        if self.target:
            return self.target.rpartition(".")[2]
        rpc = re.match(r"^/service/[^/]+/operation/(\w+)$", self.raw_path)
        if rpc:
            return rpc.group(1)
        if self.service == "s3":
            return s3_action(self.method, self.raw_path, self.query, self.environ)
        if self.form and b"Action=" in self.body:
            return parse_qs(self.body.decode("utf-8", "replace")).get("Action", [""])[0]
        named = re.search(r"(?:^|&)Action=(\w+)", self.query)
        return named.group(1) if named else rest_action(self.service, self.method, self.raw_path, self.environ)

    @property
    def bucket(self) -> str:
        return unquote(self.raw_path.lstrip("/").partition("/")[0]) if self.service == "s3" else ""

    @property
    def key(self) -> str:
        """S3 object key; other services: the raw path, so that a fault rule can name a resource."""
        return unquote(self.raw_path.lstrip("/").partition("/")[2]) if self.service == "s3" else unquote(self.raw_path)

    @property
    def attempt(self) -> int:
        found = re.search(r"attempt=(\d+)", str(self.environ.get("HTTP_AMZ_SDK_REQUEST", "")))
        return int(found.group(1)) if found else 1

    @property
    def agent(self) -> str:
        agent = str(self.environ.get("HTTP_USER_AGENT", "")).lower()
        return next((kind for mark, kind in _AGENTS if mark in agent), "other")

    @property
    def mutates(self) -> bool:
        if self.service == "s3":
            return self.method not in {"GET", "HEAD", "OPTIONS"}
        return not _READS.match(self.action)
