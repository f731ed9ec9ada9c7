"""CodeBuild through boto3: builds that take their time, check their source and leave an image record, or fail with a log."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.sandbox.codebuild import context
from tests.support.sandbox_batch import REGION, Sandbox, sandbox, wait_for

SPEC = "version: 0.2\nphases:\n  build:\n    commands: [docker build .]\n"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"


def archive(**files: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as made:
        for name, text in files.items():
            made.writestr(zipfile.ZipInfo(name.replace("__", ".")), text)
    return raw.getvalue()


GOOD = archive(Dockerfile="FROM scratch\n", main__py="print(1)\n")


class Shop:
    """A project, its bucket and its repository."""

    def __init__(self, server: Sandbox) -> None:
        self.server = server
        self.connect()
        self.name = f"t{time.monotonic_ns()}"
        self.s3.create_bucket(Bucket=self.name)
        made = self.ecr.create_repository(repositoryName=f"{self.name}/worker", imageTagMutability="IMMUTABLE")
        self.uri = made["repository"]["repositoryUri"]
        self.builds.create_project(**self.project())

    def connect(self) -> None:
        client = self.server.client
        self.builds, self.s3, self.ecr, self.logs = client("codebuild"), client("s3"), client("ecr"), client("logs")

    def project(self, **more: Any) -> dict[str, Any]:
        return {
            "name": f"{self.name}-image",
            "source": {"type": "S3", "location": f"{self.name}/builds/none.zip", "buildspec": SPEC},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_XLARGE",
                "privilegedMode": True,
                "environmentVariables": [{"name": "REPOSITORY_URL", "value": self.uri}],
            },
            "serviceRole": "arn:aws:iam::123456789012:role/build",
            "timeoutInMinutes": 90,
            "queuedTimeoutInMinutes": 60,
            "concurrentBuildLimit": 4,
            "encryptionKey": KEY,
            "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": f"/{self.name}/builds", "streamName": "image"}},
            **more,
        }

    def start(self, data: bytes | None = GOOD, tag: str = "v1", **more: Any) -> str:
        key = f"builds/{time.monotonic_ns()}.zip"
        if data is not None:
            self.s3.put_object(Bucket=self.name, Key=key, Body=data)
        variables = [{"name": k, "value": v} for k, v in (("IMAGE_TAG", tag), ("ENGINE", "baseline")) if v]
        made = self.builds.start_build(
            projectName=f"{self.name}-image", sourceLocationOverride=f"{self.name}/{key}", environmentVariablesOverride=variables, **more
        )
        assert made["build"]["buildStatus"] == "IN_PROGRESS"
        return str(made["build"]["id"])

    def build(self, ident: str) -> dict[str, Any]:
        return dict(self.builds.batch_get_builds(ids=[ident])["builds"][0])

    def wait(self, ident: str) -> dict[str, Any]:
        wait_for(lambda: self.build(ident)["buildComplete"], 20, "the build does not end")
        return self.build(ident)

    def log(self, build: dict[str, Any]) -> str:
        place = build["logs"]
        events = self.logs.get_log_events(logGroupName=place["groupName"], logStreamName=place["streamName"], startFromHead=True)["events"]
        return "\n".join(e["message"] for e in events)

    def digest(self, tag: str) -> str:
        found = self.ecr.describe_images(repositoryName=f"{self.name}/worker", imageIds=[{"imageTag": tag}])
        return str(found["imageDetails"][0]["imageDigest"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with sandbox(tmp_path_factory.mktemp("codebuild")) as server:
        yield Shop(server)


@pytest.fixture(autouse=True)
def _calm(shop: Shop) -> None:
    shop.server.post("settings", {"codebuild": {"fail": None, "log": None, "phase": None, "seconds": None}})


def failed_phase(build: dict[str, Any]) -> tuple[str, str]:
    phase = next(p for p in build["phases"] if p.get("phaseStatus") == "FAILED")
    return phase["phaseType"], phase["contexts"][0]["message"]


def test_a_project_keeps_its_fields_through_create_and_update(shop: Shop) -> None:
    def read() -> dict[str, Any]:
        return dict(shop.builds.batch_get_projects(names=[f"{shop.name}-image"])["projects"][0])

    wanted = shop.project()
    found = read()
    assert {k: found[k] for k in ("encryptionKey", "logsConfig", "concurrentBuildLimit", "timeoutInMinutes", "source")} == {
        k: wanted[k] for k in ("encryptionKey", "logsConfig", "concurrentBuildLimit", "timeoutInMinutes", "source")
    }
    assert found["environment"]["environmentVariables"] == [{"name": "REPOSITORY_URL", "value": shop.uri, "type": "PLAINTEXT"}]
    shop.builds.update_project(name=wanted["name"], timeoutInMinutes=45, description="changed")
    changed = read()
    assert (changed["timeoutInMinutes"], changed["description"], changed["encryptionKey"]) == (45, "changed", KEY)


def test_a_build_leaves_an_image_with_the_digest_of_its_manifest(shop: Shop) -> None:
    build = shop.wait(shop.start(tag="good"))
    assert build["buildStatus"] == "SUCCEEDED"
    assert [p["phaseType"] for p in build["phases"]] == [
        "SUBMITTED",
        "QUEUED",
        "PROVISIONING",
        "DOWNLOAD_SOURCE",
        "INSTALL",
        "PRE_BUILD",
        "BUILD",
        "POST_BUILD",
        "UPLOAD_ARTIFACTS",
        "FINALIZING",
        "COMPLETED",
    ]
    assert build["logs"]["groupName"] == f"/{shop.name}/builds"
    assert build["logs"]["streamName"].startswith("image/")
    expected = context.image(GOOD, {"REPOSITORY_URL": shop.uri, "IMAGE_TAG": "good", "ENGINE": "baseline"})
    assert shop.digest("good") == expected.digest
    text = shop.log(build)
    assert expected.digest in text
    assert "no container is built here" in text
    assert shop.builds.list_builds_for_project(projectName=f"{shop.name}-image")["ids"][0] == build["id"]


@pytest.mark.parametrize(
    ("data", "more", "phase", "words"),
    [
        (None, {}, "DOWNLOAD_SOURCE", "The specified key does not exist"),
        (b"not a zip", {}, "DOWNLOAD_SOURCE", "not a zip archive"),
        (archive(x="1"), {}, "BUILD", "failed to read dockerfile"),
        (GOOD, {"buildspecOverride": "other.yml"}, "DOWNLOAD_SOURCE", "other.yml: no such file"),
        (GOOD, {"buildspecOverride": "version: 0.2\nphases: ["}, "DOWNLOAD_SOURCE", "not YAML"),
        (GOOD, {"tag": ""}, "PRE_BUILD", "IMAGE_TAG is not set"),
    ],
)
def test_a_build_that_cannot_work_fails_in_its_phase_and_says_why(
    shop: Shop, data: bytes | None, more: dict[str, Any], phase: str, words: str
) -> None:
    build = shop.wait(shop.start(data, **{"tag": "bad", **more}))
    assert build["buildStatus"] == "FAILED"
    where, message = failed_phase(build)
    assert where == phase
    assert words in message
    assert message in shop.log(build)
    with pytest.raises(ClientError, match="ImageNotFound"):
        shop.digest("bad")


def test_a_buildspec_file_in_the_archive_is_used(shop: Shop) -> None:
    data = archive(Dockerfile="FROM x\n", ci__yml=SPEC)
    assert shop.wait(shop.start(data, tag="file", buildspecOverride="ci.yml"))["buildStatus"] == "SUCCEEDED"


def test_a_failure_on_demand_has_its_log_text(shop: Shop) -> None:
    text = "Step 7/9 : RUN pip install torch\nERROR: No space left on device"
    shop.server.post("settings", {"codebuild": {"fail": True, "log": text, "phase": "BUILD"}})
    build = shop.wait(shop.start(tag="asked"))
    assert build["buildStatus"] == "FAILED"
    assert text in shop.log(build)
    assert failed_phase(build)[1].endswith("Reason: ERROR: No space left on device")


def test_an_immutable_tag_is_never_moved(shop: Shop) -> None:
    first = shop.wait(shop.start(tag="fixed"))
    digest = shop.digest("fixed")
    assert first["buildStatus"] == "SUCCEEDED"
    assert shop.wait(shop.start(tag="fixed"))["buildStatus"] == "SUCCEEDED", "the same content is no change"
    other = shop.wait(shop.start(archive(Dockerfile="FROM other\n"), tag="fixed"))
    assert other["buildStatus"] == "FAILED"
    assert "cannot be overwritten because the repository is immutable" in failed_phase(other)[1]
    assert shop.digest("fixed") == digest


def test_a_stopped_build_stays_stopped(shop: Shop) -> None:
    shop.server.post("settings", {"codebuild": {"seconds": 4}})
    ident = shop.start(tag="stopped")
    assert shop.builds.stop_build(id=ident)["build"]["buildStatus"] == "STOPPED"
    time.sleep(0.7)
    assert shop.build(ident)["buildStatus"] == "STOPPED"
    missing = f"{shop.name}-image:00000000-0000-0000-0000-000000000000"
    assert shop.builds.batch_get_builds(ids=[missing])["buildsNotFound"] == [missing]


def test_a_build_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    with sandbox(tmp_path / "sandbox") as server:
        server.post("settings", {"codebuild": {"seconds": 5}})
        shop = Shop(server)
        ident = shop.start(tag="late")
        server.post("save", {})
        server.kill9()
        server.start()
        shop.connect()
        server.post("settings", {"codebuild": {"seconds": None}})
        assert shop.wait(ident)["buildStatus"] == "SUCCEEDED"
        assert shop.digest("late").startswith("sha256:")


@given(st.binary(max_size=64), st.binary(max_size=64), st.sampled_from(["a", "b"]))
def test_the_digest_names_the_content(one: bytes, other: bytes, engine: str) -> None:
    variables = {"REPOSITORY_URI": "host/r", "IMAGE_TAG": "t", "ENGINE": engine}
    assert context.image(one, variables).digest == context.image(one, variables).digest
    assert (context.image(one, variables).digest == context.image(other, variables).digest) == (one == other)
