"""`config`: what cosmosctl.yaml means, where each value came from, and whether it is right."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit, table
from cosmosctl.errors import CosmosctlError

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Show, validate and explain cosmosctl.yaml.")


@app.command(epilog=examples("cosmosctl config show", "cosmosctl config show --origins", "cosmosctl config show --set region=eu-west-1"))
def show(
    origins: Annotated[bool, typer.Option("--origins", help="Also say where each value came from.")] = False,
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Show every value, defaults included."""
    from cosmosctl.cli.wiring import load_deployment
    from cosmosctl.config.yamltree import leaves

    loaded = load_deployment(file, set_)
    dump = loaded.deployment.model_dump(mode="json")
    values = dict(leaves(dump))
    rows = [[path, _shown(value), *([str(loaded.origins.get(path, "default"))] if origins else [])] for path, value in values.items()]
    data: dict[str, Any] = {"values": dump}
    if origins:
        data["origins"] = {path: str(origin) for path, origin in loaded.origins.items()}
    emit("config show", data, table(["key", "value", *(["origin"] if origins else [])], rows), output, loaded.findings)


@app.command(epilog=examples("cosmosctl config validate", "cosmosctl config validate -f lab.yaml -o json"))
def validate(set_: options.Set = [], file: options.File = "", output: options.Output = OutputMode.TEXT) -> None:  # noqa: B006
    """Check cosmosctl.yaml offline: all problems at once, each with its place."""
    from cosmosctl.cli.wiring import load_deployment

    loaded = load_deployment(file, set_)
    emit(
        "config validate",
        {"path": str(loaded.path or "-"), "name": loaded.deployment.name},
        f"{loaded.path or 'stdin'} is valid",
        output,
        loaded.findings,
    )


@app.command(epilog=examples("cosmosctl config get target", "cosmosctl config get batch.pools.gpu48.max_vcpus"))
def get(
    key: Annotated[str, typer.Argument(help="A key such as network.cidr.")],
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Print one value."""
    from cosmosctl.cli.wiring import load_deployment
    from cosmosctl.config.schema import did_you_mean
    from cosmosctl.config.yamltree import leaves

    values = dict(leaves(load_deployment(file, set_).deployment.model_dump(mode="json")))
    if key not in values:
        raise CosmosctlError(
            "unknown_name", f"there is no key {key!r}", path=key, hint=did_you_mean(key, values, "cosmosctl config show   lists the keys")
        )
    emit("config get", {"key": key, "value": values[key]}, _shown(values[key]), output)


@app.command(epilog=examples("cosmosctl config path", "cosmosctl config path -f lab.yaml"))
def path(file: options.File = "", output: options.Output = OutputMode.TEXT) -> None:
    """Print which file is used, also when it is wrong."""
    from pathlib import Path

    from cosmosctl.config.discovery import find

    found = find(file, Path.cwd())
    emit("config path", {"path": str(found)}, str(found), output)


def _shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
