"""One blueprint's test: submit shipped footage, follow, fetch, judge."""

from __future__ import annotations

import secrets
from pathlib import Path

from cosmosctl.assets import find
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.cli.confirm import confirm
from cosmosctl.cli.following import follow_run
from cosmosctl.cli.wiring import Opened, scratch
from cosmosctl.config.contracts import ModelBatchContract
from cosmosctl.runs.ids import make_run_id
from cosmosctl.services.fetch import fetch
from cosmosctl.services.ledger import Entry
from cosmosctl.services.selftest import Judged, judge, sample_inputs
from cosmosctl.services.submit import send
from cosmosctl.services.submit_plan import Request, prepare


def test_blueprint(opened: Opened, name: str, variant: str, contract: ModelBatchContract, timeout_s: float, yes: bool) -> Judged:
    """Raises `run_failed`, `timeout` or `test_failed`."""
    blueprint = load_blueprint(name)
    tasks = [blueprint.tasks[task].media for task in blueprint.variants[variant].tasks]
    inputs = tuple(str(path) for path in sample_inputs(find().examples, tasks))
    now = opened.ctx.clock.now()
    entry = Entry(make_run_id(name, now, secrets.token_hex(2)), now.isoformat(timespec="seconds"))
    prompt = "" if inputs else "a robot arm pours tea"
    request = Request(blueprint, variant, inputs, prompt=prompt, cwd=Path.cwd())
    with scratch(opened.ctx.workdir) as folder:
        prepared = prepare(request, contract.variants[variant], opened.deployment, entry, folder, opened.data)
        if opened.ctx.session.endpoint is None:
            confirm(f"test {name} {variant} with {prepared.spec.samples} samples on a GPU, about ${prepared.usd or 0:.2f}?", yes)
        send(prepared, opened.data, opened.ctx.batch, opened.ctx.clock.now, lambda *_: None, opened.deployment.tags)
        status = follow_run(opened, entry.run_id, timeout_s)
        fetched = fetch(status.spec, opened.data, folder / "outputs", lambda *_: None)
        return judge(status.spec, fetched.folder)
