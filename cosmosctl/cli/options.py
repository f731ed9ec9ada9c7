"""Options that several commands share, each with its environment variable."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli.output import OutputMode

File = Annotated[
    str,
    typer.Option(
        "-f", "--file", envvar="COSMOSCTL_FILE", help="cosmosctl.yaml to use; searched upwards from here without it.", show_default=False
    ),
]
Output = Annotated[OutputMode, typer.Option("-o", "--output", envvar="COSMOSCTL_OUTPUT", help="Form of the result on stdout.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", envvar="COSMOSCTL_YES", help="Do not ask; needed without a terminal.")]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Show what would be done and stop.")]
Set = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a value of cosmosctl.yaml, e.g. --set batch.pools.gpu48.max_vcpus=64."),
]
Only = Annotated[list[str], typer.Option("--only", metavar="STEP", help="Run only this step (repeatable).")]
Skip = Annotated[list[str], typer.Option("--skip", metavar="STEP", help="Leave this step out (repeatable).")]
SkipCheck = Annotated[list[str], typer.Option("--skip-check", metavar="RULE", help="Ignore the findings of this rule (repeatable).")]
AllowReplace = Annotated[
    list[str], typer.Option("--allow-replace", metavar="ADDRESS", help="Let Terraform delete or replace this protected resource.")
]


def blueprint_names(incomplete: str) -> list[str]:
    """For completion: folder names only, nothing heavy."""
    from cosmosctl.assets import find

    root = find().blueprints
    names = (path.parent.relative_to(root).as_posix() for path in root.glob("**/blueprint.yaml"))
    return sorted(name for name in names if name.startswith(incomplete))
