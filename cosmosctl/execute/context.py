"""The effects and places that executors and services work with; filled in by the composition root only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cosmosctl.assets import Assets
from cosmosctl.catalog.naming import Names
from cosmosctl.execute.events import OnEvent, ignore
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.batch import Batch
from cosmosctl.ports.buckets import Buckets
from cosmosctl.ports.builds import Builds
from cosmosctl.ports.clock import Clock
from cosmosctl.ports.inventory import Inventory
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.ports.secrets import Secrets
from cosmosctl.ports.terraform import Terraform


@dataclass(frozen=True)
class Context:
    """`workdir` is `.cosmosctl/<name>`; `env` is the shell's environment, read for named secrets only."""

    workdir: Path
    session: AwsSession
    names: Names
    terraform: Terraform
    batch: Batch
    builds: Builds
    buckets: Buckets
    secrets: Secrets
    inventory: Inventory
    clock: Clock
    store: Callable[[str], ObjectStore]
    assets: Assets
    env: Mapping[str, str]
    on_event: OnEvent = ignore
