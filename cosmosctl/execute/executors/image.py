"""A worker image, built by CodeBuild only when its content is new, awaited, and known by its digest afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.config.contracts import BatchContract, FoundationContract
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step
from cosmosctl.ports.builds import BuildState
from cosmosctl.render.bundle import image_context, image_tag, zipped

POLL_S = 1.0
LIMIT_S = 10_800.0
LOG_LINES = 40
TAG_VARIABLE = "IMAGE_TAG"


class Image:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        engine = step.params["engine"]
        batch = run.contract(BatchContract, "batch")
        context = image_context(run.ctx.assets.templates, run.ctx.assets.package, engine)
        return {
            "engine": engine,
            "tag": image_tag(engine, context),
            "repository": batch.repository_name,
            "url": batch.repository_url,
            "project": batch.build_project,
            "bucket": run.contract(FoundationContract, "foundation").data_bucket,
        }

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return run.ctx.builds.digest(inputs["repository"], inputs["tag"]) == record.outputs.get("digest")

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        digest = run.ctx.builds.digest(inputs["repository"], inputs["tag"])
        if digest is None:
            _build(step, inputs, run)
            digest = run.ctx.builds.digest(inputs["repository"], inputs["tag"])
        if digest is None:
            raise CosmosctlError(
                "image_build_failed", f"the build succeeded but {inputs['repository']}:{inputs['tag']} is not in the registry", path=step.id
            )
        return {"image": f"{inputs['url']}@{digest}", "digest": digest, "tag": inputs["tag"], "engine": inputs["engine"]}


def _build(step: Step, inputs: Mapping[str, Any], run: Run) -> None:
    key = f"builds/{inputs['tag']}.zip"
    build_id = run.ctx.builds.running(inputs["project"], TAG_VARIABLE, inputs["tag"])
    if build_id is None:
        context = image_context(run.ctx.assets.templates, run.ctx.assets.package, inputs["engine"])
        run.ctx.store(inputs["bucket"]).put(key, zipped(context), content_type="application/zip")
        build_id = run.ctx.builds.start(inputs["project"], source=f"{inputs['bucket']}/{key}", environment={TAG_VARIABLE: inputs["tag"]})
    build = _awaited(step, build_id, run)
    if build.status != "SUCCEEDED":
        lines = run.ctx.builds.log_tail(build, LOG_LINES)
        raise CosmosctlError(
            "image_build_failed",
            f"building the image of engine {inputs['engine']} ended as {build.status} in phase {build.phase}",
            path=build_id,
            detail="\n".join(lines) or "the build wrote no log",
            hint=f"aws codebuild batch-get-builds --ids {build_id}",
        )


def _awaited(step: Step, build_id: str, run: Run) -> BuildState:
    started = run.ctx.clock.monotonic()
    while True:
        build = run.ctx.builds.state(build_id)
        waited = run.ctx.clock.monotonic() - started
        if build.done:
            return build
        if waited > LIMIT_S:
            raise CosmosctlError(
                "timeout", f"build {build_id} is still in phase {build.phase} after {LIMIT_S / 3600:.0f} hours", path=build_id
            )
        run.progress(step)(0, 0, f"build {build_id}: {build.phase or 'QUEUED'}")
        run.ctx.clock.sleep(min(POLL_S * (1 + waited / 30), 15.0))


EXECUTOR = Image()
