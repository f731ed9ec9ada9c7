"""Which prompt a sample gets: a manifest line, S3 metadata or a file beside the input, then --prompt, then the default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.fixtures_installed import installed, installed_once, template  # noqa: F401
from tests.support.clips import clip
from tests.support.deployment import Deployed
from tests.support.looking import assert_whole, body, runs

pytestmark = pytest.mark.xdist_group("installed-a")
DEFAULT = "Caption the video in detail."


def prompts(made: Deployed, run_id: str, samples: int) -> dict[str, str]:
    """Stem of the input -> prompt, read from the outputs."""
    found = {}
    for record in assert_whole(made, run_id, samples).values():
        (output,) = record["outputs"]
        found[output["key"].rpartition("/")[2].partition("_CosmosReason_")[0]] = body(made, output["key"])["userPrompt"]
    return found


def test_prompt_priority(installed: Deployed, tmp_path: Path) -> None:  # noqa: F811
    s3, bucket, prefix = installed.aws("s3"), installed.names.data_bucket, f"inputs/shared/prompts-{tmp_path.name}/"
    folder, films = tmp_path / "films", tmp_path / "lines"
    folder.mkdir()
    films.mkdir()
    for name in ("plain", "beside"):
        clip(folder / f"{name}.mp4", 6)
    (folder / "beside.mp4.prompt.txt").write_text("from the file: größer?\n", encoding="utf-8")
    clip(films / "line.mp4", 6)
    (films / "line.mp4.prompt.txt").write_text("of the file")
    film = clip(tmp_path / "film.mp4", 6)
    for key in ("metadata.mp4", "none.mp4"):
        extra = {"Metadata": {"cosmos-reason-prompt": "from the metadata"}} if key == "metadata.mp4" else {}
        s3.upload_file(str(film), bucket, f"{prefix}{key}", ExtraArgs=extra)
    over = f"inputs/shared/over-{tmp_path.name}/over.mp4"
    s3.upload_file(str(film), bucket, over, ExtraArgs={"Metadata": {"cosmos-reason-prompt": "from the metadata"}})
    records = [
        {"input": "line.mp4", "prompt": "from the line", "output": "line"},
        {"input": f"s3://{bucket}/{over}", "prompt": "over metadata", "output": "over"},
    ]
    (films / "m.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))

    before = runs(installed)
    inputs = (str(folder), f"s3://{bucket}/{prefix}", "--manifest", str(films / "m.jsonl"))
    installed.cli("submit", "reason", *inputs, "--prompt", "from the command", "--wait", timeout=180).ok()
    (run_id,) = runs(installed) - before
    assert prompts(installed, run_id, 6) == {
        "line": "from the line", "over": "over metadata", "metadata": "from the metadata", "beside": "from the file: größer?",
        "plain": "from the command", "none": "from the command",
    }  # fmt: skip

    before = runs(installed)
    installed.cli("submit", "reason", str(folder), "--wait", timeout=120).ok()
    (run_id,) = runs(installed) - before
    assert prompts(installed, run_id, 2) == {"plain": DEFAULT, "beside": "from the file: größer?"}
