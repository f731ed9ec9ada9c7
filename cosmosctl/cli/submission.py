"""What `submit` does once its options are read: prepare, ask, send, follow, say what comes next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmosctl.blueprints.choices import choose_variant
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.cli.confirm import confirm
from cosmosctl.cli.following import follow_run
from cosmosctl.cli.output import OutputMode, emit, finding_text, say
from cosmosctl.cli.wiring import Opened, connect, load_deployment, scratch
from cosmosctl.config.contracts import ModelBatchContract, VariantContract
from cosmosctl.errors import CosmosctlError
from cosmosctl.services.contracts import require_contract
from cosmosctl.services.ledger import Ledger, request_digest
from cosmosctl.services.submit import Prepared, Sent, send
from cosmosctl.services.submit_plan import Request, files_identity, prepare


@dataclass(frozen=True)
class Options:
    manifest: Path | None
    prompt: str
    params: tuple[str, ...]
    variant: str
    shard_size: int | None
    wait: bool
    timeout_s: float | None
    new: bool
    id_only: bool
    plan: bool
    yes: bool


def run_submit(name: str, inputs: tuple[str, ...], options: Options, file: str, sets: list[str], mode: OutputMode) -> None:
    blueprint = load_blueprint(name)
    params = parse_params(options.params)
    loaded = load_deployment(file, sets)
    opened = connect(loaded)
    contract = require_contract(
        opened.states, opened.ctx.names, f"model-{name}", ModelBatchContract, f"cosmosctl deploy {name} --mode batch"
    )
    variant, deployed = deployed_variant(contract, choose_variant(blueprint, options.variant) if options.variant else "")
    request = Request(blueprint, variant, inputs, options.manifest, options.prompt, params, options.shard_size, Path.cwd())
    digest = _digest(request, deployed)
    ledger = Ledger(opened.ctx.workdir)
    if options.new:
        ledger.close(digest)
    entry, resumed = ledger.open(digest, name, opened.ctx.clock.now())
    with scratch(opened.ctx.workdir) as folder:
        try:
            prepared = prepare(request, deployed, opened.deployment, entry, folder, opened.data)
        except BaseException:
            if not resumed:
                ledger.close(digest)
            raise
        if options.plan:
            if not resumed:
                ledger.close(digest)
            emit("submit", _plan_json(prepared), _plan_text(prepared), mode, prepared.findings)
            return
        sent = _send(opened, prepared, resumed, options.yes)
    _finish(opened, prepared, sent, ledger, digest, options, mode)


def _send(opened: Opened, prepared: Prepared, resumed: bool, yes: bool) -> Sent:
    for finding in prepared.findings:
        say(finding_text(finding))
    if resumed:
        say(f"going on with {prepared.spec.run_id}, which the same command began (--new starts another)")
    elif prepared.usd is not None and opened.ctx.session.endpoint is None:
        confirm(f"submit {prepared.spec.samples} samples, about ${prepared.usd:.2f} at list price?", yes)

    def show(done: int, total: int, _what: str) -> None:
        if done == total or done % 50 == 0:
            say(f"uploaded {done}/{total}")

    return send(prepared, opened.data, opened.ctx.batch, opened.ctx.clock.now, show, opened.deployment.tags)


def _finish(opened: Opened, prepared: Prepared, sent: Sent, ledger: Ledger, digest: str, options: Options, mode: OutputMode) -> None:
    run_id = sent.run_id
    data: dict[str, Any] = {"run_id": run_id, "jobs": list(sent.job_ids), "samples": prepared.spec.samples, "shards": prepared.spec.shards}
    text = [f"{run_id}: {prepared.spec.samples} samples in {prepared.spec.shards} jobs", f"next: cosmosctl status {run_id} --wait"]
    if options.wait:
        say(f"{run_id}: {prepared.spec.samples} samples in {prepared.spec.shards} jobs; Ctrl-C stops following, not the run")
        current = follow_run(opened, run_id, options.timeout_s, before_raise=lambda: ledger.close(digest))
        data |= {
            "state": str(current.verdict.state),
            "done": current.counts.done,
            "output_prefix": f"s3://{opened.data.bucket}/{current.spec.output_prefix}",
        }
        text = [f"{run_id}: {current.verdict.state}, {current.counts.done} results", f"next: cosmosctl runs report {run_id}"]
    ledger.close(digest)
    emit("submit", data, run_id if options.id_only else text, mode)


def parse_params(texts: tuple[str, ...]) -> dict[str, str]:
    """`key=value` each; the value may hold further `=`. Raises `invalid_parameter`."""
    out: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise CosmosctlError("invalid_parameter", f"{text!r} is not KEY=VALUE", path="--param", hint="--param seed=7")
        if key in out:
            raise CosmosctlError("invalid_parameter", f"{key} is given twice", path="--param", hint="give it once")
        out[key] = value
    return out


def deployed_variant(contract: ModelBatchContract, wanted: str) -> tuple[str, VariantContract]:
    """Raises `not_deployed` or `usage` when the choice is missing or open."""
    if wanted:
        if wanted not in contract.variants:
            have = ", ".join(contract.variants)
            raise CosmosctlError(
                "not_deployed",
                f"{contract.blueprint} {wanted} is not deployed (deployed: {have})",
                path="--variant",
                hint=f"cosmosctl deploy {contract.blueprint} --variant {wanted} --mode batch",
            )
        return wanted, contract.variants[wanted]
    if len(contract.variants) > 1:
        raise CosmosctlError(
            "usage",
            f"{contract.blueprint} is deployed as {', '.join(contract.variants)}",
            path="--variant",
            hint="say which: --variant NAME",
        )
    return next(iter(contract.variants.items()))


def _digest(request: Request, deployed: VariantContract) -> str:
    paths = [request.cwd / text for text in request.inputs if not text.startswith("s3://")]
    manifest = hashlib.sha256(request.manifest.read_bytes()).hexdigest() if request.manifest and request.manifest.is_file() else ""
    identity = files_identity(path for path in paths if path.exists())
    return request_digest(
        [
            request.blueprint.name,
            request.variant,
            deployed.engine,
            request.prompt,
            request.params,
            request.shard_size,
            request.inputs,
            manifest,
            identity,
        ]
    )


def _plan_json(prepared: Prepared) -> dict[str, Any]:
    spec = prepared.spec
    return {
        "samples": spec.samples, "shards": spec.shards, "shard_size": spec.shard_size, "submissions": len(prepared.submissions),
        "uploads": len(prepared.uploads), "engine": spec.engine, "variant": spec.variant, "queue": spec.queue, "params": dict(spec.params),
        "usd_list_price": prepared.usd,
    }  # fmt: skip


def _plan_text(prepared: Prepared) -> list[str]:
    spec = prepared.spec
    price = f"about ${prepared.usd:.2f} at the on-demand list price" if prepared.usd is not None else "price unknown"
    return [
        f"{spec.blueprint} {spec.variant} with engine {spec.engine} on {spec.queue}",
        f"{spec.samples} samples in {spec.shards} jobs of {spec.shard_size}",
        f"{len(prepared.uploads)} files to upload, {len(prepared.submissions)} SubmitJob calls; {price}",
        "nothing was uploaded or submitted",
    ]
