"""The words by which logs and reasons give a cause away. Matched without case; AWS changes its wording, so by short parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import attempts, jobs
from cosmosctl.ports.symptoms import DoctorFacts

GPU_MEMORY = re.compile(
    r"cuda out of memory|cuda error: out of memory|outofmemoryerror: cuda|no available memory for the cache blocks"
    r"|less than desired gpu memory utilization|CUBLAS_STATUS_ALLOC_FAILED", re.I,
)  # fmt: skip
HOST_MEMORY = re.compile(r"^OutOfMemoryError|container killed due to memory", re.I)
TOKEN = re.compile(
    r"401 client error|invalid user ?token|invalid credentials in authorization header|token (is )?(invalid|expired)|401 unauthorized", re.I
)
LICENCE = re.compile(
    r"403 client error|access to model \S+ is restricted|not in the authorized list|awaiting a review from the repo|gatedrepoerror", re.I
)
WEIGHTS = re.compile(
    r"safetensorerror|headertoolarge|invalidheader|metadataincompletebuffer|incomplete metadata|unpicklingerror|pytorchstreamreader failed"
    r"|(sha-?256|checksum)\S* (of \S+ )?(mismatch|differs|does not match)", re.I,
)  # fmt: skip
IMAGE = re.compile(r"cannotpullcontainer|pull access denied|manifest unknown|toomanyrequests.*pull|failed to resolve reference", re.I)
SECRET = re.compile(r"unable to (pull|retrieve) secrets?|unable to retrieve secret", re.I)
MOUNT = re.compile(r"efs utils|mount\.nfs4|failed to (mount|set up) efs|efs volume|resourceinitializationerror.*(efs|mount)", re.I)
RECLAIM = re.compile(r"^host ec2", re.I)
TIMEOUT = re.compile(r"attempt duration exceeded timeout", re.I)
_CUT = 300


def lines(facts: DoctorFacts, sign: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(job id, line) of every log line and failure message with the sign; failures of a run stand under the run's id."""
    for job_id, found in facts.logs.items():
        yield from ((job_id, line.strip()[:_CUT]) for line in found if sign.search(line))
    if facts.run:
        yield from ((facts.run.run_id, text[:_CUT]) for text in facts.run.messages if sign.search(text))


def reasons(facts: DoctorFacts, sign: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(job id, reason) of every job and attempt whose reason has the sign."""
    for job in jobs(facts):
        if sign.search(job.reason):
            yield job.id, job.reason[:_CUT]
    for job, attempt in attempts(facts):
        yield from ((job.id, text[:_CUT]) for text in (attempt.reason, attempt.status_reason) if sign.search(text))
