"""YAML text as plain data that remembers where every key and value stands.

Why not the parser's own constructor: findings need line and column for each value, duplicate keys must be named, and a
hostile file (alias bombs, deep nesting, tags) must end in a finding. Must not know files or what the keys mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cosmosctl.findings import Finding, Level, Location

MAX_NODES = 20_000
MAX_DEPTH = 24
TAG = "tag:yaml.org,2002:"
WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class Spot:
    """Where a key and its value start, 1-based, and the value as written."""

    key: tuple[int, int]
    value: tuple[int, int]
    text: str = ""


@dataclass
class Tree:
    """`data` is None when the text cannot be read at all; `spots` is keyed by path (`a.b[0].c`)."""

    file: str
    lines: list[str]
    data: Any = None
    spots: dict[str, Spot] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def location(self, path: str, *, key: bool = False) -> Location | None:
        """The place of `path`, or of the nearest part of it that is in the file."""
        while path:
            spot = self.spots.get(path)
            if spot:
                return self.at(*(spot.key if key else spot.value))
            path, key = parent(path), True
        return None

    def at(self, line: int, column: int = 1) -> Location:
        source = self.lines[line - 1].rstrip() if 0 < line <= len(self.lines) else ""
        return Location(self.file, line, column, clip(source))

    def add(self, path: str, rule: str, message: str, hint: str = "", place: tuple[int, int] | None = None) -> None:
        self.findings.append(Finding(path, Level.ERROR, rule, message, hint, self.at(*place) if place else None))


def clip(text: str, limit: int = 160) -> str:
    """Long lines are cut with a mark, never silently."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def parent(path: str) -> str:
    """`a.b[0]` -> `a.b` -> `a` -> ``."""
    cut = max(path.rfind("."), path.rfind("["))
    return path[:cut] if cut > 0 else ""


def join(path: str, part: str | int) -> str:
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


def parse(text: str, file: str) -> Tree:
    """Never raises for what stands in the text: everything wrong is a finding of the tree."""
    tree = Tree(file, text.splitlines())
    root = _compose(text, tree)
    if root is None:
        return tree
    reader = _Reader(tree)
    try:
        tree.data = reader.value(root, "", 0)
    except _TooBigError as error:
        tree.add("", "yaml_too_big", str(error), "write the values out without anchors and aliases")
        tree.data = None
    return tree


def scalar(text: str) -> Any:
    """One value typed as YAML would (`--set key=VALUE`); flow lists and maps included. Raises ValueError."""
    tree = parse(text, "value")
    if tree.findings:
        raise ValueError(tree.findings[0].message)
    return tree.data


def _compose(text: str, tree: Tree) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = (error.context_mark if "expected ':'" in str(error.problem) else None) or error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message, hint = _explain(str(error.problem or error.context or "cannot be read"), place, tree)
        tree.add("", "yaml_syntax", message, hint, place)
    except YAMLError as error:
        tree.add("", "yaml_syntax", *_unreadable(error), _place(text, getattr(error, "position", 0)))
    except RecursionError:
        tree.add("", "yaml_too_big", f"the file nests deeper than {MAX_DEPTH} levels", "flatten it")
    return None


def _unreadable(error: Exception) -> tuple[str, str]:
    character = getattr(error, "character", None)
    code = f"U+{ord(character) if isinstance(character, str) else int(character):04X}" if character is not None else ""
    return f"the file holds a character that YAML forbids ({code or 'control character'})", "save the file as plain UTF-8 text"


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _explain(problem: str, place: tuple[int, int], tree: Tree) -> tuple[str, str]:
    """The parser's words, or better ones for what people really get wrong."""
    line = tree.lines[place[0] - 1] if 0 < place[0] <= len(tree.lines) else ""
    if "\\t" in problem or "\t" in line[: place[1]]:
        return "a tab cannot indent YAML", "replace the tab with spaces"
    if "mapping values are not allowed" in problem:
        return "a second ':' in one line, or wrong indentation", 'quote a value that holds ": ", and indent keys of one level equally'
    if "expected a single document" in problem or "another document" in problem:
        return "the file holds more than one document ('---')", "keep one deployment per file"
    if "undefined alias" in problem:
        return problem, "define the anchor (&name) before it is used"
    if "could not find expected ':'" in problem:
        return "a key without ':'", 'write "key: value" with a space after the colon'
    return f"not valid YAML: {problem}", "check the indentation, quotes and brackets above this line"


class _TooBigError(Exception):
    pass


class _Reader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.nodes = 0

    def value(self, node: Any, path: str, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooBigError(f"the file expands to more than {MAX_NODES:,} values")
        if depth > MAX_DEPTH:
            raise _TooBigError(f"the file nests deeper than {MAX_DEPTH} levels, or an alias holds itself")
        kind = type(node).__name__
        if kind != "ScalarNode" and str(node.tag) not in (TAG + "map", TAG + "seq"):
            self._refuse_tag(node, path)
        if kind == "MappingNode":
            return self._mapping(node, path, depth)
        if kind == "SequenceNode":
            return self._sequence(node, path, depth)
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: str, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:  # merges first, so that a key's own place wins
            if str(key_node.tag) == TAG + "merge":
                merged = {**self._merge(value_node, path, depth), **merged}
        for key_node, value_node in node.value:
            key = self._key(key_node, path) if str(key_node.tag) != TAG + "merge" else None
            if key is None:
                continue
            here = join(path, key)
            if key in out:
                first = self.tree.spots[here].key[0]
                self.tree.add(here, "duplicate_key", f"`{key}` is given twice (first in line {first})", "keep one of them", mark(key_node))
                continue
            nothing = type(value_node).__name__ == "ScalarNode" and value_node.start_mark.index == value_node.end_mark.index
            place = mark(key_node) if nothing else mark(value_node)  # the parser puts an absent value into the next line
            self.tree.spots[here] = Spot(mark(key_node), place, text_of(value_node))
            out[key] = self.value(value_node, here, depth + 1)
        return {**merged, **out}

    def _key(self, node: Any, path: str) -> str | None:
        if type(node).__name__ != "ScalarNode":
            self.tree.add(path, "bad_key", "a key must be text; a list or map was given", "quote the key", mark(node))
            return None
        return str(node.value)

    def _merge(self, node: Any, path: str, depth: int) -> dict[str, Any]:
        parts = node.value if type(node).__name__ == "SequenceNode" else [node]
        merged: dict[str, Any] = {}
        for part in parts:
            if type(part).__name__ != "MappingNode":
                self.tree.add(path, "bad_merge", "`<<` takes a map or a list of maps", "write the keys out", mark(part))
                continue
            merged = {**self._mapping(part, path, depth + 1), **merged}
        return merged

    def _sequence(self, node: Any, path: str, depth: int) -> list[Any]:
        out = []
        for index, item in enumerate(node.value):
            here = join(path, index)
            self.tree.spots[here] = Spot(mark(item), mark(item), text_of(item))
            out.append(self.value(item, here, depth + 1))
        return out

    def _scalar(self, node: Any, path: str) -> Any:
        tag, text = str(node.tag), str(node.value)
        if tag == TAG + "null":
            return None
        if tag == TAG + "bool":
            return WORDS[text.lower()]
        if tag == TAG + "int":
            return _number(text, int)
        if tag == TAG + "float":
            return _number(text, float)
        if tag not in (TAG + "str", TAG + "timestamp"):
            self._refuse_tag(node, path)
        return text

    def _refuse_tag(self, node: Any, path: str) -> None:
        name = clip(str(node.tag).replace(TAG, "!!"), 60)
        self.tree.add(path, "yaml_tag", f"the tag {name} is not allowed", "write a plain value", mark(node))


def _number(text: str, kind: type[int] | type[float]) -> Any:
    """Numbers as YAML 1.2 has them; what Python cannot read stays text and fails as such."""
    plain = text.replace("_", "")
    try:
        if kind is int and len(plain) < 40:
            return int(plain, 0) if re.match(r"^[-+]?0[xob]", plain) else int(plain)
        return float(plain.replace(".inf", "inf").replace(".nan", "nan")) if kind is float else text
    except ValueError:
        return text


def mark(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def text_of(node: Any) -> str:
    return clip(str(node.value), 80) if type(node).__name__ == "ScalarNode" else ""


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is not a map, with its path; a list and an empty map count as one value."""
    if isinstance(data, dict) and data:
        for key, item in data.items():
            yield from leaves(item, join(path, str(key)))
    else:
        yield path, data
