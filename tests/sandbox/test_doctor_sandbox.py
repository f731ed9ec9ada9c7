"""Each cause is planted in a real embedded AWS with boto3 and found again by doctor through the same adapters as on an account."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cosmosctl.execute.lock import deployment_lock
from tests.support.doctor_fixtures import (  # noqa: F401  fixtures
    cause,
    ended,
    failed_job,
    make_fixture,
    server_fixture,
    session_fixture,
    settings_fixture,
)
from tests.support.sandbox_batch import wait_for


def test_a_healthy_deployment_is_told_so(make: Any) -> None:
    report = make().doctor()
    assert report.healthy, report.diagnoses
    assert len(report.checked) >= 9
    assert not [item for item in report.diagnoses if item.cause == "could_not_check"]


def test_healthy_blueprint_with_a_job_that_ran(make: Any) -> None:
    planted = make()
    ended(planted, planted.submit("print('fine')"), "SUCCEEDED")
    report = planted.doctor("reason")
    assert report.healthy, report.diagnoses
    assert report.subject == "model-reason"


def test_nothing_installed(make: Any) -> None:
    planted = make()
    planted.deployment = planted.deployment.model_copy(update={"name": "other"})
    planted.names = type(planted.names)("other", planted.names.account, planted.names.region)
    found = cause(planted.doctor(), "no_deployment")
    assert found.hint == "cosmosctl install"


def test_state_bucket_deleted_by_hand(make: Any) -> None:
    planted = make()
    planted.states.delete([info.key for info in planted.states.list("")])
    for version in planted.s3.list_object_versions(Bucket=planted.names.state_bucket).get("Versions", []):
        planted.s3.delete_object(Bucket=planted.names.state_bucket, Key=version["Key"], VersionId=version["VersionId"])
    for marker in planted.s3.list_object_versions(Bucket=planted.names.state_bucket).get("DeleteMarkers", []):
        planted.s3.delete_object(Bucket=planted.names.state_bucket, Key=marker["Key"], VersionId=marker["VersionId"])
    planted.s3.delete_bucket(Bucket=planted.names.state_bucket)
    assert "--by-tag" in cause(planted.doctor(), "state_bucket_missing").hint


def test_data_bucket_deleted_by_hand(make: Any) -> None:
    planted = make()
    planted.s3.delete_bucket(Bucket=planted.names.data_bucket)
    cause(planted.doctor(), "data_bucket_missing")


def test_half_installed(make: Any) -> None:
    planted = make()
    record = {"schema": 1, "step": "stack:batch", "state": "started", "digest": "x", "at": "now"}
    (planted.folder / "journal.jsonl").write_text(json.dumps(record) + "\n")
    assert "stack:batch (started)" in cause(planted.doctor(), "half_installed").message


def test_stack_never_applied(make: Any) -> None:
    planted = make()
    planted.states.put(planted.names.state_key("batch"), b'{"outputs": {}}')
    assert cause(planted.doctor(), "stack_missing").path == "batch"


def test_a_command_at_work_is_not_a_half_install(make: Any) -> None:
    planted = make()
    record = {"schema": 1, "step": "stack:batch", "state": "started", "digest": "x", "at": "now"}
    (planted.folder / "journal.jsonl").write_text(json.dumps(record) + "\n")
    with deployment_lock(planted.folder, "install", datetime.now(UTC)):
        assert planted.doctor().healthy
        assert "stack:batch" in cause(planted.doctor(), "command_running").message


def test_blueprint_not_deployed(make: Any) -> None:
    assert "cosmosctl deploy predict" in cause(make().doctor("predict"), "model_not_deployed").hint


def test_queue_disabled(make: Any) -> None:
    planted = make()
    planted.batch.update_job_queue(jobQueue=planted.queue, state="DISABLED")
    assert planted.queue in cause(planted.doctor(), "queue_disabled").hint


def test_environment_disabled_half_and_whole(make: Any) -> None:
    planted = make()
    planted.batch.update_compute_environment(computeEnvironment=planted.environments[0], state="DISABLED")
    assert cause(planted.doctor(), "environment_disabled").level == "warning"
    planted.batch.update_compute_environment(computeEnvironment=planted.environments[1], state="DISABLED")
    assert cause(planted.doctor(), "environment_disabled").level == "error"


def test_quota_zero_explains_waiting_jobs(make: Any, settings: Any) -> None:
    planted = make()
    settings(quotas={"ec2/L-DB2E81BA": 0, "ec2/L-3819A6DF": 4}, capacity_denied=[{}])
    ended(planted, planted.submit("pass"), "RUNNABLE")
    report = planted.doctor("reason")
    found = [item for item in report.diagnoses if item.cause == "quota_zero"]
    assert {item.path for item in found} == {"quota L-DB2E81BA", "quota L-3819A6DF"}
    assert all(item.level == "error" and "request-service-quota-increase" in item.hint for item in found)


def test_type_offered_in_none_of_the_zones(make: Any, settings: Any) -> None:
    planted = make()
    settings(offerings={"g6e.*": ["d"]})
    assert "us-east-1a" in cause(planted.doctor(), "not_offered").message


def test_no_capacity(make: Any, settings: Any) -> None:
    planted = make()
    settings(capacity_denied=[{}])
    job_id = planted.submit("pass")
    wait_for(lambda: planted.reason(job_id), 20, "no reason")
    found = cause(planted.doctor("reason"), "no_capacity")
    assert found.evidence
    assert "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY" in found.evidence[0]


def test_job_larger_than_any_type(make: Any) -> None:
    planted = make()
    job_id = planted.submit("pass", vcpus=16, gpus=4)
    wait_for(lambda: planted.reason(job_id), 20, "no reason")
    assert "16 vCPU, 2000 MiB and 4 GPU" in cause(planted.doctor(), "job_too_large").message


def test_gpu_memory_in_the_log(make: Any) -> None:
    planted = make()
    failed_job(planted, "print('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB'); raise SystemExit(1)")
    assert "Tried to allocate" in cause(planted.doctor("reason"), "gpu_out_of_memory").evidence[0]


def test_host_memory_exit_137(make: Any) -> None:
    planted = make()
    failed_job(planted, "import os; os.kill(os.getpid(), 9)")
    assert "2000 MiB" in cause(planted.doctor("reason"), "host_out_of_memory").message


def test_promise_of_the_run_not_kept(make: Any) -> None:
    planted = make()
    failed_job(planted, "raise SystemExit(76)")
    cause(planted.doctor("reason"), "resource_missing")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("401 Client Error: Unauthorized for url: https://hub/api", "token_invalid"),
        ("403 Client Error: Access to model nvidia/Cosmos-Reason2-2B is restricted", "licence_not_accepted"),
        ("safetensors_rust.SafetensorError: Error while deserializing header: MetadataIncompleteBuffer", "weights_damaged"),
    ],
)
def test_causes_that_only_the_log_knows(make: Any, line: str, name: str) -> None:
    planted = make()
    failed_job(planted, f"print({line!r}); raise SystemExit(70)")
    assert line[:40] in cause(planted.doctor("reason"), name).evidence[0]


def test_secret_without_a_value(make: Any) -> None:
    planted = make()
    failed_job(planted, "pass", container={"secrets": [{"name": "HF_TOKEN", "valueFrom": planted.secret}]})
    assert "no value" in cause(planted.doctor("reason"), "secret_unreadable").message
