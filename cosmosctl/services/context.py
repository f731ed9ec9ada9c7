"""The context under the name that the command line and the other services import."""

from __future__ import annotations

from cosmosctl.execute.context import Context

__all__ = ["Context"]
