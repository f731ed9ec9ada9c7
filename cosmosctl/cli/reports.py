"""Reports of install, deploy and cleanup as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cosmosctl.cli.output import finding_text

if TYPE_CHECKING:
    from cosmosctl.execute.engine import StepResult
    from cosmosctl.findings import Finding
    from cosmosctl.services.reports import CleanupReport, Preview

SHOWN_CHANGES = 200
SIGNS = {"create": "+", "update": "~", "replace": "-/+", "delete": "-"}


def preview_text(preview: Preview) -> list[str]:
    """Steps in order, the resource changes of those that could be planned, and what they wait for otherwise."""
    lines: list[str] = []
    for step in preview.steps:
        why = f" ({step.why})" if step.why else ""
        lines.append(f"{step.state:<11} {step.title}{why}")
        lines += [f"              {SIGNS.get(change.action, change.action):<3} {change.address}" for change in step.changes[:SHOWN_CHANGES]]
        if len(step.changes) > SHOWN_CHANGES:
            lines.append(f"              ... and {len(step.changes) - SHOWN_CHANGES} more")
    totals = {sign: sum(change.action == sign for step in preview.steps for change in step.changes) for sign in SIGNS}
    summary = ", ".join(f"{number} to {action}" for action, number in totals.items() if number)
    lines.append(summary or ("nothing to change" if not preview.changes else "the first step tells the rest"))
    return lines


def steps_text(steps: Iterable[StepResult]) -> list[str]:
    return [f"{step.outcome:<8} {step.title}" + (f" ({step.seconds:.0f} s)" if step.seconds >= 1 else "") for step in steps]


def findings_text(findings: Iterable[Finding]) -> list[str]:
    return [finding_text(finding) for finding in findings]


def cleanup_text(report: CleanupReport, name: str) -> list[str]:
    lines = steps_text(report.steps)
    if report.jobs_stopped:
        lines.append(f"{report.jobs_stopped} jobs were stopped")
    lines += [f"kept     {item}" for item in report.kept]
    lines.append(f"{name}: every service was listed, nothing {'else ' if report.kept else ''}is left")
    return lines
