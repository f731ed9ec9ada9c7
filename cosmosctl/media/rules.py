"""What a blueprint accepts as input, in the words of this package. Built from blueprint data, knows no blueprint by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class MediaRules:
    """One kind of media: extensions taken as they are, extensions converted to .mp4 here, size limit per file."""

    extensions: tuple[str, ...]
    transcode_from: tuple[str, ...] = ()
    max_mib: float = 2048.0

    @property
    def all_extensions(self) -> tuple[str, ...]:
        return (*self.extensions, *self.transcode_from)


@dataclass(frozen=True)
class TaskRule:
    """`media`: none, image, video or any."""

    name: str
    media: str
    min_frames: int = 1

    def takes(self, kind: str) -> bool:
        return self.media in {kind, "any"}


@dataclass(frozen=True)
class InputRules:
    """Rules per kind ("video", "image") and the tasks that one variant offers, in the blueprint's order."""

    media: Mapping[str, MediaRules] = field(default_factory=dict)
    tasks: tuple[TaskRule, ...] = ()
    task_in_name: bool = False  # output names differ between tasks, so an image and a video may share a stem

    def task_for(self, kind: str) -> TaskRule | None:
        """An image goes to a task for images and never to one for videos."""
        return next((task for task in self.tasks if task.takes(kind)), None)

    @property
    def extensions(self) -> tuple[str, ...]:
        return tuple(extension for rules in self.media.values() for extension in rules.all_extensions)


def input_rules(
    inputs: Mapping[str, Any], tasks: Mapping[str, Any], offered: Sequence[str] | None = None, output_name: str = ""
) -> InputRules:
    """From the sections `inputs`, `tasks` and `output.name` of a blueprint (plain dicts); `offered`: tasks of the variant."""
    media = {
        kind: MediaRules(
            tuple(data.get("extensions") or ()),
            tuple(data.get("transcode_from") or ()),
            float(data.get("max_mib") or MediaRules(()).max_mib),
        )
        for kind, data in inputs.items()
        if data
    }
    rules = tuple(
        TaskRule(name, str(data.get("media", "any")), int(data.get("min_frames") or 1))
        for name, data in tasks.items()
        if offered is None or name in offered
    )
    return InputRules(media, rules, "{Task}" in output_name)
