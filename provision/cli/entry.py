"""From arguments to an exit code, whatever happens on the way."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from provision.cli.group import provision
from provision.cli.interrupts import heard
from provision.errors import ExitCode, InvalidInputError, ProvisionError, RowsRefusedError


def run(arguments: Sequence[str]) -> int:
    """Run one command and return the program's exit code."""
    # A hundred thousand resources are live data, not garbage: looking through them again and again for cycles took
    # a quarter of the time. Cycles are still collected, after many more allocations.
    gc.set_threshold(200_000, 50, 100)
    with heard() as stop:
        try:
            return int(provision.main(args=list(arguments), prog_name="provision", standalone_mode=False) or 0)
        except click.exceptions.Exit as done:
            return done.exit_code
        except (KeyboardInterrupt, click.Abort):
            return _end(stop.error())
        except SystemExit as error:
            if traceback.extract_tb(error.__traceback__)[-1].filename == click.core.__file__:
                raise  # whoever read our output has left
            return _end(error)  # the application's
        except Exception as error:  # noqa: BLE001  the one place where everything ends
            return _end(error)


def _end(error: BaseException) -> int:
    """Say what happened, and with which code to end."""
    code: int = ExitCode.ERROR
    match error:
        case ProvisionError():
            _say_error(error)
            code = error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            code = ExitCode.USAGE
        case click.ClickException():
            _say(error.format_message(), "provision COMMAND --help lists what there is")
            code = ExitCode.USAGE
        case BrokenPipeError():
            # Whoever read our output has left; Python would complain once more while it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        case _:
            what = f"unexpected {type(error).__name__} at {_place(error)}"
            _say(what, "this is a defect of provision; please report it")
    return code


def _say_error(error: ProvisionError) -> None:
    if isinstance(error, (InvalidInputError, RowsRefusedError)):
        from provision.cli.output import problems_as_text

        problems_as_text(error.problems)
    else:
        _say(error.message, error.hint)


def _say(message: str, hint: str = "") -> None:
    from provision.report.escape import printable

    text = f"Error: {message.removesuffix('.')}. Hint: {hint}" if hint else f"Error: {message}"
    click.echo(printable(text), err=True)


def _place(error: BaseException) -> str:
    """Where it was raised, without the message, which may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
