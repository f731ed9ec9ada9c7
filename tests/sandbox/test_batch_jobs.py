"""Batch jobs through boto3: what a client of AWS sees, with real processes behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.sandbox_batch import FAST, Farm, sandbox, wait_for

OK = "pass"


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sandbox(tmp_path_factory.mktemp("batch")) as server:
        server.post("settings", FAST)
        yield Farm(server)


@pytest.fixture(scope="module")
def ok(farm: Farm) -> str:
    return farm.define("print('fine')", "ok")


@pytest.fixture(scope="module")
def blocked(farm: Farm) -> str:
    """A queue whose jobs never get a place: its instances have no GPU."""
    environment = farm.environment("EC2", 8, ["c5.4xlarge"])
    return farm.make_queue("blocked", [environment])


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "ClientException"
    return str(caught.value.response["Error"]["Message"])


def test_a_job_runs_with_a_clean_environment_and_its_output_is_in_the_log(farm: Farm) -> None:
    script = (
        "import os,sys,tempfile,cosmosctl; print('café'); print('to stderr', file=sys.stderr);"
        "print('ENV', ' '.join(sorted(os.environ))); print('TMP', tempfile.gettempdir() == os.environ['HOME']);"
        "print(os.environ['A'], os.environ['AWS_BATCH_JOB_ID'], os.environ['AWS_BATCH_JOB_ATTEMPT'], os.environ['AWS_BATCH_JQ_NAME']);"
        "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    )
    definition = farm.define(script, "env", container={"environment": [{"name": "A", "value": "1"}]})
    job = farm.wait(farm.submit(definition, containerOverrides={"environment": [{"name": "A", "value": "2"}]}))
    lines = farm.lines(job)
    assert job["status"] == "SUCCEEDED", (job, lines)
    assert {"café", "to stderr", "TMP True", "123456789012"} <= set(lines)
    assert f"2 {job['jobId']} 1 {farm.queue}" in lines
    names = next(line for line in lines if line.startswith("ENV")).split()[1:]
    assert not [n for n in names if n.startswith(("USER", "AWS_PROFILE", "AWS_SESSION", "COSMOSCTL", "MOTO"))], names
    assert job["container"]["exitCode"] == 0
    assert job["statusReason"] == "Essential container in task exited"
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]
    assert job["attempts"][0]["container"]["logStreamName"] == job["container"]["logStreamName"]


def test_lines_are_shipped_in_batches(farm: Farm) -> None:
    before = farm.server.client("logs").describe_log_streams(logGroupName=f"/{farm.name}/jobs")["logStreams"]
    job = farm.wait(farm.submit(farm.define("print('\\n'.join(f'line {i}' for i in range(5000)))", "many")))
    lines = []
    token: dict[str, Any] = {}
    for _ in range(5):
        page = farm.logs.get_log_events(
            logGroupName=f"/{farm.name}/jobs", logStreamName=job["container"]["logStreamName"], startFromHead=True, **token
        )
        lines += [e["message"] for e in page["events"]]
        token = {"nextToken": page["nextForwardToken"]}
    assert lines[:5000] == [f"line {i}" for i in range(5000)]
    assert len({s["logStreamName"] for s in before} & {job["container"]["logStreamName"]}) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"jobName": "-bad"}, "valid pattern"),
        ({"jobName": "x" * 129}, "valid pattern"),
        ({"jobDefinition": "nope"}, "does not exist or is not ACTIVE"),
        ({"jobQueue": "nope"}, "Job queue nope does not exist"),
        ({"arrayProperties": {"size": 1}}, "between 2 and 10000"),
        ({"arrayProperties": {"size": 10_001}}, "between 2 and 10000"),
        ({"shareIdentifier": "a"}, "only allowed for a job queue with a scheduling policy"),
        ({"dependsOn": [{"jobId": "missing"}]}, "Dependent job missing does not exist"),
        ({"dependsOn": [{"type": "SEQUENTIAL"}]}, "needs an array job"),
        ({"dependsOn": [{"type": "SEQUENTIAL"}] * 21, "arrayProperties": {"size": 2}}, "at most 20"),
        ({"timeout": {"attemptDurationSeconds": 59}}, "at least 60"),
        ({"retryStrategy": {"attempts": 11}}, "between 1 and 10"),
        ({"containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}}, "may not start with AWS_BATCH"),
        ({"containerOverrides": {"environment": [{"name": "X", "value": "v" * 31_000}]}}, "exceeds the limit of 30720 bytes"),
    ],
)
def test_a_bad_submission_is_refused(farm: Farm, ok: str, change: dict[str, Any], words: str) -> None:
    request = {"jobName": "n", "jobQueue": farm.queue, "jobDefinition": ok, **change}
    assert words in refused(farm.batch.submit_job, **request)


def test_a_queue_with_a_policy_wants_a_share(farm: Farm, ok: str) -> None:
    share = {"shareDistribution": [{"shareIdentifier": "a*", "weightFactor": 1.0}]}
    policy = farm.batch.create_scheduling_policy(name=f"{farm.name}-p", fairsharePolicy=share)["arn"]
    queue = farm.make_queue("fair", farm.environments, schedulingPolicyArn=policy)
    assert "must be specified" in refused(farm.batch.submit_job, jobName="n", jobQueue=queue, jobDefinition=ok)
    assert farm.wait(farm.submit(ok, jobQueue=queue, shareIdentifier="a1"))["shareIdentifier"] == "a1"


def test_only_active_definitions_run_and_the_name_means_the_newest_active(farm: Farm) -> None:
    first = farm.define("print(1)", "rev")
    second = farm.define("print(2)", "rev")
    farm.batch.deregister_job_definition(jobDefinition=second)
    assert "not ACTIVE" in refused(farm.batch.submit_job, jobName="n", jobQueue=farm.queue, jobDefinition=second)
    job = farm.job(farm.submit(f"{farm.name}-rev"))
    assert job["jobDefinition"] == first


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("raise SystemExit(65)", 65, None),
        ("import os,signal; os.kill(os.getpid(), signal.SIGKILL)", 137, None),
        ("import os,signal; os.kill(os.getpid(), signal.SIGTERM)", 143, None),
    ],
)
def test_exit_codes_as_a_container_gives_them(farm: Farm, script: str, code: int, reason: str | None) -> None:
    job = farm.wait(farm.submit(farm.define(script, "codes")))
    assert (job["status"], job["container"]["exitCode"], job["container"].get("reason")) == ("FAILED", code, reason)
    assert job["statusReason"] == "Essential container in task exited"


def test_an_unknown_command_cannot_start(farm: Farm) -> None:
    job = farm.wait(farm.submit(farm.define("", "cmd", command=["no-such-program"])))
    assert job["container"]["exitCode"] == 127
    assert job["container"]["reason"].startswith("CannotStartContainerError:")
    assert job["statusReason"] == "Task failed to start"


def test_a_missing_image_cannot_be_pulled_and_is_retried(farm: Farm) -> None:
    image = farm.image.partition("@")[0] + "@sha256:" + "f" * 64
    rules = [{"onReason": "CannotPull*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]
    definition = farm.define(OK, "image", container={"image": image}, retryStrategy={"attempts": 2, "evaluateOnExit": rules})
    job = farm.wait(farm.submit(definition))
    assert [a["container"]["reason"][:27] for a in job["attempts"]] == ["CannotPullContainerError: f"] * 2
    assert "exitCode" not in job["attempts"][0]["container"]


def test_secrets_come_by_arn_and_a_missing_value_stops_the_start(farm: Farm) -> None:
    secrets = farm.server.client("secretsmanager")
    full = secrets.create_secret(Name=f"{farm.name}/t", SecretString='{"k": "hf_x"}')["ARN"]
    empty = secrets.create_secret(Name=f"{farm.name}/e")["ARN"]
    show = "import os; print(os.environ['T'], os.environ['K'])"
    wanted = [{"name": "T", "valueFrom": full}, {"name": "K", "valueFrom": f"{full}:k::"}]
    good = farm.wait(farm.submit(farm.define(show, "secret", container={"secrets": wanted})))
    assert farm.lines(good) == ['{"k": "hf_x"} hf_x']
    assert "hf_x" not in str(good), "the value is not part of the job"
    bad = farm.wait(farm.submit(farm.define(show, "secret", container={"secrets": [{"name": "T", "valueFrom": empty}]})))
    assert bad["container"]["reason"].startswith("ResourceInitializationError: unable to pull secrets or registry auth")


def test_a_missing_log_group_stops_the_start(farm: Farm) -> None:
    options = {"logDriver": "awslogs", "options": {"awslogs-group": "/not/there"}}
    job = farm.wait(farm.submit(farm.define(OK, "nolog", container={"logConfiguration": options})))
    assert "log group does not exist: /not/there" in job["container"]["reason"]


def test_retries_follow_the_rules_and_keep_every_attempt(farm: Farm) -> None:
    script = "import os; raise SystemExit(0 if os.environ['AWS_BATCH_JOB_ATTEMPT'] == '3' else 75)"
    rules = [{"onExitCode": "75", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]
    job = farm.wait(farm.submit(farm.define(script, "retry", retryStrategy={"attempts": 5, "evaluateOnExit": rules})))
    assert [a["container"]["exitCode"] for a in job["attempts"]] == [75, 75, 0]
    assert len({a["container"]["logStreamName"] for a in job["attempts"]}) == 3
    assert job["status"] == "SUCCEEDED"


def test_an_array_gives_each_child_its_index(farm: Farm) -> None:
    script = "import os; i = os.environ['AWS_BATCH_JOB_ARRAY_INDEX']; print('index', i); raise SystemExit(int(i == '2'))"
    parent = farm.submit(farm.define(script, "array"), arrayProperties={"size": 4})
    job = farm.wait(parent)
    assert (job["status"], job["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert {k: v for k, v in job["arrayProperties"]["statusSummary"].items() if v} == {"SUCCEEDED": 3, "FAILED": 1}
    children = farm.batch.describe_jobs(jobs=[f"{parent}:{i}" for i in range(4)])["jobs"]
    assert [farm.lines(c) for c in children] == [[f"index {i}"] for i in range(4)]
    assert [c["arrayProperties"]["index"] for c in children] == [0, 1, 2, 3]


def test_25000_children_are_accepted_at_once_and_listed_in_pages(farm: Farm, ok: str, blocked: str) -> None:
    started = time.perf_counter()
    parents = [farm.submit(ok, jobQueue=blocked, arrayProperties={"size": n}) for n in (10_000, 10_000, 5_000)]
    assert time.perf_counter() - started < 1.0
    wait_for(lambda: farm.job(f"{parents[0]}:9999")["status"] == "RUNNABLE", 10, "not runnable")
    pages = list(farm.batch.get_paginator("list_jobs").paginate(arrayJobId=parents[2], jobStatus="RUNNABLE"))
    assert [len(p["jobSummaryList"]) for p in pages] == [1000] * 5
    assert len({j["jobId"] for p in pages for j in p["jobSummaryList"]}) == 5000
    head = farm.batch.get_job_queue_snapshot(jobQueue=blocked)["frontOfQueue"]["jobs"]
    assert len(head) == 100
    for parent in parents:
        farm.batch.terminate_job(jobId=parent, reason="done")
        assert farm.wait(parent)["statusReason"] == "done"


def test_listing_by_status_filter_and_page(farm: Farm, ok: str, blocked: str) -> None:
    ids = [farm.submit(ok, jobQueue=blocked, jobName=f"List-{n}") for n in "abc"]
    for job in ids:
        farm.wait(job, "RUNNABLE")

    def names(**query: Any) -> list[str]:
        return [j["jobName"] for j in farm.batch.list_jobs(jobQueue=blocked, **query)["jobSummaryList"]]

    assert names() == [], "without a status only RUNNING jobs are listed"
    assert names(jobStatus="RUNNABLE") == ["List-a", "List-b", "List-c"]
    assert names(filters=[{"name": "JOB_NAME", "values": ["list-*"]}]) == ["List-c", "List-b", "List-a"]
    assert names(filters=[{"name": "JOB_DEFINITION", "values": [f"{farm.name}-ok"]}], maxResults=1) == ["List-c"]
    page = farm.batch.list_jobs(jobQueue=blocked, jobStatus="RUNNABLE", maxResults=2)
    rest = farm.batch.list_jobs(jobQueue=blocked, jobStatus="RUNNABLE", maxResults=2, nextToken=page["nextToken"])
    assert [j["jobId"] for j in page["jobSummaryList"] + rest["jobSummaryList"]] == ids
    assert "nextToken" not in rest
    assert "Exactly one of" in refused(farm.batch.list_jobs)
    assert "at most 100" in refused(farm.batch.describe_jobs, jobs=["x"] * 101)
    assert farm.batch.describe_jobs(jobs=["unknown"])["jobs"] == []
    answer = farm.batch.cancel_jobs(jobs=[*ids[1:], "unknown"], reason="over")
    assert (answer["successful"], [e["job"] for e in answer["errors"]]) == (ids[1:], ["unknown"])
    farm.batch.cancel_job(jobId=ids[0], reason="over")
    for job in ids:
        assert (farm.wait(job)["statusReason"], farm.job(job)["isCancelled"]) == ("over", True)


def test_cancel_leaves_a_running_job_alone_and_terminate_ends_its_whole_group(farm: Farm) -> None:
    script = "import subprocess,sys,time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); time.sleep(60)"
    job_id = farm.submit(farm.define(script, "long"))
    job = farm.wait(job_id, "RUNNING")
    wait_for(lambda: farm.lines(farm.job(job_id)), 10, "no output")
    child = int(farm.lines(job)[0])
    farm.batch.cancel_job(jobId=job_id, reason="no effect")
    assert farm.job(job_id)["status"] == "RUNNING"
    farm.batch.terminate_job(jobId=job_id, reason="enough of it")
    job = farm.wait(job_id)
    assert (job["statusReason"], job["container"]["exitCode"], job["isTerminated"]) == ("enough of it", 143, True)
    wait_for(lambda: not _alive(child), 5, "a process of the job is left")


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_job_that_ignores_sigterm_is_killed(farm: Farm) -> None:
    script = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    job_id = farm.submit(farm.define(script, "deaf"))
    farm.wait(job_id, "RUNNING")
    wait_for(lambda: farm.lines(farm.job(job_id)), 10, "no output")
    farm.batch.terminate_job(jobId=job_id, reason="now")
    assert farm.wait(job_id)["container"]["exitCode"] == 137


def test_tags_of_a_job(farm: Farm, ok: str) -> None:
    job = farm.job(farm.submit(ok, tags={"a": "1"}))
    farm.batch.tag_resource(resourceArn=job["jobArn"], tags={"b": "2"})
    farm.batch.untag_resource(resourceArn=job["jobArn"], tagKeys=["a"])
    assert farm.batch.list_tags_for_resource(resourceArn=job["jobArn"])["tags"] == {"b": "2"}
    assert farm.job(job["jobId"])["tags"] == {"b": "2"}


def test_parameters_fill_the_command(farm: Farm) -> None:
    definition = farm.define("", "param", command=["python", "-c", "print('Ref::word')"], parameters={"word": "default"})
    assert farm.lines(farm.wait(farm.submit(definition))) == ["default"]
    assert farm.lines(farm.wait(farm.submit(definition, parameters={"word": "given"}))) == ["given"]
