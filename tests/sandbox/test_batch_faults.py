"""What goes wrong on real instances, made to happen: reclaim, memory, capacity, timeouts, a killed server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosmosctl.sandbox.batch.process import start_time
from tests.support.sandbox_batch import FAST, Farm, Sandbox, sandbox, wait_for

SLEEP = "import os,time; print(os.getpid(), flush=True); time.sleep(60)"
RETRY_HOST = {"attempts": 3, "evaluateOnExit": [{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]}
LIMITS = [
    {"reason": reason, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
    for reason in ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")
]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sandbox(tmp_path_factory.mktemp("faults")) as server:
        server.post("settings", FAST)
        yield Farm(server)


@pytest.fixture(autouse=True)
def _calm(farm: Farm) -> Iterator[None]:
    yield
    farm.server.post("settings", {"capacity_denied": [], "extra": {"batch_time_scale": None, "batch_pull_error": None}})


def output(farm: Farm, job_id: str) -> list[str]:
    farm.wait(job_id, "RUNNING")
    return list(wait_for(lambda: farm.lines(farm.job(job_id)), 10, "no output"))


def test_a_reclaimed_spot_job_is_told_and_retried(farm: Farm) -> None:
    script = (
        "import os,signal,sys,time\n"
        "if os.environ['AWS_BATCH_JOB_ATTEMPT'] == '2': raise SystemExit(0)\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('told', flush=True), sys.exit(143)))\n"
        "print('up', flush=True); time.sleep(60)"
    )
    job_id = farm.submit(farm.define(script, "spot", retryStrategy=RETRY_HOST))
    output(farm, job_id)
    assert farm.server.post("reclaim", {"queue": farm.queue, "grace_s": 2}) == {"reclaimed": [job_id]}
    job = farm.wait(job_id)
    assert job["status"] == "SUCCEEDED"
    first = job["attempts"][0]
    assert first["statusReason"].startswith("Host EC2 (instance i-")
    assert first["statusReason"].endswith(") terminated.")
    assert "exitCode" not in first["container"]
    stream = {"container": {"logStreamName": first["container"]["logStreamName"]}}
    assert farm.lines(stream) == ["up", "told"]


def test_on_demand_jobs_are_not_reclaimed_unless_forced(farm: Farm) -> None:
    queue = farm.make_queue("demand", farm.environments[1:])
    job_id = farm.submit(farm.define(SLEEP), jobQueue=queue)
    output(farm, job_id)
    assert farm.server.post("reclaim", {"job": job_id})["reclaimed"] == []
    assert farm.server.post("reclaim", {"job": job_id, "force": True, "grace_s": 0})["reclaimed"] == [job_id]
    assert farm.wait(job_id)["statusReason"].startswith("Host EC2")


def test_a_job_over_its_memory_is_killed_with_the_reason_of_ecs(farm: Farm) -> None:
    job_id = farm.submit(farm.define(SLEEP))
    output(farm, job_id)
    assert farm.server.post("oom", {"job": job_id}) == {"killed": [job_id]}
    job = farm.wait(job_id)
    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_denied_spot_capacity_goes_to_the_next_environment(farm: Farm) -> None:
    farm.server.post("settings", {"capacity_denied": [{"purchase": "spot"}]})
    job_id = farm.submit(farm.define("import os; print(os.environ['AWS_BATCH_CE_NAME'])"))
    assert "-ec2-" in farm.lines(farm.wait(job_id))[0]


def test_capacity_that_never_comes_ends_with_the_reason_of_the_queue(farm: Farm) -> None:
    farm.server.post("settings", {"capacity_denied": [{}], "extra": {"batch_time_scale": 300}})
    queue = farm.make_queue("never", farm.environments, jobStateTimeLimitActions=LIMITS)
    job_id = farm.submit(farm.define("pass"), jobQueue=queue, arrayProperties={"size": 3})
    child = f"{job_id}:0"
    waiting = wait_for(lambda: farm.job(child).get("statusReason"), 10, "no reason")
    text = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type [g6e"
    assert waiting.startswith(text)
    assert farm.wait(job_id)["status"] == "FAILED"
    assert farm.job(child)["statusReason"] == "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"


def test_a_job_that_fits_no_instance_says_so(farm: Farm) -> None:
    farm.server.post("settings", {"extra": {"batch_time_scale": 300}})
    queue = farm.make_queue("large", farm.environments, jobStateTimeLimitActions=LIMITS)
    more = {"resourceRequirements": [{"type": "GPU", "value": "8"}]}
    job_id = farm.submit(farm.define("pass"), jobQueue=queue, containerOverrides=more)
    assert farm.wait(job_id, "FAILED")["statusReason"].endswith("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")


def test_an_attempt_over_its_time_is_ended_and_not_retried(farm: Farm) -> None:
    farm.server.post("settings", {"extra": {"batch_time_scale": 100}})
    job = farm.wait(farm.submit(farm.define(SLEEP, "slow", timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})))
    assert (job["status"], job["statusReason"], len(job["attempts"])) == ("FAILED", "Job attempt duration exceeded timeout", 1)


def test_a_registry_that_fails(farm: Farm) -> None:
    farm.server.post("settings", {"extra": {"batch_pull_error": "toomanyrequests: rate exceeded"}})
    job = farm.wait(farm.submit(farm.define("pass")))
    assert job["container"]["reason"] == "CannotPullContainerError: toomanyrequests: rate exceeded"


def crashed(tmp_path: Path, script: str) -> tuple[Sandbox, Farm, str, int]:
    server = Sandbox(tmp_path / "sandbox").start()
    server.post("settings", FAST)
    farm = Farm(server)
    job_id = farm.submit(farm.define(script, retryStrategy=RETRY_HOST))
    return server, farm, job_id, int(output(farm, job_id)[0])


def again(server: Sandbox, farm: Farm) -> None:
    server.start()
    farm.batch, farm.logs = server.client("batch"), server.client("logs")


def test_jobs_survive_kill_9_of_the_server_and_their_orphans_do_not(tmp_path: Path) -> None:
    script = (
        "import os,time\nprint(os.getpid(), flush=True)\nif os.environ['AWS_BATCH_JOB_ATTEMPT'] == '1': time.sleep(60)\nprint('second')"
    )
    server, farm, job_id, pid = crashed(tmp_path, script)
    try:
        done = farm.wait(farm.submit(farm.define("pass", "quick")))
        server.post("save", {})
        tail = [farm.submit(f"{farm.name}-quick"), farm.submit(f"{farm.name}-quick", arrayProperties={"size": 5})]
        server.kill9()
        assert start_time(pid), "the process of the job is an orphan now"
        again(server, farm)
        job = farm.wait(job_id)
        wait_for(lambda: not start_time(pid), 5, "the orphan still runs")
        assert job["status"] == "SUCCEEDED"
        assert job["attempts"][0]["statusReason"].startswith("Host EC2 (instance i-")
        assert farm.job(done["jobId"])["attempts"] == done["attempts"]
        assert [farm.wait(j)["status"] for j in tail] == ["SUCCEEDED", "SUCCEEDED"], "acknowledged after the last snapshot"
    finally:
        server.stop()


def test_a_stop_ends_all_job_processes_and_reset_forgets_them(tmp_path: Path) -> None:
    server, farm, job_id, pid = crashed(tmp_path, SLEEP)
    try:
        server.stop()
        assert not start_time(pid)
        again(server, farm)
        assert farm.job(job_id)["attempts"][0]["statusReason"].startswith("Host EC2")
        server.post("reset", {})
        assert farm.batch.describe_jobs(jobs=[job_id])["jobs"] == []
    finally:
        server.stop()


def test_rules_hear_of_failed_jobs_and_blocked_queues(farm: Farm) -> None:
    events, sqs = farm.server.client("events"), farm.server.client("sqs")
    url = sqs.create_queue(QueueName=f"{farm.name}-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns = farm.server.client("sns")
    topic = sns.create_topic(Name=f"{farm.name}-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    patterns = {
        "failed": {
            "source": ["aws.batch"],
            "detail-type": ["Batch Job State Change"],
            "detail": {"status": ["FAILED"], "arrayProperties": {"index": [{"exists": False}]}},
        },
        "blocked": {"source": ["aws.batch"], "detail-type": ["Batch Job Queue Blocked"]},
    }
    for name, pattern in patterns.items():
        events.put_rule(Name=f"{farm.name}-{name}", EventPattern=json.dumps(pattern))
        events.put_targets(Rule=f"{farm.name}-{name}", Targets=[{"Id": "q", "Arn": topic if name == "failed" else arn}])
    array = farm.submit(farm.define("raise SystemExit(3)", "event"), arrayProperties={"size": 2})
    farm.wait(array)
    queue = farm.make_queue("nogpu", [farm.environment("EC2", 32, ["c5.4xlarge"])])
    stuck = farm.submit(farm.define("pass"), jobQueue=queue)
    got: dict[tuple[str, str], str] = {}

    def both() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            event = json.loads(message["Body"])
            got[event["detail-type"], event["detail"]["jobId"]] = event["detail"].get("statusReason", "")
        return len(got) >= 2

    wait_for(both, 10, f"events missing: {got}")
    farm.batch.terminate_job(jobId=stuck, reason="seen")
    assert got["Batch Job State Change", array] == "Array Child Job failed"
    assert got["Batch Job Queue Blocked", stuck].startswith("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT")
    assert not [key for key in got if ":" in key[1]], "children of arrays are not in it"
