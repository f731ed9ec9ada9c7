"""What must hold between the parts of one manifest: references that exist, defaults that their own rules admit.

Pure: a blueprint in, findings out.
"""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.blueprints.parameters import check_value, names_of
from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.findings import Finding, Level


def inconsistencies(blueprint: Blueprint, folder: str) -> list[Finding]:
    """`folder` is the path of the blueprint below the root, which has to be its name."""
    return [*_identity(blueprint, folder), *_variants(blueprint), *_tasks(blueprint), *_parameters(blueprint)]


def _error(path: str, message: str, hint: str = "") -> Finding:
    return Finding(path, Level.ERROR, "blueprint_inconsistent", message, hint)


def _identity(blueprint: Blueprint, folder: str) -> Iterator[Finding]:
    if blueprint.name != folder:
        yield _error("name", f"is {blueprint.name!r}, but the folder is {folder!r}", "give both the same name")
    defaults = [name for name, variant in blueprint.variants.items() if variant.default]
    if len(defaults) != 1 and len(blueprint.variants) > 1:
        yield _error("variants", f"{len(defaults)} variants are marked `default: true`", "mark exactly one")


def _variants(blueprint: Blueprint) -> Iterator[Finding]:
    repos = {item.repo for variant in blueprint.variants.values() for item in (variant.weights, *variant.companions)}
    for name, variant in blueprint.variants.items():
        for index, repo in enumerate(variant.gated):
            if repo not in repos:
                yield _error(f"variants.{name}.gated[{index}]", f"{repo} is used by no variant", "remove it, or add it as a companion")
        for index, task in enumerate(variant.tasks):
            if task not in blueprint.tasks:
                yield _error(f"variants.{name}.tasks[{index}]", f"there is no task {task!r}", f"known: {', '.join(blueprint.tasks)}")
        for key, value in variant.defaults.items():
            parameter = blueprint.parameters.get(key)
            problem = check_value(key, parameter, value) if parameter else f"there is no parameter {key!r}"
            if problem:
                yield _error(f"variants.{name}.defaults.{key}", problem)
        needed = variant.weights.size_gib + sum(companion.size_gib for companion in variant.companions)
        if variant.disk_gib < needed * 1.2:
            yield _error(f"variants.{name}.disk_gib", f"{variant.disk_gib} GiB do not hold {needed:g} GiB of weights and an image")


def _tasks(blueprint: Blueprint) -> Iterator[Finding]:
    for name, task in blueprint.tasks.items():
        if task.media != "none" and getattr(blueprint.inputs, task.media) is None:
            yield _error(f"tasks.{name}.media", f"takes {task.media}, but `inputs.{task.media}` is missing", f"add inputs.{task.media}")
        if not blueprint.output.name.endswith(task.output):
            yield _error(f"tasks.{name}.output", f"is {task.output}, but outputs are named {blueprint.output.name}")


def _parameters(blueprint: Blueprint) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, parameter in blueprint.parameters.items():
        problem = check_value(name, parameter, parameter.default)
        if problem:
            yield _error(f"parameters.{name}.default", problem)
        for task in parameter.tasks:
            if task not in blueprint.tasks:
                yield _error(f"parameters.{name}.tasks", f"there is no task {task!r}")
        for word in names_of(name, parameter):
            if word in seen:
                yield _error(f"parameters.{name}", f"{word!r} already means {seen[word]!r}", "use each name and alias once")
            seen.setdefault(word, name)
