"""The weight cache: a hit needs the marker of a finished staging, and files that are what the staging wrote down."""

from __future__ import annotations

from cosmosctl.checks.diagnose.base import Diagnosis, broken, doubtful, retry_hint, some
from cosmosctl.checks.diagnose.signs import WEIGHTS, lines
from cosmosctl.ports.symptoms import DoctorFacts, WeightsView

CAUSES = ("weights_partial", "weights_damaged", "weights_stale")
LOOKED_AT = "weight cache"
NEEDS = ("weights",)


def _again(facts: DoctorFacts, prefix: str) -> str:
    """Only the named model's copy goes; another family's is never touched."""
    remove = f"aws s3 rm --recursive s3://{facts.data_bucket_name}/{prefix}   removes this copy only; the next job fetches it again"
    return retry_hint(facts, remove)


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    found = [item for view in facts.weights if (item := _judge(facts, view))]
    in_logs = list(lines(facts, WEIGHTS))
    if in_logs and not any(item.cause in ("weights_partial", "weights_damaged") for item in found):
        prefix = f"weights/{facts.weights[0].repo}/{facts.weights[0].revision}/" if facts.weights else "weights/"
        message = "a job could not read its weights: a file is damaged or cut off"
        found.append(broken("weights_damaged", in_logs[0][0], message, _again(facts, prefix), [in_logs[0][1]]))
    return found


def _judge(facts: DoctorFacts, view: WeightsView) -> Diagnosis | None:
    path, what = f"weights/{view.repo}/{view.revision}/", f"{view.repo} at {view.revision}"
    if view.wrong:
        message = f"{len(view.wrong)} files of {what} are not what was staged: {some(view.wrong)}"
        return broken("weights_damaged", path, message, _again(facts, path))
    if view.objects and not view.marked:
        message = f"the staging of {what} never ended: {view.objects} files and no marker, so no job takes it for a hit"
        return broken("weights_partial", path, message, _again(facts, path))
    if not view.objects and view.other_revisions:
        message = f"the cache has {view.repo} at {some(view.other_revisions)}, the blueprint wants {view.revision}"
        old = f"weights/{view.repo}/{view.other_revisions[0]}/"
        return doubtful("weights_stale", path, message, _again(facts, old))
    return None
