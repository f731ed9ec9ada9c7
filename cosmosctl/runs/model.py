"""What a run is: its immutable spec, its samples, its submissions and its attempts, as plain data with a JSON form.

`run.json` fixes every decision at submission, so that a worker started days later, or for the fourth time, needs
nothing else. No validation library: the worker imports this module and must start in a fraction of a second. Keys that
an older version does not know are ignored when read, a newer schema number is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, TypeVar

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.ids import output_path
from cosmosctl.runs.keys import RunKeys

SCHEMA = 1
T = TypeVar("T")


@dataclass(frozen=True)
class RunSpec:
    """`run.json`. Written once by submit, read by every worker and by status, report and fetch."""

    run_id: str
    deployment: str
    blueprint: str
    variant: str
    engine: str
    device: str  # "cpu" | "cuda": what the engine was promised; a worker without it fails, it never falls back
    model: str  # Hugging Face repository of the variant, whatever the engine uses
    revision: str
    attribution: str
    image: str  # repository@sha256:...
    submitted: str  # RFC 3339, UTC
    timestamp: str  # YYYYMMDD-HHMMSS of the same moment, in every output name
    samples: int
    shards: int
    shard_size: int
    output_name: str  # template of the blueprint: {stem}, {Task}, {timestamp}
    output_prefix: str  # outputs/<run-id>/
    params: Mapping[str, Any] = field(default_factory=dict)  # all resolved parameters
    prompt: str = ""  # the run's --prompt
    default_prompt: str = ""
    system_prompt: str = ""
    prompt_metadata_key: str = ""  # S3 user metadata that carries the prompt of one file
    prompt_required: tuple[str, ...] = ()  # tasks that cannot run without one
    guardrails: str = "on"  # "on" | "off" | "not applicable"
    slots: int = 1  # engine processes in one job: one per GPU on "cuda", else 1
    gpus: int = 0  # GPUs requested by the job definition
    pool: str = ""
    queue: str = ""
    job_definition: str = ""
    tool_version: str = ""
    engine_settings: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def keys(self) -> RunKeys:
        return RunKeys(self.run_id)

    def output_key(self, sample: Sample) -> str:
        return self.output_prefix + output_path(self.output_name, sample.output, sample.task, self.timestamp)

    def shard_samples(self, shard: int) -> range:
        """Line numbers (0-based) of the manifest that belong to `shard`."""
        first = shard * self.shard_size
        return range(first, max(first, min(first + self.shard_size, self.samples)))

    def prompt_of(self, sample: Sample, of_file: str | None = None) -> str:
        """Per-file metadata > run parameter > default; a manifest line is the most specific file metadata."""
        return sample.prompt or of_file or self.prompt or self.default_prompt

    def params_of(self, sample: Sample) -> dict[str, Any]:
        return {**self.params, **sample.params}

    def to_json(self) -> bytes:
        return _encode(asdict(self))

    @classmethod
    def from_json(cls, body: bytes) -> RunSpec:
        return decode(cls, body, "run.json")


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of `manifest.jsonl`. `input` is a key of the data bucket, `s3://bucket/key`, or "" when the task has no media."""

    id: str
    output: str  # sub-path and stem below the run's output prefix
    task: str
    kind: str = "none"  # "video" | "image" | "none"
    input: str = ""
    prompt: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""  # the user's file name where it differs from the input's (transcoded, text only)

    @property
    def input_name(self) -> str:
        return self.source or self.input.rpartition("/")[2]

    def to_line(self) -> bytes:
        record: dict[str, Any] = {"id": self.id, "output": self.output, "task": self.task}
        if self.kind != "none":
            record["kind"] = self.kind
        for name in ("input", "prompt", "params", "source"):
            value = getattr(self, name)
            if value:
                record[name] = value
        return _LINE_ENCODER.encode(record).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes | str) -> Sample:
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Submission:
    """`submissions/<n>.json`: which shards the children of one SubmitJob call have. Either `count` or `shards` is set."""

    number: int
    first: int = 0
    count: int = 0
    shards: tuple[int, ...] = ()
    include_input: bool = False  # try samples again that failed for their input
    job_id: str = ""
    submitted: str = ""

    @property
    def size(self) -> int:
        return len(self.shards) or self.count

    @property
    def is_array(self) -> bool:
        """AWS Batch arrays begin at two children."""
        return self.size > 1

    def shard(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise CosmosctlError("run_damaged", f"submission {self.number} has no child {index}", path=f"submissions/{self.number}.json")
        return self.shards[index] if self.shards else self.first + index

    def all_shards(self) -> range | tuple[int, ...]:
        return self.shards or range(self.first, self.first + self.count)

    def to_json(self) -> bytes:
        record: dict[str, Any] = {"number": self.number}
        record |= {"shards": list(self.shards)} if self.shards else {"first": self.first, "count": self.count}
        record |= {"include_input": True} if self.include_input else {}
        return _encode(record | {"job_id": self.job_id, "submitted": self.submitted})

    @classmethod
    def from_json(cls, body: bytes) -> Submission:
        return decode(cls, body, "submission")


@dataclass(frozen=True)
class ShardAttempt:
    """`shards/<shard>/attempt-<n>.json`: state running at the start, ended with all figures at the end."""

    shard: int
    attempt: int
    state: str  # "running" | "ended"; one that stays "running" died without a word
    started: str
    ended: str = ""
    exit_code: int | None = None
    job_id: str = ""
    job_attempt: int = 0
    samples: int = 0
    skipped: int = 0
    done: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)  # failure class -> samples
    seconds: Mapping[str, float] = field(default_factory=dict)  # phase -> sum over samples or slots
    busy_share: float | None = None  # engine time by time after load, mean of the slots
    engine: Mapping[str, Any] = field(default_factory=dict)
    gpus: tuple[str, ...] = ()
    peak_rss_mib: float = 0.0
    error: Mapping[str, Any] | None = None  # class, code, message when the shard failed as a whole
    schema: int = SCHEMA

    def to_json(self) -> bytes:
        return _encode(asdict(self))

    @classmethod
    def from_json(cls, body: bytes) -> ShardAttempt:
        return decode(cls, body, "attempt")


_LINE_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _encode(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()


def decode(cls: type[T], body: bytes, what: str) -> T:
    """Builds `cls` from JSON; raises `run_damaged` with the reason."""
    try:
        record = json.loads(body)
        if record.get("schema", SCHEMA) > SCHEMA:
            raise CosmosctlError(
                "run_damaged", f"{what} has schema {record['schema']}, this version reads {SCHEMA}", path=what, hint="upgrade cosmosctl"
            )
        known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
        required = (name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING)
        missing = [name for name in required if name not in record]
        if missing:
            raise CosmosctlError("run_damaged", f"{what} lacks {', '.join(missing)}", path=what)
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name in known}
        return cls(**values)
    except (ValueError, AttributeError, TypeError) as error:
        raise CosmosctlError("run_damaged", f"{what} is not readable: {error}", path=what) from error
