"""What `plan`, `install`, `deploy` and `cleanup` do once their options are read: check, show, ask, act, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cosmosctl.cli.confirm import confirm
from cosmosctl.cli.output import OutputMode, emit, finding_text, say
from cosmosctl.cli.progress import step_view
from cosmosctl.cli.reports import cleanup_text, findings_text, preview_text, steps_text
from cosmosctl.cli.wiring import Opened, connect, load_deployment, sandbox_folder
from cosmosctl.config.loader import Loaded
from cosmosctl.config.model import Target
from cosmosctl.errors import CosmosctlError, ExitStatus
from cosmosctl.findings import Finding
from cosmosctl.services.preflight import require


@dataclass(frozen=True)
class Selection:
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    skip_check: tuple[str, ...] = ()
    allow_replace: tuple[str, ...] = ()


def run_plan(
    file: str,
    sets: Sequence[str],
    blueprint: str,
    variant: str,
    skip_check: tuple[str, ...],
    exit_code: bool,
    checks_only: bool,
    mode: OutputMode,
) -> None:
    """Preflight and the plan of install. Raises `preflight_failed`; exit 6 with `exit_code` and changes."""
    from cosmosctl.services.install import preview_install

    opened = connect(load_deployment(file, sets, skip_check=skip_check))
    findings = _preflight(opened, blueprint or None, variant or None, skip_check)
    require(findings)
    if checks_only:
        emit("plan", {"findings": len(findings)}, findings_text(findings), mode, [] if mode is OutputMode.TEXT else findings)
        return
    with step_view() as view:
        preview = preview_install(opened.ctx, opened.deployment, on_event=view)
    emit(
        "plan",
        {"plan": preview, "changes": preview.changes},
        [*findings_text(findings), "", *preview_text(preview)],
        mode,
        [] if mode is OutputMode.TEXT else findings,
    )
    if exit_code and preview.changes:
        raise SystemExit(int(ExitStatus.CHANGES))


def run_install(file: str, sets: Sequence[str], selection: Selection, plan: bool, yes: bool, mode: OutputMode) -> None:
    from cosmosctl.services.install import install, preview_install

    opened = connect(load_deployment(file, sets, skip_check=selection.skip_check))
    if plan:
        with step_view() as view:
            preview = preview_install(opened.ctx, opened.deployment, only=selection.only, skip=selection.skip, on_event=view)
        emit("install", preview, preview_text(preview), mode)
        return
    _gate(opened, None, None, selection.skip_check)
    _ask(opened.loaded, f"install {opened.deployment.name} in {opened.deployment.region}?", yes)
    with step_view() as view:
        report = install(
            opened.ctx, opened.deployment, only=selection.only, skip=selection.skip, allow_replace=selection.allow_replace, on_event=view
        )
    whole = not (selection.only or selection.skip)
    end = (
        [f"{opened.deployment.name} is installed", "next: cosmosctl deploy predict --mode batch"]
        if whole
        else ["the chosen steps are done"]
    )
    emit("install", report, [*steps_text(report.steps), *end], mode, _unseen(report.findings, mode))


def run_deploy(
    file: str,
    sets: Sequence[str],
    blueprint: str,
    how: str,
    variant: str,
    engine: str,
    selection: Selection,
    plan: bool,
    yes: bool,
    mode: OutputMode,
) -> None:
    from cosmosctl.services.deploy import deploy, preview_deploy

    opened = connect(load_deployment(file, sets, skip_check=selection.skip_check))
    wanted: dict[str, Any] = {"mode": how, "variant": variant or None, "engine": engine or None}
    if plan:
        with step_view() as view:
            preview = preview_deploy(opened.ctx, opened.deployment, blueprint, on_event=view, **wanted)
        emit("deploy", preview, preview_text(preview), mode)
        return
    _gate(opened, blueprint, variant or None, selection.skip_check, engine or None)
    _ask(opened.loaded, f"deploy {blueprint} on {opened.deployment.name}?", yes)
    with step_view() as view:
        report = deploy(
            opened.ctx,
            opened.deployment,
            blueprint,
            only=selection.only,
            skip=selection.skip,
            allow_replace=selection.allow_replace,
            on_event=view,
            **wanted,
        )
    text = [
        *steps_text(report.steps),
        *(f"{blueprint} {name}: engine {item['engine']} on queue {item['queue_name']}" for name, item in report.variants.items()),
    ]
    emit("deploy", report, [*text, f"next: cosmosctl submit {blueprint} INPUT... --wait"], mode, _unseen(report.findings, mode))


def run_cleanup(
    file: str, sets: Sequence[str], delete_data: bool | None, by_tag: bool, sandbox: bool, plan: bool, yes: bool, mode: OutputMode
) -> None:
    """Exit 1 with the list when anything is left."""
    from cosmosctl.services.cleanup import cleanup, preview_cleanup

    more = [] if delete_data is None else [f"data.keep_on_cleanup={'false' if delete_data else 'true'}"]
    loaded = load_deployment(file, [*sets, *more])
    opened = connect(loaded)
    deployment = opened.deployment
    if plan:
        with step_view() as view:
            preview = preview_cleanup(opened.ctx, deployment, by_tag=by_tag, on_event=view)
        emit("cleanup", preview, preview_text(preview), mode)
        return
    what = "its data is kept" if deployment.data.keep_on_cleanup else "with all its data"
    confirm(f"remove {deployment.name} from {deployment.target} ({deployment.region}), {what}?", yes)
    with step_view() as view:
        report = cleanup(opened.ctx, deployment, keep_going=True, by_tag=by_tag, on_event=view)
    if not report.clean:
        failed = [step for step in report.steps if step.error is not None]
        first = failed[0].error if failed else None
        detail = "\n".join(
            [*(f"{step.title}: {step.error.message}" for step in failed if step.error), *(str(item) for item in report.residue)]
        )
        if first is not None and first.code == "interrupted":
            raise first
        raise CosmosctlError(
            "residue_left", f"{len(report.residue)} resources are left, {len(failed)} steps failed", path=deployment.name, detail=detail,
            hint="cosmosctl cleanup --yes   again; with --by-tag when the state is lost",
        )  # fmt: skip
    stopped = _forget_sandbox(loaded) if sandbox else False
    emit(
        "cleanup",
        {"report": report, "sandbox_removed": stopped},
        cleanup_text(report, deployment.name),
        mode,
        _unseen(report.findings, mode),
    )


def _unseen(findings: Sequence[Finding], mode: OutputMode) -> Sequence[Finding]:
    """Steps said their warnings on stderr while they ran; JSON carries them again."""
    return findings if mode is OutputMode.JSON else ()


def _forget_sandbox(loaded: Loaded) -> bool:
    if loaded.deployment.target is not Target.SANDBOX:
        return False
    from cosmosctl.adapters import sandbox_process

    folder = sandbox_folder(loaded)
    stopped = sandbox_process.stop(folder)
    sandbox_process.reset(folder)
    return stopped


def _ask(loaded: Loaded, question: str, yes: bool) -> None:
    """Only an account costs money; the embedded AWS is not worth a question."""
    if loaded.deployment.target is Target.AWS:
        confirm(question, yes)


def _gate(opened: Opened, blueprint: str | None, variant: str | None, skip: tuple[str, ...], engine: str | None = None) -> None:
    findings = _preflight(opened, blueprint, variant, skip, engine)
    require(findings)
    for finding in findings:
        if finding.level != "info":
            say(finding_text(finding))


def _preflight(
    opened: Opened, blueprint: str | None, variant: str | None, skip: tuple[str, ...], engine: str | None = None
) -> list[Finding]:
    from cosmosctl.cli.checking import preflight_findings

    return [*opened.loaded.findings, *preflight_findings(opened, blueprint, variant, skip, engine)]
