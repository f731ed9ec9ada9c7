"""The worker image: built, there under its digest, and pulled. A failed build shows up late, as a pull error of a job."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, doubtful, not_checked, note
from cosmosctl.checks.diagnose.signs import IMAGE, reasons
from cosmosctl.ports.facts import CouldNotCheck, known
from cosmosctl.ports.symptoms import DoctorFacts

CAUSES = ("image_missing", "image_build_failed", "image_building", "image_pull_failed", UNKNOWN)
LOOKED_AT = "images and builds"
NEEDS = ("images", "build")
FAILED = ("FAILED", "FAULT", "TIMED_OUT", "STOPPED")
BUILD = "cosmosctl deploy BLUEPRINT --mode batch   builds it again and waits for it"
RATE_LIMIT = ("toomanyrequests", "429 too many requests", "pull rate limit")


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    missing = list(_missing(facts))
    build = _build(facts, bool(missing))
    pulls = [] if missing else list(_pulls(facts))
    return [*missing, *build, *pulls]


def _missing(facts: DoctorFacts) -> Iterator[Diagnosis]:
    for image in facts.images:
        if isinstance(image.exists, CouldNotCheck):
            yield not_checked(f"the image of {image.definition}", image.definition, image.exists)
        elif not image.exists.value:
            message = f"the image of {image.definition} is not in ECR: {image.image}"
            yield broken("image_missing", image.definition, message, BUILD)


def _build(facts: DoctorFacts, missing: bool) -> list[Diagnosis]:
    if isinstance(facts.build, CouldNotCheck):
        return [not_checked("the last image build", "codebuild", facts.build)]
    build = known(facts.build)
    if build is None:
        return []
    if build.status == "IN_PROGRESS":
        hint = "cosmosctl deploy BLUEPRINT --mode batch   waits for it"
        return [note("image_building", build.id, f"an image is being built ({build.phase})", hint)]
    if build.status not in FAILED:
        return []
    limited = any(sign in line.lower() for line in build.tail for sign in RATE_LIMIT)
    why = ": the registry of the base image limits anonymous pulls" if limited else ""
    hint = "try again in some hours, or mirror the base image to ECR" if limited else BUILD
    say = broken if missing or not facts.images else doubtful
    message = f"the last image build ended {build.status} in phase {build.phase}{why}"
    return [say("image_build_failed", build.id, message, hint, build.tail[-10:])]


def _pulls(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = list(reasons(facts, IMAGE))
    if found:
        there = ", though it is in ECR" if facts.images else ""
        message = f"a host could not pull the worker image{there}"
        hint = "look at endpoints and egress of the subnets: cosmosctl plan; or build it again: cosmosctl deploy BLUEPRINT --mode batch"
        yield broken("image_pull_failed", found[0][0], message, hint, [found[0][1]])
