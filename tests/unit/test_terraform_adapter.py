"""The Terraform port with the real binary on stand-in stacks: streaming, errors, redaction, isolation from the shell."""

from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.adapters.clock import SystemClock
from cosmosctl.adapters.process import LocalProcess
from cosmosctl.adapters.redact import Redactor
from cosmosctl.adapters.terraform import TerraformCli, TerraformOptions
from cosmosctl.adapters.terraform_argv import FLAG, Argv
from cosmosctl.adapters.terraform_events import Stream
from cosmosctl.adapters.terraform_home import find_mirror, write_cli_config
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.stacks import stack_dir, write_tfvars
from cosmosctl.ports.terraform import Event, StackDir
from tests.support.standin import STACK, NoAws, make_context, write_stack

SECRET = "hf_verySecretValue123"

BROKEN = f"""
resource "terraform_data" "bad" {{
  lifecycle {{
    precondition {{
      condition     = var.word == ""
      error_message = "token {SECRET} is wrong"
    }}
  }}
}}
"""


class Shell(NoAws):
    """A session whose environment carries what a careless shell may hold."""

    def __init__(self, extra: Mapping[str, str]) -> None:
        self._extra = extra

    def subprocess_env(self) -> Mapping[str, str]:
        return {**super().subprocess_env(), **self._extra}


def terraform(tmp_path: Path, extra: Mapping[str, str] | None = None, **options: Any) -> TerraformCli:
    return TerraformCli(
        Shell(extra or {}), LocalProcess(grace_s=10), SystemClock(), os.environ, TerraformOptions(tmp_path / "demo", **options)
    )


def prepared(tmp_path: Path, text: str = STACK, **tfvars: Any) -> StackDir:
    write_stack(tmp_path / "infra", text=text)
    stack = stack_dir(make_context(tmp_path / "demo", tmp_path / "infra"), "one", "standin", local=True)
    write_tfvars(stack, {"word": "x", **tfvars})
    return stack


def test_plan_apply_output_destroy(tmp_path: Path) -> None:
    cli, stack, events = terraform(tmp_path), prepared(tmp_path), list[Event]()
    summary = cli.plan(stack, on_event=events.append)
    assert [change.actions for change in summary.changes] == [("create",)] * 4
    assert {"planned_change", "change_summary"} <= {event["type"] for event in events}
    cli.apply(stack)
    assert cli.outputs(stack)["contract"]["word"] == "x"
    assert len(cli.state_addresses(stack)) == 4
    assert cli.plan(stack).empty
    write_tfvars(stack, {"word": "y"})
    assert ("delete", "create") in [change.actions for change in cli.plan(stack).changes]
    cli.forget(stack, ["terraform_data.b[1]"])
    assert "terraform_data.b[1]" not in cli.state_addresses(stack)
    assert all(change.destroys for change in cli.plan(stack, destroy=True).changes)
    cli.apply(stack)
    assert cli.state_addresses(stack) == []


def test_a_stale_plan_is_not_applied(tmp_path: Path) -> None:
    cli, stack = terraform(tmp_path), prepared(tmp_path)
    cli.plan(stack)
    stale = replace(stack, plan_file=tmp_path / "stale.tfplan")
    stale.plan_file.write_bytes(stack.plan_file.read_bytes())
    cli.apply(stack)
    with pytest.raises(CosmosctlError) as caught:
        cli.apply(stale)
    assert caught.value.code == "terraform_failed"
    assert "changed by someone else after it was planned" in caught.value.message


def test_diagnostics_become_the_error_without_secrets(tmp_path: Path) -> None:
    text = STACK + BROKEN
    events: list[Event] = []
    with pytest.raises(CosmosctlError) as caught:
        terraform(tmp_path, secrets=(SECRET,)).plan(prepared(tmp_path, text), on_event=events.append)
    error = caught.value
    assert error.code == "terraform_failed"
    assert "Resource precondition failed" in error.message
    assert error.path.startswith("main.tf:")
    assert "token *** is wrong" in error.detail
    assert SECRET not in json.dumps(events) + error.message + error.detail + error.hint


def test_shell_settings_do_not_reach_terraform(tmp_path: Path) -> None:
    extra = {"TF_VAR_word": "from-shell", "TF_CLI_ARGS": "-bogus", "TF_WORKSPACE": "other", "TF_LOG": "TRACE", "MY_TOKEN": SECRET}
    cli = terraform(tmp_path, extra, hidden_env=("MY_TOKEN",))
    text = (
        STACK + 'resource "terraform_data" "env" {\n  provisioner "local-exec" { command = "env > ${path.root}/../../../../env.txt" }\n}\n'
    )
    stack = prepared(tmp_path, text)
    cli.plan(stack)
    cli.apply(stack)
    assert cli.outputs(stack)["contract"]["word"] == "x"
    seen = (tmp_path / "demo" / "env.txt").read_text()
    assert "TF_IN_AUTOMATION=1" in seen
    assert not any(word in seen for word in ("MY_TOKEN", SECRET, "TF_VAR_word", "TF_WORKSPACE", "TF_LOG="))


def test_init_is_skipped_until_something_changes(tmp_path: Path) -> None:
    cli, stack = terraform(tmp_path), prepared(tmp_path)
    cli.init(stack)
    cli.init(stack)
    logs = tmp_path / "demo" / "logs"
    assert len(list(logs.glob("*-init.jsonl"))) == 1
    write_stack(tmp_path / "infra", text=STACK + "# changed\n")
    cli.init(stack)
    assert len(list(logs.glob("*-init.jsonl"))) == 2


def test_timeout_stops_terraform(tmp_path: Path) -> None:
    stack = prepared(tmp_path, slow=30)
    cli = terraform(tmp_path, timeout_s=1.0)
    terraform(tmp_path).plan(stack)
    with pytest.raises(CosmosctlError) as caught:
        cli.apply(stack)
    assert caught.value.code == "timeout"
    assert "terraform.timeout_minutes" in caught.value.hint


def test_missing_binary_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError) as caught:
        terraform(tmp_path, binary="no-such-terraform").version()
    assert caught.value.code == "tool_missing"
    assert "Terraform >= 1.10" in caught.value.hint


def test_argv_is_what_terraform_1_takes() -> None:
    argv = Argv("terraform").build(
        Path("/x"), "init", json=FLAG, input=False, reconfigure=FLAG, backend_config={"use_lockfile": True, "key": "a b"}, nothing=None
    )
    assert argv == [
        "terraform",
        "-chdir=/x",
        "init",
        "-json",
        "-input=false",
        "-reconfigure",
        "-backend-config=use_lockfile=true",
        "-backend-config=key=a b",
    ]
    with pytest.raises(AttributeError):
        Argv("terraform").aply()


def test_mirror_is_found_or_refused(tmp_path: Path) -> None:
    mirror = tmp_path / "prefix" / "plugins"
    (mirror / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0").mkdir(parents=True)
    assert find_mirror("", tmp_path, (str(tmp_path / "prefix"),)) == mirror
    assert find_mirror(str(mirror / "registry.terraform.io"), tmp_path, ()) == mirror
    assert find_mirror("", tmp_path, (str(tmp_path / "nowhere"),)) is None
    with pytest.raises(CosmosctlError) as caught:
        find_mirror(str(tmp_path), tmp_path, ())
    assert caught.value.path == "terraform.plugin_mirror"
    text = write_cli_config(tmp_path / "rc", mirror, {"TF_CLI_CONFIG_FILE": "/missing"}).read_text()
    assert text.count('"registry.terraform.io/hashicorp/aws"') == 2
    assert "direct" in text


def test_cli_config_of_the_shell_counts_only_when_it_exists(tmp_path: Path) -> None:
    own = tmp_path / "own.rc"
    assert write_cli_config(tmp_path / "rc", None, {"TF_CLI_CONFIG_FILE": str(own)}) == tmp_path / "rc"
    own.write_text("")
    assert write_cli_config(tmp_path / "rc", None, {"TF_CLI_CONFIG_FILE": str(own)}) == own


class LockedBucket:
    """Just the S3 calls around a lock object."""

    class exceptions:
        class ClientError(Exception):
            pass

    def __init__(self, who: str, operation: str) -> None:
        self.lock: str | None = json.dumps({"ID": "1", "Who": who, "Operation": operation, "Created": "2026-01-01T00:00:00Z"})

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        assert Key.endswith(".tflock")
        if self.lock is None:
            raise self.exceptions.ClientError
        return {"Body": io.BytesIO(self.lock.encode())}

    def delete_object(self, Bucket: str, Key: str) -> None:
        self.lock = None


class LockedSession(NoAws):
    def __init__(self, s3: LockedBucket) -> None:
        self._s3 = s3

    def client(self, service: str, region: str | None = None) -> Any:
        assert service == "s3"
        return self._s3


@pytest.mark.parametrize(
    ("who", "operation", "removed", "crashed"),
    [
        (f"me@{socket.gethostname()}", "OperationTypeApply", True, True),
        (f"me@{socket.gethostname()}", "OperationTypePlan", True, False),
        ("me@another-machine", "OperationTypeApply", False, False),
    ],
)
def test_only_a_dead_process_of_this_machine_loses_its_lock(tmp_path: Path, who: str, operation: str, removed: bool, crashed: bool) -> None:
    bucket = LockedBucket(who, operation)
    cli = TerraformCli(LockedSession(bucket), LocalProcess(), SystemClock(), os.environ, TerraformOptions(tmp_path / "demo"))
    stack = replace(prepared(tmp_path), backend={"bucket": "b", "key": f"{tmp_path}/k"})
    assert cli.force_unlock_stale(stack) is removed
    assert (bucket.lock is None) is removed
    assert cli.crashed(stack) is crashed
    cli.settled(stack)
    assert not cli.crashed(stack)


def test_lock_of_a_living_process_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = LockedBucket(f"me@{socket.gethostname()}", "OperationTypeApply")
    cli = TerraformCli(LockedSession(bucket), LocalProcess(), SystemClock(), os.environ, TerraformOptions(tmp_path / "demo"))
    monkeypatch.setattr("cosmosctl.adapters.terraform.living_holder", lambda stack: 4711)
    assert not cli.force_unlock_stale(replace(prepared(tmp_path), backend={"bucket": "b", "key": "k"}))
    assert bucket.lock is not None


def test_redactor_masks_known_values_everywhere() -> None:
    redactor = Redactor([SECRET, "short", ""])
    assert redactor.data({"a": [f"x{SECRET}y", 1], "b": {"c": SECRET}}) == {"a": ["x***y", 1], "b": {"c": "***"}}
    assert redactor.text("short") == "short"


def test_unparsable_lines_are_kept_as_evidence() -> None:
    stream = Stream(Redactor([SECRET]))
    stream.line(f"panic: {SECRET}")
    assert "panic: ***" in stream.failure("one", "plan", "", "log").detail


@pytest.mark.parametrize(("who", "free"), [(f"me@{socket.gethostname()}", True), ("me@another-machine", False)])
def test_nobody_settles_while_another_machine_holds_the_state(tmp_path: Path, who: str, free: bool) -> None:
    bucket = LockedBucket(who, "OperationTypeApply")
    cli = TerraformCli(LockedSession(bucket), LocalProcess(), SystemClock(), os.environ, TerraformOptions(tmp_path / "demo"))
    stack = replace(prepared(tmp_path), backend={"bucket": "b", "key": f"{tmp_path}/k"})
    if free:
        cli.require_unlocked(stack)
        assert bucket.lock is None
        return
    with pytest.raises(CosmosctlError, match="another-machine") as caught:
        cli.require_unlocked(stack)
    assert caught.value.code == "locked"
    assert bucket.lock is not None
