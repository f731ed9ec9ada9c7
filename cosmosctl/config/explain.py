"""Turns pydantic's errors into findings a person can act on: what was given, what is allowed, where, and what to do.

Shared by the configuration and the blueprint manifests. Must not know files; positions come from a `Tree`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from cosmosctl.config import schema
from cosmosctl.config.yamltree import Tree, clip, join
from cosmosctl.findings import Finding, Level, Location

KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a map", type(None): "nothing"}
WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map of keys",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
}
BOUNDS = {
    "greater_than_equal": ("is below the smallest allowed value", "ge"),
    "less_than_equal": ("is above the largest allowed value", "le"),
    "greater_than": ("must be greater than", "gt"),
    "less_than": ("must be less than", "lt"),
}


class Explainer:
    """Explains errors of one model against one file. `sources` names flags and variables that gave a value instead of the file."""

    def __init__(
        self, model: type[BaseModel], tree: Tree, pattern_help: Mapping[str, str], sources: Mapping[str, str] | None = None
    ) -> None:
        self.model = model
        self.tree = tree
        self.pattern_help = pattern_help
        self.sources = sources or {}

    def findings(self, error: ValidationError) -> list[Finding]:
        return [self._finding(item) for item in error.errors(include_url=False)]

    def _finding(self, item: Any) -> Finding:
        parts = [part for part in item["loc"] if part != "[key]"]
        path = path_of(parts)
        rule, message, hint = self._words(item, parts)
        source = self.source(path)
        if source:
            return Finding(path, Level.ERROR, rule, f"{message} (from {source})", hint)
        return Finding(path, Level.ERROR, rule, message, hint, self._place(item, path))

    def source(self, path: str) -> str:
        """The flag or variable behind `path`, "" when the file is."""
        while path:
            if path in self.sources:
                return self.sources[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return ""

    def _place(self, item: Any, path: str) -> Location | None:
        about_key = item["type"] == "extra_forbidden" or "[key]" in item["loc"]
        if item["type"] == "missing":
            return self.tree.location(path, key=True) or self.tree.at(1)
        return self.tree.location(path, key=about_key) or self.tree.at(1)

    def _words(self, item: Any, parts: list[str | int]) -> tuple[str, str, str]:
        """Rule, message, hint."""
        kind, given = item["type"], item.get("input")
        if kind == "extra_forbidden":
            return "unknown_key", f"unknown key `{parts[-1]}`", self._meant(parts)
        if kind == "missing":
            return "missing_key", f"`{parts[-1]}` is required", f"add `{parts[-1]}: ...`{self._under(parts)}"
        if kind in WANTED:
            message = f"must be {WANTED[kind]}; {self._given(given, path_of(parts))} was given"
            return "wrong_type", message, self._type_hint(kind, given, parts)
        return self._value(kind, given, item)

    def _value(self, kind: str, given: Any, item: Any) -> tuple[str, str, str]:
        context = item.get("ctx") or {}
        if kind in ("enum", "literal_error"):
            allowed = allowed_words(context)
            hint = schema.did_you_mean(str(given), allowed, "choose one of these")
            return "not_allowed", f"{show(given)} is not allowed; allowed: {', '.join(allowed)}", hint
        if kind == "string_pattern_mismatch":
            pattern = str(context.get("pattern", ""))
            helped = self.pattern_help.get(pattern, f"text that matches {pattern}")
            return "bad_form", f"{show(given)} does not fit: {helped}", suggestion(pattern, str(given))
        if kind in BOUNDS:
            words, key = BOUNDS[kind]
            side = "at least" if key.startswith("g") else "at most"
            return "out_of_range", f"{show(given)} {words} ({context[key]})", f"give {side} {context[key]}"
        if kind in ("too_short", "string_too_short"):
            least = context["min_length"]
            return "too_short", f"needs at least {least} entr{'y' if least == 1 else 'ies'}", "add one"
        if kind in ("too_long", "string_too_long"):
            return "too_long", f"{show(given)} is longer than {context['max_length']}", f"shorten it to {context['max_length']}"
        return "invalid_value", f"{show(given)}: {str(item['msg']).removeprefix('Value error, ')}", ""

    def _meant(self, parts: list[str | int]) -> str:
        key, siblings = str(parts[-1]), schema.keys_at(self.model, parts[:-1])
        close = schema.did_you_mean(key, siblings, " ")
        if close != " ":
            return close
        homes = list(schema.homes(self.model, key))
        if homes:
            return f"`{key}` belongs to `{homes[0]}`"
        return "known keys here: " + ", ".join(siblings)

    @staticmethod
    def _under(parts: list[str | int]) -> str:
        return f" under `{path_of(parts[:-1])}`" if len(parts) > 1 else " at the top level"

    def _given(self, given: Any, path: str) -> str:
        spot = self.tree.spots.get(path)
        if given is None:
            return "nothing"
        text = f" ({spot.text if spot and spot.text else clip(str(given), 60)})" if not isinstance(given, (dict, list)) else ""
        return KINDS.get(type(given), type(given).__name__) + text

    def _type_hint(self, kind: str, given: Any, parts: list[str | int]) -> str:
        path = path_of(parts)
        spot = self.tree.spots.get(path)
        written = spot.text if spot and spot.text else str(given)
        if kind == "string_type" and given is not None and not isinstance(given, (dict, list)):
            return f'quote it: {parts[-1]}: "{written}"' if isinstance(parts[-1], str) else f'quote it: "{written}"'
        if kind == "list_type" and not isinstance(given, (dict, list)) and given is not None:
            return f"write it as a list: [{written}]"
        if isinstance(given, str) and kind != "list_type" and _unquoted(kind, given):
            return f"remove the quotes: {parts[-1]}: {given}"
        return f"`{path}` takes {WANTED[kind]}"


def _unquoted(kind: str, given: str) -> bool:
    return given.lstrip("-").isdigit() if kind.startswith("int") else given.lower() in ("true", "false") and kind.startswith("bool")


def path_of(parts: list[str | int] | tuple[str | int, ...]) -> str:
    path = ""
    for part in parts:
        path = join(path, part)
    return path


def show(value: Any) -> str:
    """A value as the user wrote it, cut when long."""
    return clip(f'"{value}"' if isinstance(value, str) else str(value), 80)


def suggestion(pattern: str, given: str) -> str:
    """A hint with a repaired value when lower case and hyphens are all that is missing."""
    repaired = re.sub(r"[^a-z0-9.]+", "-", given.lower()).strip("-")
    if pattern and repaired and re.match(pattern, repaired):
        return f"for example {repaired}"
    return "`cosmosctl config validate` checks the file again"


def allowed_words(context: Mapping[str, Any]) -> list[str]:
    """`'a', 'b' or 'c'` of pydantic as a list."""
    return [word.strip().strip("'") for word in str(context.get("expected", "")).replace(" or ", ", ").split(", ") if word.strip()]
