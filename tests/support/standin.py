"""An engine without AWS: stand-in stacks of `terraform_data`, run by the real Terraform with a local state in milliseconds.

Also a program (`python -m tests.support.standin WORKDIR ...`), so that a test can kill it at any moment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cosmosctl import assets
from cosmosctl.adapters.clock import SystemClock
from cosmosctl.adapters.process import LocalProcess
from cosmosctl.adapters.terraform import TerraformCli, TerraformOptions
from cosmosctl.catalog.naming import Names
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.execute.engine import EngineReport, execute
from cosmosctl.execute.events import Event
from cosmosctl.execute.journal import Journal
from cosmosctl.execute.lock import deployment_lock
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Plan, Step
from cosmosctl.ports.inventory import Residue

STACK = """
variable "word" { type = string }
variable "count_b" {
  type    = number
  default = 3
}
variable "slow" {
  type    = number
  default = 0
}
resource "terraform_data" "a" {
  input            = var.word
  triggers_replace = var.word
  provisioner "local-exec" { command = "echo created-${var.word} >> ${path.root}/../../../../created.log; sleep ${var.slow}" }
}
resource "terraform_data" "b" {
  count = var.count_b
  input = "${terraform_data.a.id}-${count.index}"
}
output "contract" {
  value = { schema_version = 1, word = terraform_data.a.input, ids = terraform_data.b[*].id }
}
"""


class NoAws:
    """A session whose every client is a mistake of the test."""

    region = "us-east-1"
    endpoint: str | None = None

    def account_id(self) -> str:
        return "123456789012"

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError(f"a stand-in stack asked for {service}")

    def subprocess_env(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


@dataclass
class FakeInventory:
    items: list[Residue] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)  # id -> how often a deletion is refused first
    deleted: list[str] = field(default_factory=list)

    def kinds(self) -> Sequence[str]:
        return sorted({item.kind for item in self.items})

    def list(self, only: Collection[str] = ()) -> Sequence[Residue]:
        return [item for item in self.items if not only or item.kind in only]

    def delete(self, resource: Residue) -> None:
        if self.refused.get(resource.id, 0) > 0:
            self.refused[resource.id] -= 1
            raise CosmosctlError("aws_error", "DependencyViolation")
        self.deleted.append(resource.id)
        self.items = [item for item in self.items if item.id != resource.id]


class StepClock(SystemClock):
    """Real dates, but sleeping only moves the hand."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


def make_context(workdir: Path, infra: Path, **replaced: Any) -> Context:
    """Everything that a stand-in does not need is None, so that its use fails."""
    absent: Any = None
    session = NoAws()
    found = assets.find()
    parts: dict[str, Any] = {
        "workdir": workdir,
        "session": session,
        "names": Names(workdir.name, "123456789012", "us-east-1"),
        "terraform": TerraformCli(session, LocalProcess(), SystemClock(), os.environ, TerraformOptions(workdir)),
        "batch": absent, "builds": absent, "buckets": absent, "secrets": absent, "inventory": FakeInventory(),
        "clock": SystemClock(),
        "store": absent,
        "assets": assets.Assets(infra, found.blueprints, found.templates, found.examples, found.package),
        "env": {},
    }  # fmt: skip
    return Context(**{**parts, **replaced})


def write_stack(infra: Path, name: str = "standin", text: str = STACK) -> None:
    folder = infra / "stacks" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(text)


def apply_step(stack: str, word: str, **tfvars: Any) -> Step:
    params = {"stack": stack, "source": "standin", "local": True, "tfvars": {"word": word, **tfvars}}
    return Step(f"stack:{stack}", "terraform", f"Stack {stack}", params)


def destroy_step(stack: str) -> Step:
    return Step(
        f"destroy:{stack}", "destroy", f"Stack {stack}", {"stack": stack, "source": "standin", "local": True, "tfvars": {"word": "-"}}
    )


def run_plan(ctx: Context, steps: Sequence[Step], events: list[Event] | None = None, **options: Any) -> EngineReport:
    sink: list[Event] = [] if events is None else events
    with deployment_lock(ctx.workdir, "install", ctx.clock.now()):
        return execute(
            Plan("install", ctx.workdir.name, tuple(steps)), Run(ctx, Journal(ctx.workdir / "journal.jsonl"), sink.append, **options)
        )


def main(argv: Sequence[str]) -> int:
    workdir, infra, slow = Path(argv[0]), Path(argv[1]), int(argv[2])
    ctx = make_context(workdir, infra)
    run_plan(ctx, [apply_step("one", "x", slow=slow), apply_step("two", "y", slow=slow), apply_step("three", "z", slow=slow)])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
