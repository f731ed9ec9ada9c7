"""`submit`: inputs become a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode

app = typer.Typer(rich_markup_mode=None)
EXAMPLES = examples(
    "cosmosctl submit predict clips/ --wait",
    'cosmosctl submit reason "clips/**/*.mp4" --prompt "What could a robot do next?"',
    "cosmosctl submit predict --manifest samples.jsonl --param seed=7 --param steps=20",
)


@app.command(epilog=EXAMPLES)
def submit(
    blueprint: Annotated[str, typer.Argument(help="A deployed blueprint.", autocompletion=options.blueprint_names)],
    inputs: Annotated[list[str] | None, typer.Argument(metavar="INPUT...", help="Files, folders, globs or s3:// prefixes.")] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="JSON Lines: one sample a line, keys id, input, prompt, task, params, output.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="Prompt of samples that bring none of their own.")] = "",
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="KEY=VALUE", help="A parameter of the blueprint (repeatable).")
    ] = None,
    variant: Annotated[str, typer.Option(help="A deployed variant; the deployed one when there is only one.")] = "",
    shard_size: Annotated[int, typer.Option(min=0, max=100_000, help="Samples per job; 0 chooses by the time budget.")] = 0,
    wait: Annotated[bool, typer.Option("--wait", help="Follow until every sample has a result.")] = False,
    timeout_minutes: Annotated[float, typer.Option(min=0, help="Stop following after this long; 0 never. The run goes on.")] = 0,
    new: Annotated[bool, typer.Option("--new", help="Do not go on with an unfinished run of the same request.")] = False,
    id_only: Annotated[bool, typer.Option("--id-only", help="Print the run id alone on stdout.")] = False,
    plan: options.PlanOnly = False,
    yes: options.Yes = False,
    set_: options.Set = [],  # noqa: B006 (Typer copies it)
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Validate inputs, upload them and run a blueprint over them."""
    from cosmosctl.cli.submission import Options, run_submit

    run_submit(
        blueprint,
        tuple(inputs or ()),
        Options(
            manifest, prompt, tuple(param or ()), variant, shard_size or None, wait, timeout_minutes * 60 or None, new, id_only, plan, yes
        ),
        file,
        set_,
        output,
    )
