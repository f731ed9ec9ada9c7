"""EFS: a job mounts it only if its subnet's zone has a mount target, that is available, and lets port 2049 in."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, not_checked, some
from cosmosctl.checks.diagnose.signs import MOUNT, lines, reasons
from cosmosctl.ports.facts import CouldNotCheck, Subnet, known
from cosmosctl.ports.symptoms import DoctorFacts, FileSystem, MountTarget

CAUSES = ("efs_missing", "efs_no_mount_target", "efs_mount_target_not_ready", "efs_port_closed", "efs_mount_failed", UNKNOWN)
LOOKED_AT = "EFS mounts and port 2049"
NEEDS = ("efs",)
REPAIR = "cosmosctl install   puts it back"


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    if isinstance(facts.efs, CouldNotCheck):
        return [*_reported(facts), not_checked("the EFS file system", "efs", facts.efs)]
    found = list(_judge(facts, facts.efs.value)) if facts.efs is not None else []
    return found or _reported(facts)


def _judge(facts: DoctorFacts, system: FileSystem) -> Iterator[Diagnosis]:
    if not system.exists:
        yield broken("efs_missing", system.id, f"the weight cache {system.id} is gone: every job that mounts it fails to start", REPAIR)
        return
    if system.state != "available":
        yield broken("efs_mount_target_not_ready", system.id, f"the file system is {system.state}", "wait until it is available")
    network = known(facts.network)
    subnets = network.subnets if network else ()
    zones = {mount.zone for mount in system.mounts if mount.zone} | {_zone(subnets, mount) for mount in system.mounts}
    bare = [subnet for subnet in subnets if subnet.zone not in zones]
    if bare or not system.mounts:
        where = some(f"{subnet.id} ({subnet.zone})" for subnet in bare) or "any zone"
        yield broken("efs_no_mount_target", system.id, f"no mount target in {where}: jobs on hosts there cannot mount the cache", REPAIR)
    for mount in system.mounts:
        if mount.state != "available":
            message = f"mount target {mount.id} in {mount.subnet_id} is {mount.state}"
            hint = "wait until it is available; if it stays, delete it and run: cosmosctl install"
            yield broken("efs_mount_target_not_ready", mount.id, message, hint)
    yield from _ports(facts, system)


def _zone(subnets: tuple[Subnet, ...], mount: MountTarget) -> str:
    return next((subnet.zone for subnet in subnets if subnet.id == mount.subnet_id), "")


def _ports(facts: DoctorFacts, system: FileSystem) -> Iterator[Diagnosis]:
    """A host gets in by its security group or by its subnet's block."""
    hosts = known(facts.hosts) or ()
    network = known(facts.network)
    groups = {group for host in hosts for group in host.security_groups}
    blocks = [subnet.cidr for subnet in network.subnets] if network else []
    if not groups and not blocks:
        return
    for mount in system.mounts:
        allowed = {source for group in mount.security_groups for source in system.nfs_from.get(group, frozenset())}
        if not allowed & groups and not _covers(allowed, blocks):
            group = some(mount.security_groups) or "its security group"
            message = f"no rule of {group} lets hosts reach port 2049 of mount target {mount.id}"
            yield broken("efs_port_closed", mount.id, message, REPAIR)


def _covers(allowed: set[str], blocks: list[str]) -> bool:
    """Every block that hosts live in lies in an allowed one."""
    networks = [ip_network(source) for source in allowed if "/" in source and ":" not in source]
    return bool(blocks) and all(any(ip_network(block).subnet_of(item) for item in networks) for block in blocks)  # type: ignore[arg-type]


def _reported(facts: DoctorFacts) -> list[Diagnosis]:
    """The host says that it could not mount, and the file system looks well: routing or the name service then."""
    found = [*reasons(facts, MOUNT), *lines(facts, MOUNT)]
    if not found:
        return []
    hint = "the file system looks well: check routes between the subnets and that the VPC resolves DNS names"
    return [broken("efs_mount_failed", found[0][0], "a host could not mount the weight cache", hint, [found[0][1]])]
