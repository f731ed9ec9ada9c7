"""What exists of a deployment, by asking every service that the modules use.

A tag decides where a service tells tags; elsewhere the name does, unless it can be another deployment's whose name begins
with ours (`demo` and `demo-2`). This module must not decide what may be deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cosmosctl.adapters import inventory_batch, inventory_ec2, inventory_iam, inventory_services
from cosmosctl.adapters.aws_calls import aws
from cosmosctl.adapters.inventory_kind import Found, Kind, own_tag, starts
from cosmosctl.catalog.naming import TAG_DEPLOYMENT, Names
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.inventory import Residue

KINDS: tuple[Kind, ...] = (
    *inventory_batch.KINDS,
    *inventory_ec2.INSTANCES,
    *inventory_services.IMAGES,
    *inventory_services.OBSERVABILITY,
    *inventory_services.FILES,
    *inventory_services.SECRETS,
    *inventory_ec2.NETWORK,
    *inventory_iam.KINDS,
    *inventory_services.LOGS,
    *inventory_services.DATA,
)


class AwsInventory:
    """`ports.inventory.Inventory` over one session."""

    def __init__(self, session: AwsSession, names: Names) -> None:
        self._session, self._names = session, names
        self._kinds = {kind.name: kind for kind in KINDS}

    def kinds(self) -> Sequence[str]:
        return list(self._kinds)

    def list(self, only: Collection[str] = ()) -> Sequence[Residue]:
        found = [(kind, item) for kind in KINDS if not only or kind.name in only for item in self._found(kind)]
        others = _other_deployments([item for _, item in found], self._names)
        return [
            Residue(kind.service, kind.name, item.id, item.name, "tag" if own_tag(item.tags, self._names) else "name")
            for kind, item in found
            if kind.exact or belongs(item, self._names, others)
        ]

    def _found(self, kind: Kind) -> Sequence[Found]:
        with aws(f"{kind.service}:List", kind.name):
            return [*kind.find(self._session, self._names)]

    def delete(self, resource: Residue) -> None:
        with aws(f"{resource.service}:Delete", resource.id):
            self._kinds[resource.kind].delete(self._session, resource.id)


def belongs(item: Found, names: Names, others: Collection[str]) -> bool:
    """`others` are the names of other deployments that begin with ours."""
    if item.tags and TAG_DEPLOYMENT in item.tags:
        return own_tag(item.tags, names)
    return starts(item.name, names) and not any(starts(item.name, Names(other, names.account, names.region)) for other in others)


def _other_deployments(items: Sequence[Found], names: Names) -> set[str]:
    tagged = {(item.tags or {}).get(TAG_DEPLOYMENT, "") for item in items}
    return {name for name in tagged if name.startswith(f"{names.name}-")}
