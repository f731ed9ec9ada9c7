"""Pages of a listing against the plain definition, and S3's rules through boto3."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.adapters.session import SandboxSession
from cosmosctl.sandbox.listing import page

from .conftest import REGION, ClientFactory

NAMES = st.lists(st.text("ab/é", min_size=1, max_size=6), unique=True, max_size=40)


def whole(names: list[str], dead: set[str], prefix: str, delimiter: str) -> list[str]:
    """The definition: every live name under the prefix, cut after the first delimiter, once each, in order."""
    found = set()
    for name in set(names) - dead:
        if name.startswith(prefix):
            rest = name[len(prefix) :]
            found.add(prefix + rest.split(delimiter)[0] + delimiter if delimiter and delimiter in rest else name)
    return sorted(found)


@given(NAMES, st.sets(st.integers(0, 39)), st.text("ab/", max_size=2), st.sampled_from(["", "/"]), st.integers(1, 5))
def test_pages_join_to_the_whole(names: list[str], dead_at: set[int], prefix: str, delimiter: str, limit: int) -> None:
    names = sorted(names)
    dead = {name for index, name in enumerate(names) if index in dead_at}
    joined: list[str] = []
    after, folder = "", False
    for _ in range(100):
        part = page(names, lambda name: name not in dead, prefix, delimiter, after, limit, folder)
        assert len(part.entries) <= limit
        joined += [name for name, _ in part.entries]
        if not part.last:
            break
        after, folder = part.last, part.entries[-1][1]
    assert joined == whole(names, dead, prefix, delimiter)


def _deleted_folder(client: ClientFactory) -> list[str]:
    s3, bucket = client("s3"), f"b-{uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("gone/1", "here/1"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="gone/1")
    return [item["Prefix"] for item in s3.list_objects_v2(Bucket=bucket, Delimiter="/").get("CommonPrefixes", [])]


def test_a_folder_of_deleted_keys_is_not_listed(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert _deleted_folder(upstream) == ["gone/", "here/"]
    assert _deleted_folder(ours) == ["here/"]


def test_paging_while_keys_come_and_go(session: SandboxSession) -> None:
    s3, bucket = session.client("s3"), f"b-{uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for number in range(7):
        s3.put_object(Bucket=bucket, Key=f"k/{number}", Body=b"x")
    first = s3.list_objects_v2(Bucket=bucket, Prefix="k/", MaxKeys=3)
    s3.delete_object(Bucket=bucket, Key="k/1")
    s3.put_object(Bucket=bucket, Key="k/00", Body=b"x")
    second = s3.list_objects_v2(Bucket=bucket, Prefix="k/", MaxKeys=10, ContinuationToken=first["NextContinuationToken"])
    assert [item["Key"] for item in second["Contents"]] == ["k/3", "k/4", "k/5", "k/6"]
    later = s3.list_objects_v2(Bucket=bucket, Prefix="k/", StartAfter="k/5")
    assert [item["Key"] for item in later["Contents"]] == ["k/6"]
    old = s3.list_objects(Bucket=bucket, Prefix="k/", MaxKeys=2)
    assert [item["Key"] for item in old["Contents"]] == ["k/0", "k/00"]
    assert old["IsTruncated"] is True
    rest = s3.list_objects(Bucket=bucket, Prefix="k/", Marker="k/00")
    assert [item["Key"] for item in rest["Contents"]] == ["k/2", "k/3", "k/4", "k/5", "k/6"]
