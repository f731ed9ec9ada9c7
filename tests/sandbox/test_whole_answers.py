"""Half an answer is an error that is repeated, in every protocol; a submission whose answer got lost is looked for first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ConnectionClosedError

from cosmosctl.adapters.batch import AwsBatch
from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import ATTEMPTS, SandboxSession
from cosmosctl.errors import CosmosctlError
from tests.support.sandbox_batch import FAST, REGION, Farm, Sandbox, sandbox

CALLS = [
    ("batch", "describe_job_queues", "jobQueues"), ("codebuild", "list_projects", "projects"), ("sts", "get_caller_identity", "Account"),
    ("ec2", "describe_vpcs", "Vpcs"), ("secretsmanager", "list_secrets", "SecretList"), ("s3", "list_buckets", "Buckets"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("whole")) as started:
        started.post("settings", FAST)
        yield started


@pytest.fixture
def session(server: Sandbox) -> Iterator[SandboxSession]:
    made = SandboxSession(server.record["endpoint"], REGION)
    yield made
    made.close()
    SandboxControl(server.record["endpoint"]).clear_faults()


@pytest.mark.parametrize(("service", "method", "key"), CALLS, ids=[call[0] for call in CALLS])
def test_a_cut_answer_is_asked_for_again(server: Sandbox, session: SandboxSession, service: str, method: str, key: str) -> None:
    server.post("faults", {"rules": [{"kind": "cut", "service": service, "times": 1}]})
    answer = getattr(session.client(service), method)()
    assert key in answer
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_answers_that_are_always_cut_are_an_error(server: Sandbox, session: SandboxSession) -> None:
    server.post("faults", {"rules": [{"kind": "cut", "service": "batch"}]})
    with pytest.raises(ConnectionClosedError):
        session.client("batch").describe_job_queues()
    assert _hits(server) == ATTEMPTS


def _hits(server: Sandbox) -> int:
    return int(SandboxControl(server.record["endpoint"]).faults()[0]["hits"])


@pytest.mark.parametrize("fault", [{"kind": "cut"}, {"kind": "reset", "when": "after"}, {"kind": "error"}, {"kind": "throttle"}], ids=str)
def test_a_job_is_submitted_once(server: Sandbox, session: SandboxSession, fault: dict[str, str]) -> None:
    farm = Farm(server)
    server.post("faults", {"rules": [{"service": "batch", "action": "SubmitJob", "times": 2, **fault}]})
    name = f"once-{farm.name}"
    batch = AwsBatch(session, sleep=lambda _: None)
    job = batch.submit(name=name, queue=farm.queue, definition=farm.define("pass"), array_size=1, environment={}, tags={})
    listed = farm.batch.list_jobs(jobQueue=farm.queue, filters=[{"name": "JOB_NAME", "values": [name]}])["jobSummaryList"]
    assert [item["jobId"] for item in listed] == [job]


def test_a_submission_that_never_gets_through_says_so(server: Sandbox, session: SandboxSession) -> None:
    farm = Farm(server)
    server.post("faults", {"rules": [{"service": "batch", "action": "SubmitJob", "kind": "error"}]})
    with pytest.raises(CosmosctlError) as caught:
        AwsBatch(session, sleep=lambda _: None).submit(
            name="never", queue=farm.queue, definition=farm.define("pass"), array_size=1, environment={}, tags={}
        )
    assert caught.value.code == "aws_error"
    assert "6 tries" in caught.value.message
