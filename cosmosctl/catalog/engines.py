"""What is known of an engine by its name alone: whether it needs a model, and with it weights, a token and a GPU."""

from __future__ import annotations

MODEL_FREE = frozenset({"baseline"})


def uses_model(engine: str) -> bool:
    return engine not in MODEL_FREE
