"""Client of the embedded AWS's control API. It speaks HTTP on the loopback address and never through a proxy.

It must not know how the server is started.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cosmosctl.errors import CosmosctlError

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SandboxControl:
    def __init__(self, endpoint: str, timeout_s: float = 60.0) -> None:
        self.endpoint = endpoint
        self._timeout_s = timeout_s

    def health(self) -> dict[str, Any]:
        return self._ask("GET", "health", timeout_s=3.0)

    def status(self) -> dict[str, Any]:
        return self._ask("GET", "status")

    def save(self) -> dict[str, Any]:
        return self._ask("POST", "save")

    def stop(self) -> dict[str, Any]:
        return self._ask("POST", "stop")

    def reset(self) -> dict[str, Any]:
        return self._ask("POST", "reset")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Without arguments the present settings; otherwise merge these (see the sandbox's `Settings`)."""
        return self._ask("POST", "settings", changes) if changes else self._ask("GET", "settings")

    def add_faults(self, *rules: Mapping[str, Any], seed: int | None = None) -> list[str]:
        body: dict[str, Any] = {"rules": list(rules)}
        if seed is not None:
            body["seed"] = seed
        return [str(ident) for ident in self._ask("POST", "faults", body)["faults"]]

    def faults(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "faults")["faults"])

    def clear_faults(self, ident: str | None = None) -> int:
        return int(self._ask("DELETE", "faults" + (f"?id={quote(ident)}" if ident else ""))["removed"])

    def reclaim(self, **which: Any) -> dict[str, Any]:
        return self._ask("POST", "reclaim", which)

    def command(self, name: str, **body: Any) -> dict[str, Any]:
        """A command that an extension added."""
        return self._ask("POST", name, body)

    def _ask(self, method: str, name: str, body: Mapping[str, Any] | None = None, timeout_s: float | None = None) -> dict[str, Any]:
        data = json.dumps(dict(body)).encode() if body is not None else b"" if method == "POST" else None
        url, headers = f"{self.endpoint}/_sandbox/{name}", {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310 (always http, loopback)
        try:
            with _direct.open(request, timeout=timeout_s or self._timeout_s) as answer:
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode("utf-8", "replace")
            raise CosmosctlError("sandbox_failed", f"the embedded AWS refuses {name}: {text}", path=f"sandbox.{name}") from error
        except (OSError, ValueError) as error:
            raise CosmosctlError(
                "sandbox_failed",
                f"the embedded AWS at {self.endpoint} does not answer: {error}",
                path=f"sandbox.{name}",
                hint="cosmosctl sandbox start",
            ) from error
