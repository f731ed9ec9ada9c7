"""The one model of `blueprint.yaml`: everything about a deployable model as data, so that adding one is adding a folder.

What a manifest says is checked here for itself (types, ranges, references inside the file). Must not know pools, AWS or
how a run works.
"""

from __future__ import annotations

import string
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

BLUEPRINT_NAME = r"^[a-z][a-z0-9-]{0,30}(/[a-z][a-z0-9-]{0,30})?$"
VARIANT_NAME = r"^[A-Za-z0-9][A-Za-z0-9-]{0,15}$"
IDENTIFIER = r"^[a-z][a-z0-9_]{0,39}$"
REPO = r"^[\w.-]+/[\w.-]+$"
EXTENSION = r"^\.[a-z0-9]{2,5}$"
URL = r"^https://\S+$"
PATTERN_HELP = {
    BLUEPRINT_NAME: "lower-case letters, digits and '-' as in the folder's name",
    VARIANT_NAME: "1 to 16 letters, digits and '-' such as 2B",
    IDENTIFIER: "lower-case letters, digits and '_' such as max_tokens",
    REPO: "a Hugging Face repository such as nvidia/Cosmos-Reason2-2B",
    EXTENSION: "a file extension such as .mp4",
    URL: "an https address",
}

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER)]
Repo = Annotated[str, StringConstraints(pattern=REPO)]
Extension = Annotated[str, StringConstraints(pattern=EXTENSION)]
Url = Annotated[str, StringConstraints(pattern=URL)]
Media = Literal["none", "image", "video"]
PLACEHOLDERS = {"stem", "Task", "timestamp"}


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Licence(Part):
    name: str
    url: Url


class Weights(Part):
    """`revision` is a commit, or a branch where the commit is not published; staging records what it resolved to."""

    repo: Repo
    revision: Annotated[str, StringConstraints(min_length=1)]
    size_gib: Annotated[float, Field(gt=0)]


class Companion(Weights):
    """Another repository that the model pulls at run time (text encoder, guardrail)."""

    purpose: str


class Gpu(Part):
    count: Annotated[int, Field(ge=1, le=8)] = 1
    memory_gib: Annotated[int, Field(ge=8, le=512)]


class Host(Part):
    """What a job asks of its host."""

    vcpus: Annotated[int, Field(ge=1, le=192)]
    memory_mib: Annotated[int, Field(ge=1024)]
    shared_memory_mib: Annotated[int, Field(ge=64)] = 8192


class Minutes(Part):
    """Duration of each phase, for prices and shard sizes. Everything but `per_sample` and `upload` is paid once a shard."""

    cold_start: Annotated[float, Field(ge=0)]
    image_pull: Annotated[float, Field(ge=0)]
    model_sync: Annotated[float, Field(ge=0)]
    load: Annotated[float, Field(ge=0)]
    per_sample: Annotated[float, Field(gt=0)]
    upload: Annotated[float, Field(ge=0)]

    @property
    def fixed(self) -> float:
        return self.cold_start + self.image_pull + self.model_sync + self.load


class Variant(Part):
    default: bool = False
    summary: str = ""
    weights: Weights
    companions: tuple[Companion, ...] = ()
    gated: tuple[Repo, ...] = ()
    gpu: Gpu
    host: Host
    disk_gib: Annotated[int, Field(ge=50, le=16_384)]
    tasks: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    defaults: dict[Identifier, Any] = Field(default_factory=dict)  # of parameters, where they differ from the blueprint's
    minutes: Minutes | None = None
    timeout_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None

    @property
    def licence_pages(self) -> list[str]:
        """Pages on which the licence has to be accepted, with the account that the token belongs to."""
        return [f"https://huggingface.co/{repo}" for repo in self.gated]


class Task(Part):
    media: Media
    output: Extension
    prompt: Literal["required", "optional"] = "optional"
    min_frames: Annotated[int, Field(ge=1)] = 1


class MediaRule(Part):
    """`transcode_from`: containers that the client turns into the first of `extensions`."""

    extensions: Annotated[tuple[Extension, ...], Field(min_length=1)]
    transcode_from: tuple[Extension, ...] = ()
    max_mib: Annotated[int, Field(ge=1)]


class Inputs(Part):
    video: MediaRule | None = None
    image: MediaRule | None = None


class Prompt(Part):
    """`metadata_key`: S3 user metadata of an input object that beats the run's prompt. `system`: system message."""

    default: str
    metadata_key: str
    aliases: tuple[str, ...] = ()
    max_chars: Annotated[int, Field(ge=1)]
    system: str = ""


class Parameter(Part):
    """`step`: allowed values are min, min + step, ... `tasks`: only for these. `aliases`: older names people know."""

    type: Literal["int", "float", "str", "bool"]
    default: Any
    min: float | None = None
    max: float | None = None
    step: Annotated[int, Field(ge=1)] | None = None
    choices: tuple[Any, ...] = ()
    max_chars: Annotated[int, Field(ge=1)] = 4000
    tasks: tuple[Identifier, ...] = ()
    aliases: tuple[str, ...] = ()
    help: str


class Output(Part):
    name: str

    @model_validator(mode="after")
    def _known_placeholders(self) -> Output:
        try:
            used = {field for _text, field, _spec, _conversion in string.Formatter().parse(self.name) if field is not None}
        except ValueError as error:
            raise ValueError(f"output name {self.name!r}: {error}") from None
        if used - PLACEHOLDERS:
            raise ValueError(f"output name has unknown placeholders {sorted(used - PLACEHOLDERS)}; known: {sorted(PLACEHOLDERS)}")
        if not {"stem", "timestamp"} <= used:
            raise ValueError("output name needs {stem} and {timestamp}, or outputs overwrite each other")
        return self


class Engines(Part):
    """`gpu` and `cpu`: the engine of a target whose jobs see a GPU or not; `available`: those that this release ships."""

    gpu: Identifier
    cpu: Identifier
    available: Annotated[tuple[Identifier, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _cpu_is_available(self) -> Engines:
        if self.cpu not in self.available:
            raise ValueError(f"the engine for cpu, {self.cpu}, is not among the available ones")
        return self


class BatchMode(Part):
    engines: Engines
    pool_memory_gib: Annotated[int, Field(ge=8)]
    timeout_minutes: Annotated[int, Field(ge=1, le=10_080)]
    minutes: Minutes


class Modes(Part):
    batch: BatchMode | None = None


class Blueprint(Part):
    """One folder below `blueprints/`."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    name: Annotated[str, StringConstraints(pattern=BLUEPRINT_NAME)]
    summary: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    family: str
    attribution: str
    licence: Licence
    variants: Annotated[dict[Annotated[str, StringConstraints(pattern=VARIANT_NAME)], Variant], Field(min_length=1)]
    tasks: Annotated[dict[Identifier, Task], Field(min_length=1)]
    inputs: Inputs
    prompt: Prompt
    parameters: dict[Identifier, Parameter]
    output: Output
    modes: Modes

    @property
    def default_variant(self) -> str:
        return next((name for name, variant in self.variants.items() if variant.default), next(iter(self.variants)))

    def minutes(self, variant: str) -> Minutes | None:
        own = self.variants[variant].minutes
        return own or (self.modes.batch.minutes if self.modes.batch else None)

    def timeout_minutes(self, variant: str) -> int | None:
        own = self.variants[variant].timeout_minutes
        return own or (self.modes.batch.timeout_minutes if self.modes.batch else None)

    def task_for(self, media: str, variant: str | None = None) -> str | None:
        """The task that takes this kind of input ("none", "image", "video"), among those of the variant."""
        allowed = self.variants[variant].tasks if variant else tuple(self.tasks)
        return next((name for name, task in self.tasks.items() if task.media == media and name in allowed), None)

    def output_name(self, task: str, source: str, timestamp: str) -> str:
        """File name of an output: `a/robot.mp4` -> `robot_CosmosPredictVideo2World_20260410-165029.mp4`."""
        words = {"stem": PurePosixPath(source).stem, "Task": task_word(task), "timestamp": timestamp}
        return self.output.name.format(**words)


def task_word(task: str) -> str:
    """`video2world` -> `Video2World`."""
    return "2".join(part.capitalize() for part in task.split("2"))
