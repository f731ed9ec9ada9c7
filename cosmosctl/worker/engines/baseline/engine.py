"""Runs the baseline behind the worker's engine protocol: local files in, local files and outcomes out.

A task whose output is .json is a reason sample, .mp4 a predict sample. It must not know S3, Batch or runs.
"""

from __future__ import annotations

import errno
import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cosmosctl.media.encode import Mp4Writer, whole_file
from cosmosctl.media.errors import MediaError
from cosmosctl.worker.engines.base import EngineInfo, FailureClass, Outcome, Task
from cosmosctl.worker.engines.baseline import predict, reason
from cosmosctl.worker.engines.baseline.measure import Cancelled

DEFAULTS: dict[str, int] = {"width": 1280, "height": 704, "frames": 93, "fps": 16, "seed": 0}
LIMITS: dict[str, tuple[int, int]] = {
    "width": (64, 4096),
    "height": (64, 4096),
    "frames": (1, 2000),
    "fps": (1, 120),
    "seed": (0, 2**64 - 1),
}
MODEL = "none"


class BaselineEngine:
    """`clock` measures durations only; it is injected for tests."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock

    def load(self, weights: Path | None, device: str, settings: Mapping[str, Any]) -> EngineInfo:
        """There is nothing to load; the baseline runs on the CPU whatever it is offered."""
        del weights, device, settings
        return EngineInfo(name="baseline", model=MODEL, revision="", uses_model=False, device="cpu")

    def run(self, tasks: Sequence[Task], cancelled: Callable[[], bool]) -> Sequence[Outcome]:
        """One outcome per task, in order; tasks that a stop left undone are `transient`."""
        return [self._one(task, cancelled) for task in tasks]

    def _one(self, task: Task, cancelled: Callable[[], bool]) -> Outcome:
        try:
            if cancelled():
                raise Cancelled
            facts = self._reason(task, cancelled) if task.output.suffix == ".json" else self._predict(task, cancelled)
            return Outcome(task.sample_id, True, facts)
        except Cancelled:
            return _failed(task, FailureClass.TRANSIENT, "cancelled", "the worker was stopped before the sample was finished")
        except MediaError as error:
            return _failed(task, FailureClass.INPUT, error.code, error.message)
        except MemoryError:
            return _failed(task, FailureClass.RESOURCE, "out_of_memory", "not enough memory for this sample")
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            return _failed(task, FailureClass.RESOURCE, "disk_full" if full else "io_error", str(error))
        except Exception as error:  # the protocol forbids an exception for a bad sample
            trace = "".join(traceback.format_exception(error)[-6:])
            return _failed(task, FailureClass.MODEL, "engine_error", f"{type(error).__name__}: {error}", trace)

    def _reason(self, task: Task, cancelled: Callable[[], bool]) -> dict[str, Any]:
        if task.media is None:
            raise MediaError("missing_file", "a reason sample needs a video or an image")
        start = self._clock()
        text, measured = reason.answer(task.media, task.prompt, bool(task.params.get("json")), cancelled)
        with whole_file(task.output) as partial:
            partial.write_text(json.dumps({"result": text, "measurements": measured}, indent=2, ensure_ascii=False), encoding="utf-8")
        source = measured.get("clip") or {**measured["picture"], "frames": 1, "fps": 0.0}
        return {
            **_common(),
            "result": text,
            "measurements": measured,
            "seed": _number(task.params, "seed"),
            **{name: source[name] for name in ("frames", "fps", "width", "height")},
            "timings": {"measure_s": round(self._clock() - start, 4)},
        }

    def _predict(self, task: Task, cancelled: Callable[[], bool]) -> dict[str, Any]:
        values = {name: _number(task.params, name) for name in DEFAULTS}
        shot = predict.Shot(values["width"] // 2 * 2, values["height"] // 2 * 2, values["frames"], values["seed"])
        start = self._clock()
        pictures, facts = _pictures(task, shot)
        prepared = self._clock()
        with whole_file(task.output) as partial, Mp4Writer(partial, shot.width, shot.height, values["fps"], crf=26) as writer:
            for canvas in pictures:
                if cancelled():
                    raise Cancelled
                writer.write_planes(canvas.packed)
        return {
            **_common(),
            **facts,
            **values,
            "width": shot.width,
            "height": shot.height,
            "duration_s": round(shot.frames / values["fps"], 4),
            "timings": {"read_and_measure_s": round(prepared - start, 4), "render_s": round(self._clock() - prepared, 4)},
        }


def _pictures(task: Task, shot: predict.Shot) -> tuple[predict.Pictures, dict[str, Any]]:
    if task.media is None:
        return predict.from_text(task.prompt, shot)
    if task.media_kind == "image":
        return predict.from_image(task.media, shot)
    return predict.from_video(task.media, shot)


def _common() -> dict[str, Any]:
    return {"model_used": False, "prompt_interpreted": False}


def _number(params: Mapping[str, Any], name: str) -> int:
    """A parameter within its limits. Raises `MediaError` with code `invalid_parameter`."""
    low, high = LIMITS[name]
    try:
        value = int(params.get(name, DEFAULTS[name]))
    except (TypeError, ValueError):
        value = low - 1
    if not low <= value <= high:
        raise MediaError("invalid_parameter", f"{name} must be a whole number from {low} to {high}")
    return value


def _failed(task: Task, kind: FailureClass, code: str, message: str, trace: str = "") -> Outcome:
    return Outcome(task.sample_id, False, {"trace": trace} if trace else {}, kind, code, message)
