"""What one line of a user's manifest may hold, and what is wrong with it. Pure: a record in, an entry or problems out.

Written without a validation library because it runs a million times before a submission, in a loop that must not cost
more than the upload that follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from typing import Any

from cosmosctl.runs.ids import SAMPLE_ID, make_sample_id, split_path, suffix, unsafe_path

KEYS = ("id", "input", "prompt", "task", "params", "output")
Problem = Callable[[str, str, str], None]  # rule, message, hint


@dataclass(frozen=True)
class ParamRule:
    """One parameter of a blueprint, as a bare rule."""

    type: type
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    step: int | None = None


@dataclass(frozen=True)
class ManifestRules:
    """What the blueprint and variant of a run accept. `tasks`: task -> media kind ("none" for text only)."""

    tasks: Mapping[str, str]
    kinds: Mapping[str, str]  # suffix -> "video" | "image"
    params: Mapping[str, ParamRule] = field(default_factory=dict)
    prompt_required: frozenset[str] = frozenset()
    run_prompt: str = ""  # --prompt or the blueprint's default, "" when a line must bring its own
    prompt_max: int = 4000

    def task_of(self, kind: str) -> str | None:
        return next((task for task, media in self.tasks.items() if media == kind), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """A valid line. `input` is as the user wrote it; `output` is unique in the manifest once `entries` gave it out."""

    line: int
    id: str
    input: str
    kind: str
    task: str
    prompt: str
    params: Mapping[str, Any]
    output: str


def close_match(word: str, choices: Sequence[str]) -> str:
    found = get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else f"known: {', '.join(choices)}"


def entry_of(record: Mapping[str, Any], line: int, rules: ManifestRules, problem: Problem) -> Entry | None:
    """The entry, or None after every problem of the line went to `problem`."""
    sound = True

    def report(rule: str, message: str, hint: str = "") -> None:
        nonlocal sound
        sound = False
        problem(rule, message, hint)

    for key in record:
        if key not in KEYS:
            report("unknown_key", f"unknown key `{key}`", close_match(key, KEYS))
    texts = {key: _text(record, key, report) for key in ("id", "input", "prompt", "task", "output")}
    refused = bool(record.get("input")) and not texts["input"]
    kind = None if refused else _kind(texts["input"], rules, report)
    task = _task(texts["task"], kind, rules, report)
    _check_prompt(texts["prompt"], task, rules, report)
    params = _params(record.get("params"), rules, report)
    if texts["id"] and not SAMPLE_ID.match(texts["id"]):
        report("bad_id", "`id` takes letters, digits, `.`, `_`, `-`, at most 80, first a letter or digit")
    output = _output(texts["output"], texts["input"], texts["id"], report)
    if not sound:
        return None
    sample = texts["id"] or make_sample_id(texts["input"], task or "", texts["prompt"], params)
    return Entry(line, sample, texts["input"], kind or "none", task or "", texts["prompt"], params, output or sample)


def _text(record: Mapping[str, Any], key: str, report: Problem) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        report("bad_type", f"`{key}` must be text, not {_type_name(value)}", "")
        return ""
    if key != "prompt" and value and not value.isprintable():
        report("bad_text", f"`{key}` holds a control character", "")
        return ""
    return value


def _kind(source: str, rules: ManifestRules, report: Problem) -> str | None:
    if not source:
        return "none"
    kind = rules.kinds.get(suffix(source))
    if kind is None:
        report("unsupported_type", f"`{source[:120]}` has no suffix that is accepted", f"accepted: {' '.join(sorted(rules.kinds))}")
    return kind


def _task(task: str, kind: str | None, rules: ManifestRules, report: Problem) -> str | None:
    if kind is None:
        return None
    if not task:
        found = rules.task_of(kind)
        if found is None:
            report("input_missing" if kind == "none" else "wrong_media", f"no task of this variant takes {_media(kind)}", "")
        return found
    if task not in rules.tasks:
        report("unknown_task", f"unknown task `{task}`", close_match(task, tuple(rules.tasks)))
        return None
    if rules.tasks[task] != kind:
        report("wrong_media", f"task `{task}` takes {_media(rules.tasks[task])}, this line has {_media(kind)}", "")
        return None
    return task


def _media(kind: str) -> str:
    return {"none": "no input", "image": "an image"}.get(kind, f"a {kind}")


def _check_prompt(prompt: str, task: str | None, rules: ManifestRules, report: Problem) -> None:
    if len(prompt) > rules.prompt_max:
        report("prompt_too_long", f"`prompt` has {len(prompt)} characters, at most {rules.prompt_max}", "")
    if task in rules.prompt_required and not prompt.strip() and not rules.run_prompt:
        report("prompt_missing", f"task `{task}` needs a prompt", "add `prompt` to the line, or --prompt")


def _params(value: Any, rules: ManifestRules, report: Problem) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        report("bad_type", f"`params` must be an object, not {_type_name(value)}", "")
        return {}
    for name, item in value.items():
        rule = rules.params.get(name)
        if rule is None:
            report("unknown_parameter", f"unknown parameter `{name}`", close_match(name, tuple(rules.params)))
        else:
            reason = param_problem(item, rule)
            if reason:
                report("bad_parameter", f"parameter `{name}` {reason}", "")
    return value


def param_problem(value: Any, rule: ParamRule) -> str:
    """Why `value` breaks `rule`, or ""."""
    accepted: tuple[type, ...] = (int, float) if rule.type is float else (rule.type,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and rule.type is not bool):
        return f"must be {rule.type.__name__}, not {_type_name(value)}"
    if isinstance(value, float) and not isfinite(value):
        return "must be a finite number"
    if rule.choices and value not in rule.choices:
        return f"must be one of {', '.join(map(str, rule.choices))}"
    return _range_problem(value, rule) if isinstance(value, (int, float)) else ""


def _range_problem(value: float, rule: ParamRule) -> str:
    if rule.minimum is not None and value < rule.minimum:
        return f"must be at least {rule.minimum:g}"
    if rule.maximum is not None and value > rule.maximum:
        return f"must be at most {rule.maximum:g}"
    if rule.step and rule.minimum is not None and (value - rule.minimum) % rule.step:
        return f"goes from {rule.minimum:g} in steps of {rule.step}"
    return ""


def _output(output: str, source: str, sample_id: str, report: Problem) -> str:
    """The sub-path and stem of the output: the line's own, else the input's (without bucket or leading folders above)."""
    if output:
        reason = unsafe_path(output)
        if reason:
            report("unsafe_path", f"`output` {reason}", "")
        return output
    if not source:
        return sample_id
    folder, stem = split_path(source.partition("://")[2].partition("/")[2] if "://" in source else source)
    parts = [part for part in folder.split("/") if part not in ("", ".", "..")]
    return "/".join([*parts, stem])


def _type_name(value: Any) -> str:
    return {"dict": "an object", "list": "a list", "str": "text", "bool": "true/false", "NoneType": "null"}.get(
        type(value).__name__, f"a number ({value})" if isinstance(value, (int, float)) else type(value).__name__
    )
