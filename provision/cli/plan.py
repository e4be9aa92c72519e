"""`provision plan`, also as `provision diff`."""

from __future__ import annotations

from typing import Any

import click

from provision.cli.interrupts import run_to_end
from provision.cli.options import (
    AS_OF,
    DURATION,
    format_options,
    lock_option,
    plan_options,
    project_options,
    request_from,
    save_option,
)
from provision.errors import ExitCode, ProvisionError


@click.command("plan")
@plan_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@save_option
@click.option("--execute", is_flag=True, help="Run the very statements in a transaction, and roll it back.")
@lock_option
@click.option("--as-of", type=AS_OF, metavar="MOMENT", help="Plan for another moment: 2027-03-01, or +30d from now.")
@click.option(
    "--fail-if-expiring", type=DURATION, metavar="DURATION", help="Exit with 5 when something expires by then."
)
@format_options
@project_options
def command(*, detailed_exitcode: bool, execute: bool, **options: Any) -> int:
    """Show what apply would do. Nothing is written, and a login that may only read is enough, but for --execute.

    PATH is a file or a folder; without one, the folders that provision.toml names are read.
    """
    if options["save_to"] is not None and options.get("as_of") is not None:
        raise click.UsageError("A plan for another moment is to be looked at, not saved: --output and --as-of.")
    return show_plan_only(detailed_exitcode=detailed_exitcode, execute=execute, **options)


def show_plan_only(
    *, detailed_exitcode: bool, format_: str, colour: bool | None, execute: bool = False, **options: Any
) -> int:
    """What `plan` does, and `apply --dry-run` too; returns the exit code."""
    from provision.cli.output import show_failure, show_plan
    from provision.reconcile import execute as trial
    from provision.reconcile import run

    make = trial.execute if execute else run.plan
    try:
        view = run_to_end(make(request_from(options)))
    except ProvisionError as error:
        show_failure(error, format_)
        raise
    show_plan(view, format_, colour)
    if view.plan.expiring:
        return ExitCode.REFUSED
    return ExitCode.CHANGES_PENDING if detailed_exitcode and not view.plan.is_empty else ExitCode.DONE
