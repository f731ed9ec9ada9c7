"""One S3 bucket behind the ObjectStore port.

Everything passes through one retry loop with bounds. Large objects move in parallel parts; a download pins the object's
ETag, so parts of two versions are never mixed, and appears under its name only when it is whole.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from cosmosctl.adapters.s3_retry import BrokenBody, Patience, error_code, is_missing, repeat
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.objectstore import ObjectInfo

PART = 16 << 20
PARALLEL = 6
DELETE_BATCH = 1000
FORBIDDEN = frozenset({"403", "Forbidden", "AccessDenied"})
_CHECKSUMS = ("ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA256")
T = TypeVar("T")


class S3Store:
    """Implements `ports.objectstore.ObjectStore` on a boto3 client."""

    def __init__(self, client: Any, bucket: str, *, patience: Patience | None = None, part: int = PART, parallel: int = PARALLEL) -> None:
        self._client = client
        self._bucket = bucket
        self._patience = patience or Patience(time.sleep)
        self._part = part
        self._parallel = parallel

    @classmethod
    def of(cls, session: AwsSession, bucket: str) -> S3Store:
        return cls(session.client("s3"), bucket)

    @property
    def bucket(self) -> str:
        return self._bucket

    def _repeat(self, what: str, key: str, call: Callable[[], T]) -> T:
        return repeat(self._patience, what, f"s3://{self._bucket}/{key}", call)

    def head(self, key: str) -> ObjectInfo | None:
        try:
            answer = self._repeat("HeadObject", key, lambda: self._client.head_object(Bucket=self._bucket, Key=key))
        except ClientError:
            return None
        except CosmosctlError as error:
            if self._absent(key, error):
                return None
            raise
        return ObjectInfo(key, int(answer["ContentLength"]), str(answer.get("ETag", "")), dict(answer.get("Metadata", {})))

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        if start is not None and end is not None and end <= start:
            return b""
        span = {} if start is None and end is None else {"Range": f"bytes={start or 0}-{'' if end is None else end - 1}"}
        try:
            return self._repeat("GetObject", key, lambda: self._read(key, span))
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        except CosmosctlError as error:
            if self._absent(key, error):
                return None
            raise

    def _absent(self, key: str, error: CosmosctlError) -> bool:
        """A role that may list only its prefixes is told 403, not 404, about a key that does not exist: its listing tells."""
        cause = error.__cause__
        if not isinstance(cause, ClientError) or error_code(cause) not in FORBIDDEN:
            return False
        try:
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        except ClientError:
            return False
        return all(item["Key"] != key for item in found)

    def _read(self, key: str, arguments: Mapping[str, str]) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **arguments)
        except ClientError as error:
            if error_code(error) == "InvalidRange":
                return b""  # the range begins behind the end, also of an empty object
            raise
        with answer["Body"] as stream:
            body: bytes = stream.read()
        if len(body) != int(answer.get("ContentLength", len(body))):
            raise BrokenBody(f"got {len(body)} of {answer['ContentLength']} bytes")
        return body

    def put(
        self, key: str, body: bytes, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None:
        self._call("PutObject", key, Body=body, ContentType=content_type, Metadata=dict(metadata or {}))

    def _call(self, operation: str, key: str, **arguments: Any) -> Any:
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
        try:
            return self._repeat(operation, key, lambda: getattr(self._client, name)(Bucket=self._bucket, Key=key, **arguments))
        except ClientError as error:
            raise CosmosctlError("aws_error", f"s3 {operation}: {error_code(error)}", path=f"s3://{self._bucket}/{key}") from error

    def download(self, key: str, path: Path) -> int:
        info = self.head(key)
        if info is None:
            raise CosmosctlError("aws_error", "there is no such object", path=f"s3://{self._bucket}/{key}")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                self._fetch_parts(info, target.fileno())
            partial.replace(path)
        except ClientError as error:
            raise CosmosctlError("aws_error", "the object changed or went while it was read", path=f"s3://{self._bucket}/{key}") from error
        finally:
            partial.unlink(missing_ok=True)
        return info.size

    def _fetch_parts(self, info: ObjectInfo, target: int) -> None:
        def fetch(start: int) -> None:
            end = min(start + self._part, info.size)
            span = {"Range": f"bytes={start}-{end - 1}"} if info.size > self._part else {}
            body = self._repeat("GetObject", info.key, lambda: self._read(info.key, {**span, "IfMatch": info.etag}))
            if len(body) != end - start:
                raise CosmosctlError("aws_error", f"got {len(body)} of {end - start} bytes", path=f"s3://{self._bucket}/{info.key}")
            os.pwrite(target, body, start)

        self._in_parallel(fetch, range(0, info.size, self._part))

    def _in_parallel(self, work: Callable[[int], T], items: Sequence[int]) -> list[T]:
        if len(items) <= 1:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(self._parallel, len(items))) as pool:
            try:
                return list(pool.map(work, items))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def upload(
        self, path: Path, key: str, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None:
        size = path.stat().st_size
        if size <= self._part:
            self.put(key, path.read_bytes(), content_type=content_type, metadata=metadata)
            return
        started = self._call("CreateMultipartUpload", key, ContentType=content_type, Metadata=dict(metadata or {}))
        upload = str(started["UploadId"])
        try:
            parts = self._send_parts(path, key, upload, size)
            self._call("CompleteMultipartUpload", key, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            self._abort(key, upload)
            raise

    def _send_parts(self, path: Path, key: str, upload: str, size: int) -> list[dict[str, Any]]:
        part = max(self._part, -(-size // 10_000))  # S3 takes 10,000 parts
        with path.open("rb") as source:

            def send(start: int) -> dict[str, Any]:
                body = os.pread(source.fileno(), part, start)
                number = start // part + 1
                answer = self._call("UploadPart", key, UploadId=upload, PartNumber=number, Body=body)
                return {"PartNumber": number, "ETag": answer["ETag"], **{name: answer[name] for name in _CHECKSUMS if name in answer}}

            return self._in_parallel(send, range(0, size, part))

    def _abort(self, key: str, upload: str) -> None:
        with suppress(Exception):  # the first error is the one to show; the bucket's lifecycle rule removes leftovers
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        arguments: dict[str, Any] = {"Prefix": prefix} | ({"StartAfter": start_after} if start_after else {})
        while True:
            page = self._page(prefix, arguments)
            for item in page.get("Contents", ()):
                yield ObjectInfo(item["Key"], int(item["Size"]), str(item.get("ETag", "")))
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def _page(self, prefix: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = self._repeat(
                "ListObjectsV2", prefix, lambda: self._client.list_objects_v2(Bucket=self._bucket, **arguments)
            )
        except ClientError as error:
            raise CosmosctlError("aws_error", f"s3 ListObjectsV2: {error_code(error)}", path=f"s3://{self._bucket}/{prefix}") from error
        return answer

    def delete(self, keys: Iterable[str]) -> int:
        stream = iter(keys)
        removed = 0
        while batch := list_of(islice(stream, DELETE_BATCH)):
            removed += delete_batch(self._client, self._bucket, [{"Key": key} for key in batch], self._patience)
        return removed


list_of = list  # `S3Store.list` hides the built-in inside the class


def delete_batch(client: Any, bucket: str, objects: Sequence[Mapping[str, str]], patience: Patience) -> int:
    """One DeleteObjects call; errors of single keys are tried again, then raised with the first of them."""
    left = list(objects)
    for attempt in range(patience.tries):
        request = {"Objects": left, "Quiet": True}
        answer = repeat(patience, "DeleteObjects", f"s3://{bucket}", partial(client.delete_objects, Bucket=bucket, Delete=request))
        errors = answer.get("Errors", [])
        if not errors:
            return len(objects)
        left = [{name: error[name] for name in ("Key", "VersionId") if error.get(name)} for error in errors]
        final = [error for error in errors if error.get("Code") not in ("InternalError", "SlowDown", "ServiceUnavailable")]
        if final or attempt == patience.tries - 1:
            first = (final or errors)[0]
            raise CosmosctlError(
                "aws_error",
                f"{len(errors)} objects could not be deleted: {first.get('Code')}: {first.get('Message', '')}",
                path=f"s3://{bucket}/{first.get('Key', '')}",
            )
        patience.pause(attempt)
    return len(objects)
