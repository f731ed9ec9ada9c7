"""S3Store against moto in this process, and against a client that cuts, throttles and corrupts."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ResponseStreamingError
from botocore.response import StreamingBody
from moto import mock_aws

from cosmosctl.adapters.s3 import S3Store, delete_batch
from cosmosctl.adapters.s3_purge import purge_bucket
from cosmosctl.adapters.s3_retry import Patience
from cosmosctl.errors import CosmosctlError

BUCKET = "data"
NO_WAIT = Patience(lambda seconds: None)
PART = 5 << 20


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        made = boto3.client("s3", region_name="us-east-1")
        made.create_bucket(Bucket=BUCKET)
        yield made
        made.close()


def store_of(client: Any) -> S3Store:
    return S3Store(client, BUCKET, patience=NO_WAIT, part=PART, parallel=3)


class Faulty:
    """A client whose next calls of one operation fail as planned; everything else passes through."""

    def __init__(self, client: Any, operation: str, *faults: Any) -> None:
        self._client, self._operation, self._faults, self.calls = client, operation, list(faults), 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._operation:
            return real

        def call(**arguments: Any) -> Any:
            self.calls += 1
            fault = self._faults.pop(0) if self._faults else None
            if isinstance(fault, Exception):
                raise fault
            answer = real(**arguments)
            return fault(answer) if fault else answer

        return call


def refused(code: str, status: int, operation: str = "GetObject") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)  # type: ignore[typeddict-item]


class Cut(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise ResponseStreamingError(error="Connection broken")


def cut_body(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "Body": StreamingBody(Cut(), answer["ContentLength"])}


def short_body(answer: dict[str, Any]) -> dict[str, Any]:
    body = answer["Body"].read()[:-3]
    return {**answer, "Body": io.BytesIO(body)}


def test_round_trip_of_small_objects(client: Any) -> None:
    store = store_of(client)
    store.put("a/b", b"0123456789", metadata={"cosmos-reason-prompt": "hello"})
    assert store.get("a/b") == b"0123456789"
    assert store.get("a/b", 2, 5) == b"234"
    assert store.get("a/b", 7) == b"789"
    assert store.get("a/b", 3, 3) == b""
    assert store.get("a/b", 50, 60) == b""
    info = store.head("a/b")
    assert info is not None
    assert (info.size, dict(info.metadata or {})) == (10, {"cosmos-reason-prompt": "hello"})
    assert (store.get("none"), store.head("none"), list(store.list("none"))) == (None, None, [])


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART + 17])
def test_files_of_every_size_come_back_whole(client: Any, tmp_path: Path, size: int) -> None:
    store, source, target = store_of(client), tmp_path / "source", tmp_path / "sub" / "target"
    source.write_bytes(os.urandom(size))
    store.upload(source, "big", content_type="video/mp4")
    assert store.download("big", target) == size
    assert target.read_bytes() == source.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["target"]
    assert client.head_object(Bucket=BUCKET, Key="big")["ContentType"] == "video/mp4"


@pytest.mark.parametrize(
    "fault", [cut_body, short_body, refused("SlowDown", 503), refused("InternalError", 500), ConnectionResetError("reset")]
)
def test_broken_bodies_and_busy_answers_are_read_again(client: Any, tmp_path: Path, fault: Any) -> None:
    store_of(client).put("k", b"x" * 1000)
    faulty = Faulty(client, "get_object", fault, fault)
    assert store_of(faulty).get("k") == b"x" * 1000
    assert faulty.calls == 3
    faulty = Faulty(client, "get_object", fault)
    assert store_of(faulty).download("k", tmp_path / "k") == 1000


def test_patience_ends_with_an_error_that_names_the_key(client: Any) -> None:
    store_of(client).put("k", b"x")
    faulty = Faulty(client, "get_object", *[cut_body] * 99)
    with pytest.raises(CosmosctlError, match="6 tries") as caught:
        store_of(faulty).get("k")
    assert (caught.value.code, caught.value.path) == ("aws_error", "s3://data/k")
    assert faulty.calls == NO_WAIT.tries


def test_refusals_are_not_repeated(client: Any) -> None:
    faulty = Faulty(client, "put_object", refused("AccessDenied", 403, "PutObject"))
    with pytest.raises(CosmosctlError, match="AccessDenied") as caught:
        store_of(faulty).put("k", b"")
    assert (faulty.calls, caught.value.hint != "") == (1, True)


def test_a_download_never_mixes_two_versions(client: Any, tmp_path: Path) -> None:
    store = store_of(client)
    source = tmp_path / "source"
    source.write_bytes(b"a" * (2 * PART))
    store.upload(source, "k")

    def replace(answer: dict[str, Any]) -> dict[str, Any]:
        client.put_object(Bucket=BUCKET, Key="k", Body=b"b" * (2 * PART))
        return answer

    faulty = Faulty(client, "head_object", replace)
    with pytest.raises(CosmosctlError):
        store_of(faulty).download("k", tmp_path / "target")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_a_failed_upload_leaves_no_parts(client: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a" * (2 * PART + 1))
    with pytest.raises(CosmosctlError):
        store_of(Faulty(client, "upload_part", refused("AccessDenied", 403))).upload(source, "k")
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)
    with pytest.raises(CosmosctlError, match="no such object"):
        store_of(client).download("k", tmp_path / "target")


def test_listing_pages_and_starts_after(client: Any) -> None:
    store = store_of(client)
    for number in range(1005):
        store.put(f"p/{number:05d}", b"")
    assert sum(1 for _ in store.list("p/")) == 1005
    assert [item.key for item in store.list("p/", start_after="p/01002")] == ["p/01003", "p/01004"]
    assert store.delete(item.key for item in list(store.list("p/"))) == 1005
    assert list(store.list("p/")) == []


def test_a_missing_bucket_is_explained(client: Any) -> None:
    store = S3Store(client, "gone", patience=NO_WAIT)
    with pytest.raises(CosmosctlError, match="NoSuchBucket"):
        list(store.list(""))
    with pytest.raises(CosmosctlError, match="NoSuchBucket"):
        store.put("k", b"")


def test_keys_that_cannot_be_deleted_are_named(client: Any) -> None:
    def denied(answer: dict[str, Any]) -> dict[str, Any]:
        return {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "no"}]}

    with pytest.raises(CosmosctlError, match="AccessDenied"):
        delete_batch(Faulty(client, "delete_objects", denied), BUCKET, [{"Key": "k"}], NO_WAIT)
    busy = Faulty(client, "delete_objects", lambda answer: {"Errors": [{"Key": "k", "Code": "InternalError"}]})
    assert delete_batch(busy, BUCKET, [{"Key": "k"}], NO_WAIT) == 1
    assert busy.calls == 2


def test_purge_takes_versions_markers_and_uploads(client: Any) -> None:
    class Session:
        region, endpoint = "us-east-1", None

        def client(self, service: str, region: str | None = None) -> Any:
            return client

    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(3):
        client.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    client.delete_object(Bucket=BUCKET, Key="k")
    client.create_multipart_upload(Bucket=BUCKET, Key="part")
    assert purge_bucket(Session(), BUCKET, patience=NO_WAIT) == 5  # type: ignore[arg-type]
    client.delete_bucket(Bucket=BUCKET)
    assert purge_bucket(Session(), BUCKET, patience=NO_WAIT) == 0  # type: ignore[arg-type]


def test_a_forbidden_key_that_the_listing_does_not_know_is_missing(client: Any) -> None:
    """S3 says 403 about a missing key to a role whose ListBucket is limited by prefix."""
    refusals = [refused("403", 403, "HeadObject"), refused("AccessDenied", 403, "GetObject")]
    assert store_of(Faulty(client, "head_object", refusals[0])).head("runs/none") is None
    assert store_of(Faulty(client, "get_object", refusals[1])).get("runs/none") is None


def test_a_forbidden_key_that_exists_stays_an_error(client: Any) -> None:
    store_of(client).put("runs/there", b"x")
    with pytest.raises(CosmosctlError, match="403"):
        store_of(Faulty(client, "head_object", refused("403", 403, "HeadObject"))).head("runs/there")
