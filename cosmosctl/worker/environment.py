"""What AWS Batch hands to a job: a run's address, a submission's number, an index. Parsed once, refused when wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.ids import is_run_id
from cosmosctl.runs.keys import RUNS, RunKeys

RUN_URI = "COSMOSCTL_RUN_URI"
SUBMISSION = "COSMOSCTL_SUBMISSION"


@dataclass(frozen=True)
class JobEnv:
    bucket: str
    run_id: str
    submission: int
    index: int
    job_id: str
    job_attempt: int

    @property
    def keys(self) -> RunKeys:
        return RunKeys(self.run_id)

    @classmethod
    def parse(cls, env: Mapping[str, str]) -> JobEnv:
        bucket, slash, path = env.get(RUN_URI, "").removeprefix("s3://").partition("/")
        run_id = path.removeprefix(RUNS).strip("/")
        if not slash or not is_run_id(run_id) or not env[RUN_URI].startswith("s3://"):
            raise CosmosctlError(
                "invalid_parameter", f"{RUN_URI} must be s3://<bucket>/runs/<run-id>, not `{env.get(RUN_URI, '')}`", path=RUN_URI
            )
        return cls(
            bucket=bucket,
            run_id=run_id,
            submission=_number(env, SUBMISSION),
            index=_number(env, "AWS_BATCH_JOB_ARRAY_INDEX"),
            job_id=env.get("AWS_BATCH_JOB_ID", ""),
            job_attempt=_number(env, "AWS_BATCH_JOB_ATTEMPT"),
        )


def _number(env: Mapping[str, str], name: str) -> int:
    text = env.get(name, "0")
    if not text.isdecimal():
        raise CosmosctlError("invalid_parameter", f"{name} must be a number, not `{text}`", path=name)
    return int(text)
