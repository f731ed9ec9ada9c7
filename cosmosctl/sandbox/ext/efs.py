"""EFS: protection, backup policy, updates and policy removal, which moto has no operation for."""

from __future__ import annotations

from typing import Any

from cosmosctl.sandbox import state
from cosmosctl.sandbox.patching import wrap
from cosmosctl.sandbox.routes import ApiError, RestRequest, route

_BASE = "/2015-02-01/file-systems/([^/]+)"


def register() -> None:
    from moto.efs.models import FileSystem

    wrap(FileSystem, "info_json", _info)
    _routes()


def _info(original: Any) -> Any:
    def info_json(self: Any) -> Any:
        # moto prints every attribute; the policy is a document of its own on AWS
        facts = {name: value for name, value in original(self).items() if name != "FileSystemPolicy"}
        facts["FileSystemProtection"] = {"ReplicationOverwriteProtection": getattr(self, "_overwrite_protection", "ENABLED")}
        return facts

    return info_json


def _file_system(request: RestRequest, ident: str) -> Any:
    from moto.efs.models import efs_backends

    found = efs_backends[state.ACCOUNT_ID][request.region].file_systems_by_id.get(ident)
    if found is None:
        raise ApiError("FileSystemNotFound", f"File system '{ident}' does not exist.", 404)
    return found


def _routes() -> None:
    @route("elasticfilesystem", "PUT", f"{_BASE}/protection")
    def update_file_system_protection(request: RestRequest, ident: str) -> Any:
        found = _file_system(request, ident)
        found._overwrite_protection = request.body["ReplicationOverwriteProtection"]
        return {"ReplicationOverwriteProtection": found._overwrite_protection}

    @route("elasticfilesystem", "PUT", f"{_BASE}/backup-policy")
    def put_backup_policy(request: RestRequest, ident: str) -> Any:
        found = _file_system(request, ident)
        found._backup = request.body["BackupPolicy"]["Status"] == "ENABLED"
        found._backup_known = True
        return _backup(found)

    @route("elasticfilesystem", "GET", f"{_BASE}/backup-policy")
    def describe_backup_policy(request: RestRequest, ident: str) -> Any:
        found = _file_system(request, ident)
        if not found._backup and not getattr(found, "_backup_known", False):
            raise ApiError("PolicyNotFound", "No backup policy exists for this file system.", 404)
        return _backup(found)

    @route("elasticfilesystem", "PUT", _BASE)
    def update_file_system(request: RestRequest, ident: str) -> Any:
        found = _file_system(request, ident)
        found.throughput_mode = request.body.get("ThroughputMode", found.throughput_mode)
        provisioned = request.body.get("ProvisionedThroughputInMibps", found.provisioned_throughput_in_mibps)
        found.provisioned_throughput_in_mibps = provisioned if found.throughput_mode == "provisioned" else None
        return found.info_json()

    @route("elasticfilesystem", "DELETE", f"{_BASE}/policy")
    def delete_file_system_policy(request: RestRequest, ident: str) -> Any:
        _file_system(request, ident).file_system_policy = None
        return {}


def _backup(found: Any) -> Any:
    return {"BackupPolicy": {"Status": "ENABLED" if found._backup else "DISABLED"}}
