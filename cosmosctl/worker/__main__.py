"""`python -m cosmosctl.worker`: the command of every job definition, and the worker's composition root.

Reads the environment that AWS Batch gives, builds the real world around the loop and returns its verdict as exit status.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.worker.classify import classify
from cosmosctl.worker.devices import visible_gpus
from cosmosctl.worker.engine_loader import create_engine, engine_exists
from cosmosctl.worker.environment import JobEnv
from cosmosctl.worker.exits import Exit, exit_of
from cosmosctl.worker.host import Host
from cosmosctl.worker.job import read_job, run_job, run_slot
from cosmosctl.worker.log import EngineLogs, JobLog
from cosmosctl.worker.report import SlotReport
from cosmosctl.worker.signals import stop_on_sigterm
from cosmosctl.worker.spawn import child_command, run_children, write_report
from cosmosctl.worker.stop import Stop

Stores = Callable[[str], ObjectStore]


def main(argv: Sequence[str], env: Mapping[str, str], store: Stores | None = None, command: Sequence[str] | None = None) -> int:
    """`store` and `command` (how a process per GPU is started) are given by tests that run without S3."""
    options = _options(argv)
    stop = Stop()
    stop_on_sigterm(stop, os._exit)
    log = JobLog(_emit, _now, **({"slot": options.slot} if options.slot is not None else {}))
    try:
        job = JobEnv.parse(env)
    except CosmosctlError as error:
        log.event("job_failed", code=error.code, message=error.message)
        return Exit.RESOURCE
    workdir = Path(tempfile.mkdtemp(prefix="cosmosctl-", dir=env.get("COSMOSCTL_SCRATCH") or None))
    try:
        host = _host(env, stop, log, workdir, store=store or _s3_stores(env), command=command or child_command())
        return run_job(host, job) if options.slot is None else _run_child(host, job, options)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cosmosctl.worker", description="Computes one shard of a run. Started by AWS Batch.")
    parser.add_argument("--slot", type=int, help="internal: this process is the engine of one GPU")
    parser.add_argument("--attempt", type=int, default=0, help="internal")
    parser.add_argument("--report", type=Path, help="internal")
    return parser.parse_args(argv)


def _host(env: Mapping[str, str], stop: Stop, log: JobLog, workdir: Path, *, store: Stores, command: Sequence[str]) -> Host:
    engine_logs = EngineLogs(log)
    logging.getLogger().addHandler(engine_logs)
    logging.getLogger().setLevel(logging.INFO)
    for noisy in ("botocore", "boto3", "urllib3", "s3transfer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return Host(
        store=store,
        now=_now,
        clock=time.monotonic,
        log=log,
        stop=stop,
        workdir=workdir,
        gpus=visible_gpus(env),
        create_engine=create_engine,
        engine_exists=engine_exists,
        peak_rss_mib=_peak_rss_mib,
        engine_logs=engine_logs,
        spawn=partial(run_children, command=command, env=env, workdir=workdir, stop=stop, log=log, clock=time.monotonic),
    )


def _run_child(host: Host, job: JobEnv, options: argparse.Namespace) -> int:
    try:
        report = run_slot(host, job, read_job(host, job), options.attempt, options.slot)
    except CosmosctlError as error:
        problem = classify(error)
        report = SlotReport(error={"class": problem.kind.value, "code": problem.code, "message": problem.message})
    write_report(options.report, report)
    return exit_of(report.classes(), unfinished=report.unfinished, stopped=host.stop.is_set())


def _s3_stores(env: Mapping[str, str]) -> Stores:
    @cache
    def client() -> Any:
        import boto3
        from botocore.config import Config

        from cosmosctl.adapters.whole_answers import insist_on_whole_answers

        endpoint = env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL")
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 6},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=24,
            s3={"addressing_style": "path"} if endpoint else {},
        )
        return insist_on_whole_answers(boto3.client("s3", endpoint_url=endpoint, config=config))

    @cache
    def store(bucket: str) -> ObjectStore:
        from cosmosctl.adapters.s3 import S3Store

        return S3Store(client(), bucket)

    client()  # in this thread: making clients is not safe in several
    return store


def _now() -> datetime:
    return datetime.now(UTC)


def _emit(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _peak_rss_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024 / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
