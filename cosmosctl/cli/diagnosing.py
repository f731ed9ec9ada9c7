"""What `doctor` does: it looks before it starts anything, so that a stopped sandbox is a finding and not a side effect."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cosmosctl.cli.output import OutputMode, emit
from cosmosctl.cli.wiring import connect, load_deployment, lookups, sandbox_folder, work_folder
from cosmosctl.config.loader import Loaded
from cosmosctl.config.model import Target
from cosmosctl.errors import CosmosctlError


def run_doctor(subject: str, file: str, sets: list[str], mode: OutputMode) -> None:
    """Exit 1 with `unhealthy` when a cause holds."""
    from cosmosctl.adapters.symptoms import AwsSymptoms
    from cosmosctl.services.doctor import doctor

    loaded = load_deployment(file, sets)
    before = _sandbox_before(loaded)
    opened = connect(loaded)
    report = doctor(
        opened.ctx, opened.deployment, lookups(opened, os.environ, Path.home()), AwsSymptoms(opened.ctx.session), opened.logs,
        subject=subject or None, sandbox=before,
    )  # fmt: skip
    lines: list[str] = []
    for item in report.diagnoses:
        lines += [f"{item.level}[{item.cause}] {item.path}: {item.message}", *(f"  | {line}" for line in item.evidence)]
        lines += [f"  hint: {item.hint}"] if item.hint else []
    lines.append(f"looked at: {', '.join(report.checked)}")
    if report.healthy:
        lines.append(f"{report.subject}: nothing wrong found")
        emit("doctor", report, lines, mode)
        return
    first = report.diagnoses[0]
    if mode is OutputMode.TEXT:
        emit("doctor", report, lines, mode)
        raise CosmosctlError("unhealthy", f"{first.cause}: {first.message}", path=first.path, hint=first.hint)
    evidence = "\n".join(f"{item.cause}: {line}" for item in report.diagnoses for line in item.evidence)
    findings = [item.finding for item in report.diagnoses]
    message = f"{first.cause}: {first.message}"
    raise CosmosctlError("unhealthy", message, path=first.path, hint=first.hint, findings=findings, detail=evidence)


def _sandbox_before(loaded: Loaded) -> Any:
    if loaded.deployment.target is not Target.SANDBOX:
        return None
    from cosmosctl.adapters import sandbox_process
    from cosmosctl.ports.symptoms import SandboxView

    if not work_folder(loaded).exists():
        return None
    facts = sandbox_process.status(sandbox_folder(loaded))
    return SandboxView(running=bool(facts["running"]), state_saved=bool(facts.get("state_saved", facts["running"])))
