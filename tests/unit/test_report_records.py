"""Run records become report data without losing what a reader needs."""

from __future__ import annotations

import dataclasses

from cosmosctl.runs.model import RunSpec, Sample
from cosmosctl.runs.report.records import failure_report, sample_report
from cosmosctl.runs.results import Failure

SPEC = RunSpec(
    run_id="reason-20261121-150500-3f9a",
    deployment="demo",
    blueprint="reason",
    variant="2B",
    engine="baseline",
    device="cpu",
    model="nvidia/Cosmos-Reason2-2B",
    revision="main",
    attribution="Built on NVIDIA Cosmos",
    image="",
    submitted="2026-11-21T15:05:00Z",
    timestamp="20261121-150500",
    samples=1,
    shards=1,
    shard_size=1,
    output_name="{stem}_CosmosReason_{timestamp}.json",
    output_prefix="outputs/x/",
    prompt="run prompt",
    default_prompt="default prompt",
)
SAMPLE = Sample("s1", "cam/a", "video2text", "video", "inputs/x/cam/a.mp4")


def test_a_reason_document_carries_text_times_and_curves() -> None:
    points = [{"time_s": time, "value": 0.5} for time in range(4)]
    inner = {
        "prompt": "run prompt",
        "seconds": {"generate": 1.5},
        "frames": 90,
        "fps": 30.0,
        "duration_s": 3.0,
        "gpu": None,
        "facts": {"measurements": {"light": {"over_time": points}}},
    }
    found = sample_report(SPEC, SAMPLE, document={"result": "text", "reasoning": "why", "cosmosctl": inner})
    assert (found.state, found.name, found.text, found.reasoning) == ("done", "a.mp4", "text", "why")
    assert (found.prompt, found.prompt_source) == ("run prompt", "of the run")
    assert found.facts == {"frames": "90", "fps": "30", "duration": "3"}
    assert found.seconds == {"generate": 1.5}
    assert [series.title for series in found.series] == ["Brightness"]


def test_states_and_prompt_sources() -> None:
    assert sample_report(SPEC, SAMPLE).state == "missing"
    assert sample_report(SPEC, SAMPLE, failed=True).state == "failed"
    assert sample_report(SPEC, dataclasses.replace(SAMPLE, prompt="mine"), sidecar={"prompt": "mine"}).prompt_source == "of this file"
    assert sample_report(SPEC, SAMPLE, sidecar={"prompt": "from the bucket"}).prompt_source == "of this file"
    assert sample_report(dataclasses.replace(SPEC, prompt=""), SAMPLE, sidecar={"prompt": "default prompt"}).prompt_source == "default"


def test_failures_get_the_hint_of_their_code_or_class() -> None:
    media = failure_report(Failure("s1", "input", "too_few_frames", "has 3 frames", 2, input="inputs/x/a.mp4"))
    assert "longer clip" in media.hint
    assert (media.name, media.attempt) == ("inputs/x/a.mp4", 2)
    other = failure_report(Failure("s1", "transient", "whatever", "x"), "a.mp4")
    assert "retry" in other.hint
    assert other.name == "a.mp4"
