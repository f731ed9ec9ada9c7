"""The composition root: from options to a deployment, and from a deployment to a context full of adapters.

The only module outside tests and the worker's entry that imports `adapters`, and it does so when a command needs AWS.
The target decides endpoint and credentials here and nowhere else.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cosmosctl.cli.output import LOG_PATH
from cosmosctl.config.loader import Loaded
from cosmosctl.config.model import Deployment, Target

if TYPE_CHECKING:
    from cosmosctl.execute.events import OnEvent
    from cosmosctl.ports.aws import AwsSession
    from cosmosctl.ports.facts import Lookups
    from cosmosctl.ports.logs import Logs
    from cosmosctl.ports.objectstore import ObjectStore
    from cosmosctl.services.context import Context


@dataclass(frozen=True)
class Opened:
    """A loaded deployment with its context; `logs` is separate because no executor needs it."""

    loaded: Loaded
    ctx: Context
    logs: Logs

    @property
    def deployment(self) -> Deployment:
        return self.loaded.deployment

    @property
    def states(self) -> ObjectStore:
        return self.ctx.store(self.ctx.names.state_bucket)

    @property
    def data(self) -> ObjectStore:
        return self.ctx.store(self.ctx.names.data_bucket)


def load_deployment(file: str, sets: Sequence[str], skip_check: Sequence[str] = ()) -> Loaded:
    """Reads and checks cosmosctl.yaml offline (schema and rules). Raises `config_not_found` or `invalid_config`."""
    from cosmosctl.checks import offline_findings
    from cosmosctl.config.loader import accept, read

    draft = read(file or None, os.environ, list(sets))
    return accept(draft, offline_findings(draft.deployment, skip_check) if draft.deployment else ())


def work_folder(loaded: Loaded) -> Path:
    return loaded.folder / ".cosmosctl" / loaded.deployment.name


def sandbox_folder(loaded: Loaded) -> Path:
    return work_folder(loaded) / "sandbox"


def connect(loaded: Loaded, on_event: OnEvent | None = None) -> Opened:
    """Adapters for the deployment's target; starts the embedded AWS when the target is the sandbox."""
    from cosmosctl import assets
    from cosmosctl.adapters.batch import AwsBatch
    from cosmosctl.adapters.builds import AwsBuilds
    from cosmosctl.adapters.clock import SystemClock
    from cosmosctl.adapters.inventory import AwsInventory
    from cosmosctl.adapters.logs import CloudWatchLogs
    from cosmosctl.adapters.process import LocalProcess
    from cosmosctl.adapters.s3 import S3Store
    from cosmosctl.adapters.secrets import AwsSecrets
    from cosmosctl.adapters.state_bucket import AwsBuckets
    from cosmosctl.adapters.terraform import TerraformCli, TerraformOptions
    from cosmosctl.catalog.naming import Names
    from cosmosctl.execute.events import ignore
    from cosmosctl.services.context import Context

    deployment = loaded.deployment
    workdir = work_folder(loaded)
    workdir.mkdir(parents=True, exist_ok=True, mode=0o700)
    LOG_PATH.append(workdir / "logs")
    session = _session(loaded)
    token_env = deployment.huggingface.token_env
    token = os.environ.get(token_env, "")
    options = TerraformOptions(
        workdir=workdir,
        binary=deployment.terraform.binary or os.environ.get("COSMOSCTL_TERRAFORM", ""),
        plugin_mirror=deployment.terraform.plugin_mirror,
        timeout_s=deployment.terraform.timeout_minutes * 60,
        secrets=(token,) if token else (),
        hidden_env=(token_env,),
    )
    clock = SystemClock()
    context = Context(
        workdir=workdir,
        session=session,
        names=Names(deployment.name, session.account_id(), deployment.region),
        terraform=TerraformCli(session, LocalProcess(), clock, os.environ, options),
        batch=AwsBatch(session),
        builds=AwsBuilds(session),
        buckets=AwsBuckets(session),
        secrets=AwsSecrets(session),
        inventory=AwsInventory(session, Names(deployment.name, session.account_id(), deployment.region)),
        clock=clock,
        store=lambda bucket: S3Store(session.client("s3"), bucket),
        assets=assets.find(),
        env=os.environ,
        on_event=on_event or ignore,
    )
    return Opened(loaded, context, CloudWatchLogs(session))


def _session(loaded: Loaded) -> AwsSession:
    from cosmosctl.adapters.session import AccountSession, SandboxSession

    deployment = loaded.deployment
    if deployment.target is Target.SANDBOX:
        from cosmosctl.adapters import sandbox_process

        return SandboxSession(sandbox_process.ensure_started(sandbox_folder(loaded)), deployment.region)
    return AccountSession(deployment.region, os.environ.get("AWS_PROFILE"))


@contextmanager
def scratch(workdir: Path) -> Iterator[Path]:
    """A folder for one command, removed whatever happens."""
    base = workdir / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


def lookups(opened: Opened, env: Mapping[str, str], home: Path) -> Lookups:
    """What preflight and doctor may ask. The token is read when the hub is asked: the named variable, else the stored secret."""
    from cosmosctl.adapters import lookups as adapters

    ctx = opened.ctx
    return adapters.lookups(opened.deployment, ctx.names, ctx.session, ctx.terraform, ctx.clock, env, home)
