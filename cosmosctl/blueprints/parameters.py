"""Resolves the parameters of a run: what was given, older names for it, and defaults, each checked before money is spent.

Precedence: given > variant's default > blueprint's default. Pure. Must not know where the text came from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cosmosctl.blueprints.schema import Blueprint, Parameter
from cosmosctl.config.schema import did_you_mean
from cosmosctl.findings import Finding, Level

INVALIDATE = "invalidate_cosmos_models"
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")


def resolve_parameters(blueprint: Blueprint, variant: str, task: str, given: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    """All parameters of the task, typed, and what is wrong with those given.

    A prompt given as a parameter (an older habit: `PROMPT`) appears under "prompt"; it is absent otherwise. The values
    are usable only when no finding is an error.
    """
    findings = _fits(blueprint, variant, task)
    words = {word: name for name, parameter in blueprint.parameters.items() for word in names_of(name, parameter)}
    chosen: dict[str, Any] = {}
    for word, text in given.items():
        key = word.strip().lower()
        name = words.get(key)
        if key in _prompt_words(blueprint):
            chosen["prompt"] = text
            findings.extend(_prompt_findings(blueprint, word, text))
        elif key == INVALIDATE:
            findings.append(_invalidate(word, text))
        elif name is None:
            findings.append(_unknown(blueprint, word))
        elif name in chosen:
            findings.append(_problem(word, "parameter_twice", f"`{name}` is given twice", "give it once"))
        else:
            findings.extend(_take(blueprint, task, name, text, chosen))
    return {**defaults(blueprint, variant, task), **chosen}, findings


def defaults(blueprint: Blueprint, variant: str, task: str) -> dict[str, Any]:
    """What holds when nothing is given."""
    own = blueprint.variants[variant].defaults if variant in blueprint.variants else {}
    applicable = {name: item for name, item in blueprint.parameters.items() if not item.tasks or task in item.tasks}
    return {name: own.get(name, item.default) for name, item in applicable.items()}


def names_of(name: str, parameter: Parameter) -> list[str]:
    """The name and its aliases, lower case: parameters are matched whatever their case."""
    return [name, *(alias.lower() for alias in parameter.aliases)]


def check_value(name: str, parameter: Parameter, value: Any) -> str:
    """What is wrong with a typed value; "" when nothing is."""
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
    if not isinstance(value, kinds[parameter.type]) or (isinstance(value, bool) and parameter.type != "bool"):
        return f"{name} must be {_wanted(parameter)}; {value!r} was given"
    if isinstance(value, str) and len(value) > parameter.max_chars:
        return f"{name} has {len(value)} characters; at most {parameter.max_chars} are allowed"
    if parameter.choices and value not in parameter.choices:
        return f"{name} = {value!r} is not allowed; allowed: {', '.join(str(item) for item in parameter.choices)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _range_problem(name, parameter, value)
    return ""


def _range_problem(name: str, parameter: Parameter, value: float) -> str:
    if not math.isfinite(value):
        return f"{name} must be a finite number; {value} was given"
    low, high = parameter.min, parameter.max
    if (low is not None and value < low) or (high is not None and value > high):
        return f"{name} = {value:g} is out of range; allowed: {_range(parameter)}"
    if parameter.step and low is not None and (value - low) % parameter.step:
        below = low + (value - low) // parameter.step * parameter.step
        near = f"{below:g} or {below + parameter.step:g}"
        return f"{name} = {value:g} is not allowed; it goes from {low:g} in steps of {parameter.step}: take {near}"
    return ""


def _take(blueprint: Blueprint, task: str, name: str, text: str, chosen: dict[str, Any]) -> list[Finding]:
    parameter = blueprint.parameters[name]
    if parameter.tasks and task not in parameter.tasks:
        message = f"{name} has no meaning for {task}; it belongs to {', '.join(parameter.tasks)}"
        return [_problem(name, "parameter_not_for_task", message, f"leave {name} out")]
    value = _typed(parameter, text)
    problem = check_value(name, parameter, value)
    if problem:
        return [_problem(name, "parameter_invalid", problem, parameter.help)]
    chosen[name] = float(value) if parameter.type == "float" else value
    return []


def _typed(parameter: Parameter, text: str) -> Any:
    """The text as the parameter's type; the text itself when it cannot be read as that."""
    word = text.strip()
    try:
        if parameter.type == "int":
            return int(word)
        if parameter.type == "float":
            return float(word)
    except ValueError:
        return text
    if parameter.type == "bool":
        return True if word.lower() in TRUE else False if word.lower() in FALSE else text
    return text


def _fits(blueprint: Blueprint, variant: str, task: str) -> list[Finding]:
    if variant not in blueprint.variants:
        hint = did_you_mean(variant, blueprint.variants)
        return [_problem("variant", "unknown_variant", f"{blueprint.name} has no variant {variant!r}", hint)]
    if task not in blueprint.tasks:
        return [_problem("task", "unknown_task", f"{blueprint.name} has no task {task!r}", did_you_mean(task, blueprint.tasks))]
    allowed = blueprint.variants[variant].tasks
    if task not in allowed:
        able = [name for name, item in blueprint.variants.items() if task in item.tasks]
        message = f"{blueprint.name} {variant} does {', '.join(allowed)} only, not {task}"
        return [_problem("task", "variant_task", message, f"use --variant {able[0]}" if able else "")]
    return []


def _prompt_words(blueprint: Blueprint) -> set[str]:
    return {"prompt", *(alias.lower() for alias in blueprint.prompt.aliases)}


def _prompt_findings(blueprint: Blueprint, word: str, text: str) -> list[Finding]:
    if not text.strip():
        return [_problem(word, "prompt_empty", "the prompt is empty", "leave it out to use the default prompt")]
    if len(text) > blueprint.prompt.max_chars:
        message = f"the prompt has {len(text)} characters; at most {blueprint.prompt.max_chars} are allowed"
        return [_problem(word, "prompt_too_long", message, "shorten it")]
    return []


def _invalidate(word: str, text: str) -> Finding:
    if text.strip().lower() not in (*TRUE, *FALSE):
        return _problem(word, "parameter_invalid", f"{word} must be true or false; {text!r} was given", "leave it out")
    message = f"{word} does nothing here: weights are kept by revision and checked by hash, so none are stale"
    hint = "leave it out; to fetch weights anew, remove that one model's folder below weights/ in the data bucket"
    return Finding(word, Level.WARNING, "invalidate_ignored", message, hint)


def _unknown(blueprint: Blueprint, word: str) -> Finding:
    hint = did_you_mean(word, [*blueprint.parameters, "prompt"], f"known: {', '.join([*blueprint.parameters, 'prompt'])}")
    return _problem(word, "parameter_unknown", f"{blueprint.name} has no parameter {word!r}", hint)


def _problem(path: str, rule: str, message: str, hint: str) -> Finding:
    return Finding(f"parameters.{path}" if path not in ("task", "variant") else path, Level.ERROR, rule, message, hint)


def _wanted(parameter: Parameter) -> str:
    return {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}[parameter.type]


def _range(parameter: Parameter) -> str:
    if parameter.min is not None and parameter.max is not None:
        return f"{parameter.min:g} to {parameter.max:g}"
    return f"at least {parameter.min:g}" if parameter.min is not None else f"at most {parameter.max:g}"
