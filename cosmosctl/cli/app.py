"""The Typer application: lazy commands, and the one place where an exception becomes text and an exit status.

A command's module is imported only when that command runs, so that `--help` stays fast. Nothing here decides anything
about AWS; commands call services.
"""

from __future__ import annotations

import difflib
import importlib
import signal
import sys
from collections.abc import Sequence
from typing import Any

import typer
import typer.core
import typer.main

from cosmosctl import __version__
from cosmosctl.cli.output import output_mode_of, report_error
from cosmosctl.cli.table import COMMANDS
from cosmosctl.errors import CosmosctlError, ExitStatus

USAGE_ERROR = typer.BadParameter.__mro__[1]  # Typer vendors Click and exports only the leaf class
EPILOG = (
    "Exit status: 0 done, 1 failed, 2 usage, 3 invalid configuration or input, 4 preflight failed, "
    "5 partly applied, 6 changes, 130 interrupted."
)


class LazyGroup(typer.core.TyperGroup):
    """Knows the commands by name; imports one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"cosmosctl.cli.commands.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            raise CosmosctlError(
                "unknown_name",
                f"there is no command {args[0]!r}",
                path=args[0],
                hint=f"did you mean `cosmosctl {close[0]}`?" if close else "cosmosctl --help   lists the commands",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _print_version(value: bool) -> None:
    if value:
        sys.stdout.write(f"cosmosctl {__version__}\n")
        raise typer.Exit


app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG, pretty_exceptions_enable=False)


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", "-V", callback=_print_version, is_eager=True, help="Show the version and exit."),
) -> None:
    """Put NVIDIA Cosmos and other GPU models on AWS, and take them off again without a trace."""


def run(argv: Sequence[str]) -> int:
    """Runs one command line and returns the exit status; every exception ends here."""
    mode = output_mode_of(argv)
    signal.signal(signal.SIGTERM, _terminated)
    command = next((arg for arg in argv if not arg.startswith("-")), "")
    try:
        result = typer.main.get_command(app).main(args=list(argv), prog_name="cosmosctl", standalone_mode=False)
        return result if isinstance(result, int) else ExitStatus.DONE
    except CosmosctlError as error:
        return report_error(command, error, mode)
    except USAGE_ERROR as error:  # type: ignore[misc]
        return report_error(command, _usage(error), mode)
    except typer.Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return report_error(command, CosmosctlError("interrupted", "interrupted", hint="the same command goes on where it stopped"), mode)
    except BrokenPipeError:
        sys.stderr.close()
        return ExitStatus.FAILED
    except Exception as error:
        return report_error(command, _unexpected(error), mode)


def _terminated(_number: int, _frame: object) -> None:
    """A supervisor's SIGTERM ends a command as Ctrl-C does: the step stops, the journal is written."""
    raise KeyboardInterrupt


def _usage(error: Any) -> CosmosctlError:
    if type(error).__name__ == "NoArgsIsHelpError":
        return CosmosctlError("usage", error.ctx.get_help() if error.ctx else "a command is needed", hint="cosmosctl --help")
    path = error.ctx.command_path if getattr(error, "ctx", None) else "cosmosctl"
    return CosmosctlError("usage", error.format_message(), path=path, hint=f"{path} --help")


def _unexpected(error: Exception) -> CosmosctlError:
    """Anything that no layer foresaw: short for the user, whole in the log."""
    from cosmosctl.cli.crash import explain

    return explain(error)
