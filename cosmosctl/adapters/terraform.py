"""The Terraform port over the `terraform` binary: streamed, bounded in time, resumable after any kill.

This module must not know what the stacks contain or why they are applied.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmosctl.adapters.redact import Redactor
from cosmosctl.adapters.terraform_argv import FLAG, Argv
from cosmosctl.adapters.terraform_events import Stream
from cosmosctl.adapters.terraform_home import find_mirror, write_cli_config
from cosmosctl.adapters.terraform_lock import MARK, living_holder, read_lock, refusal, remove_lock, state_id
from cosmosctl.adapters.terraform_source import content_hash, working_copy
from cosmosctl.errors import CosmosctlError
from cosmosctl.files import write_atomic
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.clock import Clock
from cosmosctl.ports.process import Command, Completed, Process
from cosmosctl.ports.terraform import OnEvent, PlanSummary, StackDir

APPLY_OPERATION = "OperationTypeApply"
FORBIDDEN_ENV = ("TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR", "TF_LOG", "TF_PLUGIN_CACHE", "TF_REATTACH")


@dataclass(frozen=True)
class TerraformOptions:
    """`secrets` are values to mask; `hidden_env` names variables that Terraform must not inherit."""

    workdir: Path
    binary: str = ""
    plugin_mirror: str = ""
    timeout_s: float = 3600.0
    secrets: tuple[str, ...] = ()
    hidden_env: tuple[str, ...] = ()
    parallelism: int = 30


class TerraformCli:
    """`ports.terraform.Terraform`."""

    def __init__(self, session: AwsSession, process: Process, clock: Clock, env: Mapping[str, str], options: TerraformOptions) -> None:
        self._session, self._process, self._clock, self._env, self._options = session, process, clock, env, options
        self._redactor = Redactor(options.secrets)
        self._cached_argv: Argv | None = None
        self._cached_config: Path | None = None
        self._cached_version = ""

    @property
    def _argv(self) -> Argv:
        if self._cached_argv is None:
            binary = self._options.binary or "terraform"
            found = shutil.which(binary, path=self._env.get("PATH"))
            if found is None:
                raise CosmosctlError(
                    "tool_missing",
                    f"{binary} was not found",
                    path="terraform.binary",
                    hint="install Terraform >= 1.10 (https://developer.hashicorp.com/terraform/install) or set terraform.binary",
                )
            self._cached_argv = Argv(found)
        return self._cached_argv

    def version(self) -> str:
        if not self._cached_version:
            folder = self._options.workdir / "tf"
            folder.mkdir(parents=True, exist_ok=True)
            stack = StackDir("version", folder, folder / "version", folder / "-", folder / "-", {})
            argv = self._argv.build(folder, "version", json=FLAG)
            _, out, _ = self._start(stack, "version", argv, folder, Stream(self._redactor))
            self._cached_version = str(json.loads(out.read_text(encoding="utf-8"))["terraform_version"])
        return self._cached_version

    def init(self, stack: StackDir) -> None:
        """Skipped when sources, backend, mirror and binary are those of the last success and its results are there."""
        self._await_orphan(stack, None)  # it may still read the copy that is renewed below
        mark = stack.data_dir / "init.json"
        wanted = self._fingerprint(stack)
        folder = working_copy(stack, self._sources)
        ready = (folder / ".terraform.lock.hcl").is_file() or not (stack.data_dir / "providers").is_dir()
        if ready and mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
            return
        mark.unlink(missing_ok=True)
        self._json(stack, "init", reconfigure=FLAG, backend_config=dict(stack.backend) or None)
        write_atomic(mark, wanted)

    def plan(self, stack: StackDir, *, destroy: bool = False, on_event: OnEvent | None = None) -> PlanSummary:
        self.init(stack)
        stack.plan_file.parent.mkdir(parents=True, exist_ok=True)
        stream = self._json(
            stack,
            "plan",
            on_event,
            out=stack.plan_file,
            var_file=stack.tfvars,
            destroy=FLAG if destroy else None,
            parallelism=self._options.parallelism,
        )
        return stream.summary()

    def apply(self, stack: StackDir, *, on_event: OnEvent | None = None) -> None:
        self._json(stack, "apply", on_event, str(stack.plan_file), parallelism=self._options.parallelism)

    def outputs(self, stack: StackDir) -> dict[str, Any]:
        self.init(stack)
        data = self._document(stack, "output", json=FLAG)
        return {name: item["value"] for name, item in data.items()}

    def state(self, stack: StackDir) -> Mapping[str, Any]:
        self.init(stack)
        return self._document(stack, "state pull")

    def state_addresses(self, stack: StackDir) -> Sequence[str]:
        return [
            address
            for resource in self.state(stack).get("resources", [])
            if resource["mode"] == "managed"
            for address in _addresses(resource)
        ]

    def forget(self, stack: StackDir, addresses: Sequence[str]) -> None:
        if addresses:
            self.init(stack)
            self._plain(stack, "state rm", *addresses)

    def crashed(self, stack: StackDir) -> bool:
        return self._crash_mark(stack).exists()

    def settled(self, stack: StackDir) -> None:
        self._crash_mark(stack).unlink(missing_ok=True)

    def force_unlock_stale(self, stack: StackDir) -> bool:
        lock = read_lock(self._session, stack)
        if lock is None or not lock.ours or living_holder(stack) is not None:
            return False
        if lock.operation == APPLY_OPERATION:  # an orderly end would have unlocked: something may exist that no state knows
            write_atomic(self._crash_mark(stack), f"{lock.created}\n")
        remove_lock(self._session, stack)
        return True

    def require_unlocked(self, stack: StackDir) -> None:
        self._await_orphan(stack, None)
        lock = read_lock(self._session, stack)
        if lock is not None and not self.force_unlock_stale(stack):
            raise refusal(stack, lock, living_holder(stack))

    # --- running -----------------------------------------------------------------------------------------------------

    def _json(self, stack: StackDir, command: str, on_event: OnEvent | None = None, *arguments: str, **options: Any) -> Stream:
        """A command with a JSON event stream; a stale lock is removed once, an orphan of an earlier command awaited."""
        self._await_orphan(stack, on_event)
        folder = working_copy(stack, self._sources)
        argv = self._argv.build(folder, command, *arguments, json=FLAG, input=False, **options)
        for attempt in (1, 2):
            stream = Stream(self._redactor, on_event)
            completed, out, err = self._start(stack, command, argv, folder, stream)
            if completed.returncode == 0:
                return stream
            if stream.locked and attempt == 1 and self.force_unlock_stale(stack):
                _tell(on_event, f"removed the state lock of stack {stack.stack} that a killed process of this machine had left")
                continue
            break
        if stream.locked:
            raise refusal(stack, read_lock(self._session, stack), living_holder(stack))
        raise stream.failure(stack.stack, command, _text(err), str(out))

    def _document(self, stack: StackDir, command: str, **options: Any) -> dict[str, Any]:
        out = self._plain(stack, command, **options)
        text = out.read_text(encoding="utf-8").strip()
        data: dict[str, Any] = json.loads(text) if text else {}
        out.unlink(missing_ok=True)  # it may hold values that belong into no log
        return data

    def _plain(self, stack: StackDir, command: str, *arguments: str, **options: Any) -> Path:
        self._await_orphan(stack, None)
        folder = working_copy(stack, self._sources)
        stream = Stream(self._redactor)
        completed, out, err = self._start(stack, command, self._argv.build(folder, command, *arguments, **options), folder, stream)
        if completed.returncode != 0:
            raise stream.failure(stack.stack, command, _text(err), str(err))
        return out

    def _start(self, stack: StackDir, command: str, argv: Sequence[str], folder: Path, stream: Stream) -> tuple[Completed, Path, Path]:
        verb = command.replace(" ", "-")
        stamp = self._clock.now().strftime("%Y%m%d-%H%M%S-%f")
        out = self._options.workdir / "logs" / f"{stamp}-{stack.stack}-{verb}.jsonl"
        record = self._record(stack, command)
        completed = self._process.run(
            Command(
                argv, self._child_env(stack), folder, out, out.with_suffix(".err"), record, self._options.timeout_s, f"terraform {command}"
            ),
            stream.line,
        )
        err = out.with_suffix(".err")
        if err.exists() and err.stat().st_size == 0:
            err.unlink()
        self._raise_if_cut(stack, command, completed, out)
        return completed, out, err

    def _raise_if_cut(self, stack: StackDir, command: str, completed: Completed, out: Path) -> None:
        if completed.interrupted:
            raise CosmosctlError("interrupted", f"interrupted during terraform {command} of stack {stack.stack}", path=stack.stack)
        if completed.timed_out:
            raise CosmosctlError(
                "timeout",
                f"terraform {command} of stack {stack.stack} took longer than {self._options.timeout_s / 60:.0f} minutes",
                path=stack.stack,
                hint=f"raise terraform.timeout_minutes; log: {out}",
            )

    def _await_orphan(self, stack: StackDir, on_event: OnEvent | None) -> None:
        """A killed command's Terraform goes on by itself; wait for its end instead of racing it."""
        for name in ("apply", "plan", "init", "state-rm"):
            record = self._record(stack, name)
            orphan = self._process.orphan(record)
            if orphan is not None:
                _tell(on_event, f"waiting for {orphan.title} (process {orphan.pid}) that an earlier command has left running")
                stream = Stream(self._redactor, on_event)
                completed = self._process.follow(record, stream.line, self._options.timeout_s)
                self._raise_if_cut(stack, orphan.title, completed, orphan.stdout)

    # --- places ------------------------------------------------------------------------------------------------------

    @property
    def _sources(self) -> Path:
        return self._options.workdir / "tf-src"

    def _record(self, stack: StackDir, command: str) -> Path:
        return stack.data_dir / f"running-{command.replace(' ', '-')}.json"

    def _crash_mark(self, stack: StackDir) -> Path:
        return stack.data_dir / "crashed"

    def _config(self) -> Path:
        if self._cached_config is None:
            mirror = find_mirror(self._options.plugin_mirror, Path(self._env.get("HOME", "/")))
            self._cached_config = write_cli_config(self._options.workdir / "tf" / "terraform.rc", mirror, self._env)
        return self._cached_config

    def _child_env(self, stack: StackDir) -> dict[str, str]:
        hidden = set(self._options.hidden_env)
        env = {
            key: value for key, value in self._session.subprocess_env().items() if not key.startswith(FORBIDDEN_ENV) and key not in hidden
        }
        return env | {
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "TF_DATA_DIR": str(stack.data_dir),
            "TF_CLI_CONFIG_FILE": str(self._config()),
            MARK: state_id(stack),
        }

    def _fingerprint(self, stack: StackDir) -> str:
        facts = [content_hash(stack), dict(stack.backend), self._config().read_text(encoding="utf-8"), self._argv.terraform_bin_path]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest() + "\n"


def _tell(on_event: OnEvent | None, message: str) -> None:
    if on_event is not None:
        on_event({"type": "cosmosctl_notice", "@message": message})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _addresses(resource: Mapping[str, Any]) -> list[str]:
    module = f"{resource['module']}." if "module" in resource else ""
    base = f"{module}{resource['type']}.{resource['name']}"
    found = []
    for instance in resource["instances"]:
        key = instance.get("index_key")
        found.append(base if key is None else f"{base}[{json.dumps(key)}]")
    return found
