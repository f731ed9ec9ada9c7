"""Cleanup keeps the data when told to, names what it keeps, and the next install takes it over; the weight cache is no data."""

from __future__ import annotations

import json

import pytest

from tests.support.deployment import Deployed, everything, listed
from tests.support.plain_terraform import assert_no_changes
from tests.support.survival import assert_nothing_twice

FOUNDATION = ("--only", "state-bucket", "--only", "foundation")
KEY, BODY = "outputs/reason-20260101-000000-abcd/clip.json", b"worth keeping"


@pytest.mark.xdist_group("e2e-kept")
class TestKeptData:
    ordered = True
    prefix = "kpt"
    kept: dict[str, str] = {}  # noqa: RUF012  filled by one step, read by later ones

    def test_install_with_a_weight_cache(self, made: Deployed) -> None:
        made.set("efs_weight_cache: false", "efs_weight_cache: true")
        made.cli("install", "--yes", *FOUNDATION).ok()
        assert len(listed(made, "file system")) == 1
        made.aws("s3").put_object(Bucket=made.names.data_bucket, Key=KEY, Body=BODY)
        self.kept["key"] = listed(made, "kms key")[0]

    def test_cleanup_keeps_bucket_and_key_and_says_so(self, made: Deployed) -> None:
        report = made.cli("cleanup", "--yes", "-o", "json").ok().json["data"]["report"]
        assert everything(made) == {"bucket": [made.names.data_bucket], "kms key": [self.kept["key"]]}
        said = json.dumps(report["kept"])
        assert made.names.data_bucket in said
        assert self.kept["key"] in said
        self._assert_data(made)

    def test_a_second_cleanup_keeps_it_too(self, made: Deployed) -> None:
        made.cli("cleanup", "--yes").ok()
        self._assert_data(made)

    def test_next_install_takes_it_over(self, made: Deployed) -> None:
        made.cli("install", "--yes", *FOUNDATION).ok()
        assert listed(made, "kms key") == [self.kept["key"]]
        assert sorted(listed(made, "bucket")) == sorted([made.names.data_bucket, made.names.state_bucket])
        self._assert_data(made)
        assert_nothing_twice(made)
        assert_no_changes(made, "foundation")

    def test_cleanup_deletes_it_when_told(self, made: Deployed) -> None:
        made.cli("cleanup", "--yes", "--delete-data").ok()
        assert everything(made) == {}

    def _assert_data(self, made: Deployed) -> None:
        assert made.aws("s3").get_object(Bucket=made.names.data_bucket, Key=KEY)["Body"].read() == BODY
