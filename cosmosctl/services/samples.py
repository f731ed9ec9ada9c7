"""Turns what the user named (files, folders, globs, `s3://` prefixes, a manifest, a prompt) into samples of a run.

Reads files of this machine and lists the bucket; uploads nothing. All findings come back at once, and nothing may be
sent while one of them is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cosmosctl.blueprints.schema import Blueprint, Parameter
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level
from cosmosctl.media.collect import collect
from cosmosctl.media.errors import MediaError
from cosmosctl.media.prompts import read_sidecar
from cosmosctl.media.rules import InputRules, input_rules
from cosmosctl.media.transcode import to_mp4
from cosmosctl.media.validate import AcceptedInput, Candidate, check_inputs
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.entry_rules import Entry, ManifestRules, ParamRule
from cosmosctl.runs.ids import make_sample_id, split_path, suffix
from cosmosctl.runs.keys import RunKeys
from cosmosctl.runs.model import Sample
from cosmosctl.runs.user_manifest import ManifestLog, entries
from cosmosctl.services.submit import Upload

CONTENT_TYPES = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
SHARED_INPUTS = "inputs/shared/"  # what the job roles of all blueprints may read
TYPES = {"int": int, "float": float, "str": str, "bool": bool}


@dataclass(frozen=True)
class Source:
    """What is asked for, and where results of this machine's work may go."""

    blueprint: Blueprint
    variant: str
    inputs: tuple[str, ...]
    manifest: Path | None
    prompt: str
    keys: RunKeys
    cwd: Path
    scratch: Path
    data: ObjectStore


@dataclass
class Gathered:
    """Findings and uploads fill while `samples` is read; look at them when it is exhausted."""

    findings: list[Finding] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    tasks: set[str] = field(default_factory=set)


def samples(source: Source, out: Gathered) -> Iterator[Sample]:
    """Every sample once; local files are checked and converted here, before anything is uploaded."""
    for sample in _all(source, out):
        out.tasks.add(sample.task)
        yield sample


def _all(source: Source, out: Gathered) -> Iterator[Sample]:
    rules = media_rules(source.blueprint, source.variant)
    local = [text for text in source.inputs if not text.startswith("s3://")]
    if local:
        candidates, findings = collect(local, rules.extensions, source.cwd)
        out.findings += findings
        yield from _local(source, rules, candidates, {}, out)
    for text in source.inputs:
        if text.startswith("s3://"):
            yield from _remote(source, text, rules, out)
    if source.manifest:
        yield from _manifest(source, rules, out)
    if not source.inputs and not source.manifest:
        yield from _text_only(source)


def media_rules(blueprint: Blueprint, variant: str) -> InputRules:
    return input_rules(
        blueprint.inputs.model_dump(),
        {name: task.model_dump() for name, task in blueprint.tasks.items()},
        blueprint.variants[variant].tasks,
        blueprint.output.name,
    )


def _local(
    source: Source, rules: InputRules, candidates: Sequence[Candidate], entry_of: Mapping[str, Entry], out: Gathered
) -> Iterator[Sample]:
    if not candidates:
        return
    accepted, findings = check_inputs(candidates, rules)
    out.findings += findings
    for item in accepted:
        try:
            yield _sample_of(source, item, entry_of.get(item.name), out)
        except MediaError as error:
            out.findings.append(Finding(item.name, Level.ERROR, error.code, error.message, error.hint))


def _sample_of(source: Source, item: AcceptedInput, entry: Entry | None, out: Gathered) -> Sample:
    path = item.path
    if item.conversion != "none":
        path, _ = to_mp4(item.path, source.scratch, item.info, conversion=item.conversion)
    prompt = (entry.prompt if entry else "") or read_sidecar(item.path, source.blueprint.prompt.max_chars) or ""
    key = f"{source.keys.inputs}{item.upload_name}"
    out.uploads.append(Upload(path, key, CONTENT_TYPES.get(suffix(key), "application/octet-stream")))
    folder, stem = split_path(item.name)
    return Sample(
        id=entry.id if entry else make_sample_id(item.name),
        output=entry.output if entry else folder + stem,
        task=entry.task if entry else item.task,
        kind=item.kind,
        input=key,
        prompt=prompt,
        params=entry.params if entry else {},
        source=item.name.rpartition("/")[2] if item.upload_name != item.name else "",
    )


def _remote(source: Source, text: str, rules: InputRules, out: Gathered) -> Iterator[Sample]:
    """Objects that are in the data bucket already: looked at by name and size here, by content in the worker."""
    key = _shared_key(source, text)
    if key is None:
        out.findings.append(_foreign(source, text))
        return
    kinds = _kinds(rules)
    found = 0
    for info in source.data.list(key):
        kind = kinds.get(suffix(info.key))
        task = rules.task_for(kind) if kind else None
        if kind is None or task is None or not info.size:
            continue
        found += 1
        name = info.key.removeprefix(key if key.endswith("/") else split_path(key)[0])
        folder, stem = split_path(name)
        yield Sample(make_sample_id(info.key), folder + stem, task.name, kind, info.key)
    if not found:
        out.findings.append(
            Finding(text, Level.ERROR, "no_inputs", "no object of a supported type is there", f"supported: {' '.join(sorted(kinds))}")
        )


def _shared_key(source: Source, uri: str) -> str | None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return key if bucket == source.data.bucket and key.startswith(SHARED_INPUTS) else None


def _foreign(source: Source, uri: str) -> Finding:
    target = f"s3://{source.data.bucket}/{SHARED_INPUTS}"
    return Finding(
        uri,
        Level.ERROR,
        "foreign_input",
        "jobs may read inputs of this deployment's data bucket only",
        f"aws s3 cp --recursive {uri} {target}",
    )


def _manifest(source: Source, rules: InputRules, out: Gathered) -> Iterator[Sample]:
    """Lines that name objects or only a prompt stream through; lines that name local files are checked together."""
    path = source.manifest
    assert path is not None  # noqa: S101 (only called with a manifest)
    log = ManifestLog(str(path))
    local: list[Candidate] = []
    by_name: dict[str, Entry] = {}
    for entry in entries(path, manifest_rules(source, rules), log):
        if entry.input and not entry.input.startswith("s3://"):
            local.append(Candidate(path.parent / entry.input, entry.input))
            by_name[entry.input] = entry
            continue
        key = _shared_key(source, entry.input) if entry.input else ""
        if key is None:
            out.findings.append(_foreign(source, entry.input))
            continue
        yield Sample(entry.id, entry.output, entry.task, entry.kind, key, entry.prompt, entry.params)
    log.raise_if_failed()
    out.findings += log.findings
    yield from _local(source, rules, local, by_name, out)


def manifest_rules(source: Source, rules: InputRules) -> ManifestRules:
    blueprint = source.blueprint
    return ManifestRules(
        tasks={task.name: task.media for task in rules.tasks},
        kinds=_kinds(rules),
        params={name: _param_rule(item) for name, item in blueprint.parameters.items()},
        prompt_required=frozenset(name for name, task in blueprint.tasks.items() if task.prompt == "required"),
        run_prompt=source.prompt,
        prompt_max=blueprint.prompt.max_chars,
    )


def _param_rule(item: Parameter) -> ParamRule:
    return ParamRule(TYPES[item.type], item.min, item.max, item.choices, item.step)


def _kinds(rules: InputRules) -> dict[str, str]:
    return {extension: kind for kind, media in rules.media.items() for extension in media.all_extensions}


def _text_only(source: Source) -> Iterator[Sample]:
    task = source.blueprint.task_for("none", source.variant)
    if task is None:
        raise CosmosctlError(
            "usage",
            f"{source.blueprint.name} needs at least one input",
            path="INPUT",
            hint="name a file, folder, glob or s3:// prefix, or --manifest",
        )
    if not source.prompt:
        raise CosmosctlError("invalid_input", f"{task} needs a prompt", path="--prompt", hint='--prompt "a robot arm pours tea"')
    yield Sample(id=make_sample_id("", task, source.prompt), output="text", task=task, prompt=source.prompt)
