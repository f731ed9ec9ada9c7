"""Decides which local files may be submitted, before anything is uploaded or paid for.

All findings of all files come back at once. It reads files through `probe` only, changes nothing, and must not know AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cosmosctl.findings import Finding, Level
from cosmosctl.media.errors import HINTS, MediaError
from cosmosctl.media.naming import output_key, unsafe_reason
from cosmosctl.media.probe import MediaInfo, file_size, file_type, probe
from cosmosctl.media.rules import InputRules, MediaRules, TaskRule


@dataclass(frozen=True)
class Candidate:
    """A file on this machine and the relative name (with `/`) that its outputs keep."""

    path: Path
    name: str


@dataclass(frozen=True)
class AcceptedInput:
    """A file that may be submitted. `conversion` is "none", "remux" or "transcode"; `upload_name` fits what is uploaded."""

    path: Path
    name: str
    task: str
    info: MediaInfo
    conversion: str
    upload_name: str

    @property
    def kind(self) -> str:
        return self.info.kind


Prober = Callable[[Path], MediaInfo]


def check_inputs(
    candidates: Iterable[Candidate | Path],
    rules: InputRules,
    *,
    prober: Prober = probe,
    seen: Callable[[Candidate], None] = lambda _: None,
) -> tuple[list[AcceptedInput], list[Finding]]:
    """Accepted files in the given order, and one finding per problem. `seen` is called after each file (progress).

    Nothing may be uploaded when a finding is an error.
    """
    unique, findings = _without_repeats([_candidate(item) for item in candidates])
    accepted: list[AcceptedInput] = []
    for candidate in unique:
        try:
            accepted.append(_check(candidate, rules, prober))
            findings += _warnings(accepted[-1])
        except MediaError as error:
            findings.append(_finding(candidate, error))
        seen(candidate)
    findings += _collisions(accepted, rules)
    if not unique:
        findings.append(Finding("inputs", Level.ERROR, "no_inputs", "no media file was found", HINTS["no_inputs"]))
    return accepted, findings


def _candidate(item: Candidate | Path) -> Candidate:
    return item if isinstance(item, Candidate) else Candidate(item, item.name)


def _without_repeats(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Finding]]:
    first: dict[Path, Candidate] = {}
    findings = []
    for candidate in candidates:
        if first.setdefault(_identity(candidate.path), candidate) is not candidate:
            message = "is named more than once; it is submitted once"
            findings.append(Finding(candidate.name, Level.WARNING, "duplicate_input", message, HINTS["duplicate_input"]))
    return list(first.values()), findings


def _identity(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links or a NUL byte: reported by the check of the file
        return path


def _check(candidate: Candidate, rules: InputRules, prober: Prober) -> AcceptedInput:
    reason = unsafe_reason(candidate.name)
    if reason:
        raise MediaError("unsafe_name", f"name {reason}")
    size = file_size(candidate.path)
    kind = file_type(candidate.path)
    media = _media_rules(candidate, rules, kind.kind)
    task = rules.task_for(kind.kind)
    if task is None:
        raise MediaError("no_task", f"is {_article(kind.kind)}, which no task of this variant takes")
    if size > media.max_mib * 1024 * 1024:
        raise MediaError("too_large", f"has {size / 1048576:.1f} MiB; at most {media.max_mib:g} MiB are accepted")
    info = prober(candidate.path)
    _check_extension(candidate, info)
    _check_frames(info, task)
    conversion = conversion_for(info, _suffix(candidate.name), media)
    upload_name = candidate.name if conversion == "none" else str(PurePosixPath(candidate.name).with_suffix(".mp4"))
    return AcceptedInput(candidate.path, candidate.name, task.name, info, conversion, upload_name)


def _media_rules(candidate: Candidate, rules: InputRules, kind: str) -> MediaRules:
    media = rules.media.get(kind)
    suffix = _suffix(candidate.name)
    if media is None:
        raise MediaError("unsupported_type", f"is {_article(kind)}; accepted are {', '.join(rules.extensions)}")
    if suffix not in rules.extensions:
        raise MediaError("unsupported_type", f"has the extension `{suffix}`; accepted are {', '.join(rules.extensions)}")
    return media


def _check_extension(candidate: Candidate, info: MediaInfo) -> None:
    suffix = _suffix(candidate.name)
    if suffix not in info.extensions:
        fitting = info.extensions[0] if info.extensions else ""
        raise MediaError("wrong_type", f"is named `{suffix}` but contains {info.container}", f"rename it to `*{fitting}`")


def _check_frames(info: MediaInfo, task: TaskRule) -> None:
    if info.kind == "video" and info.frames < task.min_frames:
        raise MediaError("too_few_frames", f"has {info.frames} frame{'s'[: info.frames != 1]}; {task.name} needs {task.min_frames}")


def conversion_for(info: MediaInfo, suffix: str, media: MediaRules) -> str:
    """What makes the file readable for the engine: nothing, a new container, or a new encoding."""
    if suffix not in media.transcode_from:
        return "none"
    plain = info.codec == "h264" and info.pixel_format == "yuv420p"
    return "remux" if plain and info.container in {"mov", "mp4", "mkv"} else "transcode"


def _warnings(accepted: AcceptedInput) -> list[Finding]:
    info = accepted.info
    if not info.is_truncated:
        return []
    message = f"has {info.frames} frames although its header claims {info.declared_frames}; the end may be missing"
    return [Finding(accepted.name, Level.WARNING, "truncated", message, HINTS["truncated"])]


def _collisions(accepted: Sequence[AcceptedInput], rules: InputRules) -> list[Finding]:
    """Files whose outputs would have one name, also on systems that do not tell upper from lower case."""
    first: dict[tuple[str, str, str], str] = {}
    findings = []
    for item in accepted:
        other = first.setdefault((*output_key(item.name), item.task if rules.task_in_name else ""), item.name)
        if other != item.name:
            message = f"would have the same output name as `{other}`"
            findings.append(Finding(item.name, Level.ERROR, "duplicate_output", message, HINTS["duplicate_output"]))
    return findings


def _finding(candidate: Candidate, error: MediaError) -> Finding:
    shown = candidate.name.encode("unicode_escape", "backslashreplace").decode("ascii") if error.code == "unsafe_name" else candidate.name
    return Finding(shown, Level.ERROR, error.code, error.message, error.hint)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _article(kind: str) -> str:
    return {"image": "an image", "video": "a video"}.get(kind, kind)
