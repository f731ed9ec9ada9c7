"""The engine without a model: it measures clips and extrapolates frames, and says in every output that it did only that.

For machines without a GPU, for rehearsals of the whole pipeline, and as the yardstick that a model has to beat.
"""

from __future__ import annotations

from cosmosctl.worker.engines.base import Engine


def create() -> Engine:
    """Called by the worker, which finds engines by their module's name."""
    from cosmosctl.worker.engines.baseline.engine import BaselineEngine

    return BaselineEngine()
