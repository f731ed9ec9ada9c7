"""A report with everything in it, for tests of the page."""

from __future__ import annotations

from pathlib import Path

from cosmosctl.runs.report.media import read_media
from cosmosctl.runs.report.model import Cost, Media, ReportData, ReportFailure, ReportSample
from cosmosctl.runs.report.records import curves
from cosmosctl.worker.engines.base import Task
from cosmosctl.worker.engines.baseline import create
from tests.support import clips


def media(path: Path) -> Media:
    found = read_media(path)
    assert found is not None
    return found


def real_samples(folder: Path, size: tuple[int, int] = (640, 352), frames: int = 24) -> tuple[ReportSample, ...]:
    """Two videos, an image and a text answer, all really computed by the baseline engine."""
    engine = create()
    params = {"width": size[0], "height": size[1], "frames": frames, "fps": 16, "seed": 1}
    found = []
    for name, task in (("turn-box.mp4", "video2world"), ("night-city.mp4", "video2world"), ("coffee.jpg", "image2world")):
        source, output = clips.FOOTAGE / name, folder / f"{Path(name).stem}.mp4"
        kind = "image" if task == "image2world" else "video"
        (outcome,) = engine.run([Task(name, "", source, kind, params, output)], lambda: False)
        assert outcome.ok, outcome.message
        facts = {"frames": str(outcome.facts["frames"]), "fps": "16", "seed": "1", "size": f"{size[0]}x{size[1]}"}
        seconds = {"download": 0.21, "generate": outcome.facts["timings"]["render_s"], "upload": 0.12}
        prompt = "The hand turns the box and puts it down on the table."
        found.append(
            ReportSample(name, name, task, "done", prompt, "of this file", media(source), media(output), facts=facts, seconds=seconds)
        )
    found.append(text_sample(folder))
    return tuple(found)


def text_sample(folder: Path) -> ReportSample:
    source = clips.FOOTAGE / "tilt-cup.mp4"
    (outcome,) = create().run([Task("tilt-cup", "", source, "video", {}, folder / "tilt-cup.json")], lambda: False)
    assert outcome.ok, outcome.message
    return ReportSample(
        "tilt-cup",
        "tilt-cup.mp4",
        "video2text",
        "done",
        "Describe notable events in the video.",
        "default",
        media(source),
        text=outcome.facts["result"],
        seconds={"generate": 0.41},
        series=curves(outcome.facts["measurements"]),
    )


def data(samples: tuple[ReportSample, ...], **changes: object) -> ReportData:
    values: dict[str, object] = {
        "run_id": "predict-20261121-150500-3f9a",
        "blueprint": "predict",
        "variant": "2B",
        "engine": "baseline",
        "uses_model": False,
        "state": "FAILED",
        "total": 5,
        "done": 4,
        "failed": 1,
        "model": "nvidia/Cosmos-Predict2.5-2B",
        "revision": "diffusers/base/post-trained",
        "deployment": "demo",
        "target": "sandbox",
        "region": "us-east-1",
        "submitted": "2026-11-21T15:05:00Z",
        "finished": "2026-11-21T15:06:12Z",
        "tool_version": "0.1.0",
        "parameters": {"seed": "1", "frames": "24", "fps": "16"},
        "samples": samples,
        "failures": (
            ReportFailure(
                "s5", "cameras/north/cut.mp4", "input", "too_few_frames", "has 3 frames; video2world needs 5", "use a longer clip", 1
            ),
        ),
        "seconds": {"start": 2.4, "load": 0.3, "download": 0.9, "generate": 9.8, "upload": 0.5},
        "cost": Cost(0.0, "the sandbox bills nothing; on g6e.2xlarge (on-demand, us-east-1) this run would cost about $0.61"),
    }
    return ReportData(**{**values, **changes})  # type: ignore[arg-type]
