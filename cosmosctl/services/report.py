"""Use case: one page about a run. Fetches what it shows into a scratch folder; the page itself is built by `runs.report`.

A run of any size gives a page of bounded size: at most `SHOWN` samples, failed ones first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cosmosctl.catalog.engines import uses_model
from cosmosctl.catalog.prices import cheapest
from cosmosctl.config.model import Deployment, Target
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.ids import sidecar_path
from cosmosctl.runs.manifest import read_shard
from cosmosctl.runs.model import RunSpec, Sample, ShardAttempt
from cosmosctl.runs.report.build import build_report
from cosmosctl.runs.report.media import read_media
from cosmosctl.runs.report.model import Cost, Media, ReportData, ReportSample
from cosmosctl.runs.report.records import failure_report, sample_report
from cosmosctl.runs.results import Failure, get_attempt, shard_history
from cosmosctl.runs.status import RunCounts
from cosmosctl.services.context import Context
from cosmosctl.services.runs import RunStatus, status

SHOWN = 200
SHARDS_READ = 500
FETCHES_AT_ONCE = 8


@dataclass(frozen=True)
class Written:
    path: Path
    run_id: str
    samples: int
    shown: int
    bytes: int


def write_report(deployment: Deployment, ctx: Context, store: ObjectStore, run_id: str, target: Path, scratch: Path) -> Written:
    """Writes atomically; a run that still goes on gives a page of its present state."""
    current = status(store, ctx.batch, run_id)
    attempts = list(_attempts(store, current.spec, current.counts))
    failed = {item.sample: item for item in current.failures}
    wanted = _choose(store, current.spec, failed)
    with ThreadPoolExecutor(FETCHES_AT_ONCE, thread_name_prefix="report") as pool:
        samples = tuple(
            pool.map(lambda item: _sample(store, current.spec, item[1], item[1].id in failed, scratch / f"s{item[0]}"), enumerate(wanted))
        )
    names = {sample.id: sample.input_name for sample in wanted}
    page = build_report(_data(deployment, current, attempts, samples, names))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_text(page, encoding="utf-8")
    partial.replace(target)
    return Written(target, run_id, current.counts.samples, len(samples), target.stat().st_size)


def _choose(store: ObjectStore, spec: RunSpec, failed: Mapping[str, Failure]) -> list[Sample]:
    found: list[Sample] = []
    for shard in range(min(spec.shards, SHARDS_READ)):
        found += read_shard(store, spec.keys, spec.shard_samples(shard))
        if len(found) >= 4 * SHOWN:
            break
    found.sort(key=lambda sample: sample.id not in failed)  # stable: manifest order within both groups
    return found[:SHOWN]


def _sample(store: ObjectStore, spec: RunSpec, sample: Sample, failed: bool, folder: Path) -> ReportSample:
    folder.mkdir(parents=True, exist_ok=True)
    output = spec.output_key(sample)
    video = output.endswith(".mp4")
    document = _json(store, sidecar_path(output) if video else output)
    return sample_report(
        spec, sample, document=document, failed=failed,
        input_media=_media(store, sample.input, folder / "input", sample.input_name) if sample.input else None,
        output_media=_media(store, output, folder / "output", output.rpartition("/")[2]) if video and document else None,
    )  # fmt: skip


def _media(store: ObjectStore, key: str, path: Path, name: str) -> Media | None:
    if key.startswith("s3://") or store.head(key) is None:
        return None
    store.download(key, path)
    return read_media(path, name=name)


def _json(store: ObjectStore, key: str) -> dict[str, Any]:
    body = store.get(key)
    document: dict[str, Any] = json.loads(body) if body else {}
    return document


def _attempts(store: ObjectStore, spec: RunSpec, counts: RunCounts) -> Iterator[ShardAttempt]:
    for shard in sorted(counts.shard_states)[:SHARDS_READ]:
        for number in shard_history(store, spec.keys, shard).attempts:
            attempt = get_attempt(store, spec.keys, shard, number)
            if attempt:
                yield attempt


def _data(
    deployment: Deployment, current: RunStatus, attempts: list[ShardAttempt], samples: tuple[ReportSample, ...], names: Mapping[str, str]
) -> ReportData:
    spec, counts = current.spec, current.counts
    return ReportData(
        run_id=spec.run_id, blueprint=spec.blueprint, variant=spec.variant, engine=spec.engine, uses_model=uses_model(spec.engine),
        state=str(current.verdict.state), total=counts.samples, done=counts.done, failed=counts.failed,
        model=spec.model, revision=spec.revision,
        deployment=deployment.name, target=str(deployment.target), region=deployment.region, submitted=spec.submitted,
        finished=max((item.ended for item in attempts), default=""), tool_version=spec.tool_version, attribution=spec.attribution,
        parameters={key: str(value) for key, value in spec.params.items()}, samples=samples,
        failures=tuple(failure_report(item, names.get(item.sample, "")) for item in current.failures),
        seconds=_phases(attempts), cost=_cost(deployment, spec, attempts, counts.done),
    )  # fmt: skip


def _phases(attempts: Iterable[ShardAttempt]) -> dict[str, float]:
    total: dict[str, float] = {}
    for attempt in attempts:
        for phase, seconds in attempt.seconds.items():
            total[phase] = total.get(phase, 0.0) + seconds
    return total


def _cost(deployment: Deployment, spec: RunSpec, attempts: Iterable[ShardAttempt], done: int) -> Cost:
    """What the time inside jobs costs at list price; starting and idle time of hosts come on top on an account."""
    hours = sum(_seconds(item) for item in attempts) / 3600
    pool = deployment.batch.pools.get(spec.pool)
    price = cheapest(list(pool.instance_types)) if pool else None
    if deployment.target is Target.SANDBOX:
        return Cost(None, f"nothing is billed: jobs ran {hours * 60:.1f} minutes as processes of this machine")
    if price is None:
        return Cost(None, f"{hours:.2f} job hours; the catalogue has no price for pool {spec.pool}")
    usd = hours * price.low
    return Cost(usd, f"{hours:.2f} job hours on {price.instance_type}, {price.note(deployment.region)}", usd / done if done else None)


def _seconds(attempt: ShardAttempt) -> float:
    if not attempt.ended:
        return 0.0
    return (datetime.fromisoformat(attempt.ended) - datetime.fromisoformat(attempt.started)).total_seconds()
