"""Memory: of the GPU, of the host, or a promise of the run that its host does not keep."""

from __future__ import annotations

from cosmosctl.checks.diagnose.base import Diagnosis, attempts, broken, jobs, retry_hint, some
from cosmosctl.checks.diagnose.signs import GPU_MEMORY, HOST_MEMORY, RECLAIM, TIMEOUT, lines, reasons
from cosmosctl.ports.symptoms import Attempt, DoctorFacts, JobView

CAUSES = ("gpu_out_of_memory", "host_out_of_memory", "resource_missing")
LOOKED_AT = "memory of GPUs and hosts"
NEEDS = ("jobs",)
KILLED, PROMISE = 137, 76


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    gpu = list(lines(facts, GPU_MEMORY))
    host = list(reasons(facts, HOST_MEMORY)) or _killed(facts)
    found = []
    if gpu:
        message = f"the GPU ran out of memory in {some(who for who, _ in gpu)}"
        hint = "use a pool with larger GPUs or a smaller variant, or lower the size of the work (frames, resolution, max_tokens)"
        found.append(broken("gpu_out_of_memory", gpu[0][0], message, retry_hint(facts, hint), [line for _, line in gpu[:3]]))
    if host:
        asked = max((job.memory_mib for job in jobs(facts)), default=0)
        limit = f", which asks for {asked} MiB" if asked else ""
        message = f"the container was killed for its memory in {some(who for who, _ in host)}{limit}"
        hint = "raise host.memory_mib of the variant in its blueprint.yaml and run `cosmosctl deploy` again"
        found.append(broken("host_out_of_memory", host[0][0], message, retry_hint(facts, hint), [line for _, line in host[:3]]))
    return [*found, *([] if gpu or host else _promise(facts))]


def _killed(facts: DoctorFacts) -> list[tuple[str, str]]:
    """SIGKILL that nobody explains: the kernel's memory killer is by far the most frequent one."""
    return [
        (job.id, f"exit 137 {attempt.reason}".strip())
        for job, attempt in attempts(facts)
        if attempt.exit_code == KILLED and not _stopped(job, attempt)
    ]


def _stopped(job: JobView, attempt: Attempt) -> bool:
    """A time limit, a reclaim and a termination end in SIGKILL as well."""
    return job.terminated or any(sign.search(text) for sign in (TIMEOUT, RECLAIM) for text in (job.reason, attempt.status_reason))


def _promise(facts: DoctorFacts) -> list[Diagnosis]:
    """The worker found no GPU, or other hardware than the run was promised."""
    bad = [job.id for job, attempt in attempts(facts) if attempt.exit_code == PROMISE]
    failed = facts.run.failures.get("resource", 0) if facts.run else 0
    if not bad and not failed:
        return []
    texts = [text for text in (facts.run.messages if facts.run else ()) if text.startswith("resource")]
    where = some(bad) if bad else f"{failed} samples"
    path = bad[0] if bad else (facts.run.run_id if facts.run else facts.name)
    hint = retry_hint(facts, "cosmosctl logs shows what was missing; check pool and engine: cosmosctl plan")
    return [broken("resource_missing", path, f"the host did not have what the run was promised ({where})", hint, texts[:3])]
