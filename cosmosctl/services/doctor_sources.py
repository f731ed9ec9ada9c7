"""Which questions doctor asks, in three rounds: names of facts and how to look each one up.

Later rounds depend on earlier answers (a job is asked for its log, an environment for its types' quotas). Nothing is
judged here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cosmosctl.blueprints.schema import Weights
from cosmosctl.catalog.quotas import quota_for
from cosmosctl.config.model import Deployment
from cosmosctl.ports.batch import QueueState
from cosmosctl.ports.facts import Fact, Lookups, known
from cosmosctl.ports.logs import Logs
from cosmosctl.ports.symptoms import DoctorFacts, ImageView, JobView, Symptoms, WeightsView
from cosmosctl.services.context import Context
from cosmosctl.services.doctor_scope import Scope

JOBS = 50
LOGS_READ = 6
LINES = 200
BUILD_LINES = 40
MARKER, MANIFEST = "COMPLETE", "manifest.json"
Job = Callable[[], Any]


@dataclass(frozen=True)
class Sources:
    ctx: Context
    deployment: Deployment
    lookups: Lookups
    symptoms: Symptoms
    logs: Logs

    def first(self) -> dict[str, Job]:
        names, buckets = self.ctx.names, self.ctx.buckets
        return {
            "reachable": self.lookups.aws.identity,
            "state_bucket": lambda: Fact(buckets.exists(names.state_bucket)),
            "data_bucket": lambda: Fact(buckets.exists(names.data_bucket)),
            "queues": lambda: Fact(tuple(self._queues())),
        }

    def second(self, facts: DoctorFacts, scope: Scope) -> dict[str, Job]:
        queues = known(facts.queues) or ()
        environments = sorted({name for queue in queues for name in queue.compute_environments})
        jobs: dict[str, Job] = {"hosts": lambda: self.symptoms.hosts(environments)}
        if scope.run is not None:
            jobs["jobs"] = lambda: self.symptoms.jobs_of(scope.job_ids, JOBS)
        else:
            jobs["jobs"] = lambda: self.symptoms.jobs([queue.name for queue in queues], scope.job_prefix, JOBS)
        jobs["build"] = lambda: self.symptoms.latest_build(self.ctx.names.build_project, BUILD_LINES)
        foundation = scope.foundation
        if foundation is not None:
            jobs["network"] = lambda: self.lookups.aws.network(foundation.vpc_id, foundation.subnet_ids)
            jobs["token_stored"] = lambda: Fact(self.ctx.secrets.has_value(foundation.hf_secret_arn))
        if foundation is not None and foundation.efs_id:
            efs_id = foundation.efs_id
            jobs["efs"] = lambda: self.symptoms.file_system(efs_id)
        return jobs | self._images(scope) | self._weights(facts, scope)

    def third(self, facts: DoctorFacts, scope: Scope) -> dict[str, Job]:
        hosts = known(facts.hosts) or ()
        types = sorted({name for host in hosts for name in host.instance_types if "." in name})
        codes = sorted({quota_for(name, host.purchase).code for host in hosts for name in host.instance_types} - {""})
        jobs: dict[str, Job] = {f"quota {code}": _bound(self.lookups.aws.quota, code) for code in codes}
        if types:
            jobs["offerings"] = lambda: self.lookups.aws.offerings(types)
        if scope.uses_model:
            jobs |= {f"hub {item.repo}": _bound(self.lookups.hub.access, item.repo, item.revision) for item in scope.weights}
        return jobs

    def _queues(self) -> Sequence[QueueState]:
        """Those of this deployment: `demo` must not see those of `demo-2`."""
        wanted = {self.ctx.names.queue(pool) for pool in self.deployment.batch.pools}
        return [queue for queue in self.ctx.batch.queues_with_prefix(f"{self.ctx.names.prefix}-") if queue.name in wanted]

    def _images(self, scope: Scope) -> dict[str, Job]:
        repository = scope.batch.repository_name if scope.batch else self.ctx.names.repository

        def look(definition: str, image: str) -> Fact[ImageView]:
            digest = image.partition("@")[2]
            return Fact(ImageView(definition, image, Fact(self.ctx.builds.digest_exists(repository, digest))))

        variants = [item for model in scope.models.values() for item in model.variants.values() if "@" in item.image]
        return {f"image {item.job_definition}": _bound(look, item.job_definition, item.image) for item in variants}

    def _weights(self, facts: DoctorFacts, scope: Scope) -> dict[str, Job]:
        if known(facts.data_bucket) is not True:
            return {}
        return {f"weights {item.repo}": _bound(self._cache, item) for item in scope.weights}

    def _cache(self, weights: Weights) -> Fact[WeightsView]:
        store = self.ctx.store(self.ctx.names.data_bucket)
        repo = f"weights/{weights.repo}/"
        prefix = f"{repo}{weights.revision}/"
        keys = {info.key: info.size for info in store.list(repo)}
        own = {key.removeprefix(prefix): size for key, size in keys.items() if key.startswith(prefix)}
        others = {key.removeprefix(repo).partition("/")[0] for key in keys if not key.startswith(prefix)}
        files = {name: size for name, size in own.items() if name not in (MARKER, MANIFEST)}
        wrong = _differences(store.get(prefix + MANIFEST), files) if MANIFEST in own else ()
        return Fact(WeightsView(weights.repo, weights.revision, len(files), MARKER in own, wrong, tuple(sorted(others))))


def follow_up_jobs(sources: Sources, facts: DoctorFacts) -> dict[str, Job]:
    """Subnets of the compute environments, when no contract told of a network."""
    hosts = known(facts.hosts) or ()
    existing = sources.deployment.network.existing
    subnets = sorted({subnet for host in hosts for subnet in host.subnets})
    if facts.network is not None or existing is None or not subnets:
        return {}
    return {"network": lambda: sources.lookups.aws.network(existing.vpc_id, subnets)}


def log_jobs(sources: Sources, facts: DoctorFacts) -> dict[str, Job]:
    """The last lines of the newest failed jobs."""
    jobs = [job for job in known(facts.jobs) or () if job.status == "FAILED" and job.log_stream]
    return {f"log {job.id}": _bound(_tail, sources.logs, job) for job in jobs[-LOGS_READ:]}


def _tail(logs: Logs, job: JobView) -> Fact[tuple[str, ...]]:
    return Fact(tuple(logs.tail(job.log_group, job.log_stream, LINES)))


def _differences(manifest: bytes | None, files: dict[str, int]) -> tuple[str, ...]:
    """Files that the manifest names and that are not there, or have another size."""
    try:
        listed = {str(item["path"]): int(item["size"]) for item in json.loads(manifest or b"{}").get("files", ())}
    except (ValueError, KeyError, TypeError, AttributeError):
        return (MANIFEST,)
    return tuple(sorted(path for path, size in listed.items() if files.get(path) != size))


def _bound(function: Callable[..., Any], *arguments: Any) -> Job:
    return lambda: function(*arguments)
