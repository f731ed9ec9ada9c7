"""`blueprints`: what can be deployed, as data."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit, table

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="List and explain what can be deployed.")


@app.command("list", epilog=examples("cosmosctl blueprints list", "cosmosctl blueprints list -o json"))
def list_(output: options.Output = OutputMode.TEXT) -> None:
    """List the blueprints."""
    from cosmosctl.blueprints.registry import discover, load_blueprint

    known = [load_blueprint(name) for name in discover()]
    rows = [[item.name, ", ".join(item.variants), ", ".join(item.tasks), item.summary] for item in known]
    data = [{"name": item.name, "variants": list(item.variants), "tasks": list(item.tasks), "summary": item.summary} for item in known]
    emit("blueprints list", data, table(["name", "variants", "tasks", "summary"], rows), output)


@app.command(epilog=examples("cosmosctl blueprints show predict", "cosmosctl blueprints show reason -o json"))
def show(
    name: Annotated[str, typer.Argument(help="A blueprint.", autocompletion=options.blueprint_names)],
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Show variants, inputs, parameters, licences and engines of a blueprint."""
    from cosmosctl.blueprints.registry import load_blueprint

    item = load_blueprint(name)
    variants = [
        [variant, v.weights.repo, f"{v.gpu.count} x {v.gpu.memory_gib} GiB", ", ".join(v.tasks), ", ".join(v.licence_pages)]
        for variant, v in item.variants.items()
    ]
    parameters = [[key, p.type, p.default, p.help] for key, p in item.parameters.items()]
    text = [
        f"{item.name}: {item.summary}",
        f"licence: {item.licence.name} ({item.licence.url}); attribution: {item.attribution}",
        "",
        *table(["variant", "weights", "GPU", "tasks", "accept the licence at"], variants),
        "",
        *table(["parameter", "type", "default", "meaning"], parameters),
    ]
    if item.modes.batch:
        engines = item.modes.batch.engines
        text += ["", f"engines in this release: {', '.join(engines.available)} (on a GPU: {engines.gpu}; without: {engines.cpu})"]
    emit("blueprints show", item.model_dump(mode="json", by_alias=True), text, output)


@app.command(epilog=examples("cosmosctl blueprints schema", "cosmosctl blueprints schema > blueprint.schema.json"))
def schema() -> None:
    """Print the JSON Schema of blueprint.yaml."""
    import json

    from cosmosctl.blueprints.schema import Blueprint

    emit("blueprints schema", None, json.dumps(Blueprint.model_json_schema(), indent=2), OutputMode.TEXT)
