"""Questions about a pydantic model by path: which keys exist here, what type stands there, what was probably meant.

Shared by the configuration and the blueprint manifests. Must not know any particular model.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def bare(annotation: Any) -> Any:
    """Without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [item for item in get_args(annotation) if item is not type(None)]
        return bare(parts[0]) if len(parts) == 1 else annotation
    return annotation


def optional(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)


def is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def annotation_at(model: type[BaseModel], parts: Sequence[str | int]) -> Any:
    """The annotation of the value at `parts`, or None when the model has no such path."""
    current: Any = model
    for part in parts:
        inner = bare(current)
        if is_model(inner):
            field = inner.model_fields.get(str(part))
            if field is None:
                return None
            current = field.annotation
        elif get_origin(inner) is dict:
            current = get_args(inner)[1]
        elif get_origin(inner) in (list, tuple):
            current = get_args(inner)[0]
        else:
            return None
    return current


def keys_at(model: type[BaseModel], parts: Sequence[str | int]) -> list[str]:
    """The keys that may stand in the map at `parts`."""
    inner = bare(annotation_at(model, parts))
    return [field.alias or name for name, field in inner.model_fields.items()] if is_model(inner) else []


def paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every fixed path to a value that is not itself a map (`network.cidr`); entries of maps are left out."""
    for name, field in model.model_fields.items():
        here = f"{prefix}.{name}" if prefix else name
        inner = bare(field.annotation)
        if is_model(inner):
            yield from paths(inner, here)
        elif get_origin(inner) is not dict:
            yield here


def homes(model: type[BaseModel], key: str, prefix: str = "") -> Iterator[str]:
    """Where a key of this name does belong, for one that was written in the wrong place."""
    for name, field in model.model_fields.items():
        here = f"{prefix}.{name}" if prefix else name
        inner = bare(field.annotation)
        if name == key:
            yield here
        if get_origin(inner) is dict:
            inner, here = bare(get_args(inner)[1]), f"{here}.<name>"
        if is_model(inner):
            yield from homes(inner, key, here)


def did_you_mean(word: str, allowed: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the closest allowed word, else lists what is allowed."""
    options = list(allowed)
    close = difflib.get_close_matches(word.lower(), [item.lower() for item in options], n=1, cutoff=0.6)
    if close:
        return f"did you mean `{next(item for item in options if item.lower() == close[0])}`?"
    if otherwise:
        return otherwise
    return "allowed: " + ", ".join(options) if options else ""
