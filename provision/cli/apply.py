"""`provision apply`, and what `provision rotate` has in common with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from provision.cli.interrupts import asking, run_to_end
from provision.cli.options import (
    confirm_options,
    format_options,
    lock_option,
    plan_options,
    project_options,
    request_from,
)
from provision.cli.plan import show_plan_only
from provision.errors import ProvisionError
from provision.report.view import PlanView, Stage

if TYPE_CHECKING:
    from provision.core.address import Address
    from provision.core.secret import Secret


@click.command("apply")
@plan_options
@click.option("--dry-run", is_flag=True, help="Only plan.")
@confirm_options
@lock_option
@format_options
@project_options
def command(*, dry_run: bool, **options: Any) -> int:
    """Make the database match the manifests: all of it in one transaction, or nothing.

    Asks on a terminal; anywhere else it goes ahead, and the guards are its protection.

    PATH is a file or a folder; without one, the folders that provision.toml names are read.
    """
    if dry_run:
        kept = {name: value for name, value in options.items() if name not in ("lock_timeout", "yes")}
        return show_plan_only(detailed_exitcode=False, **kept)
    return run_apply(**options)


def run_apply(*, yes: bool, format_: str, colour: bool | None, **options: Any) -> int:
    """Plan, show, ask, apply, and report; returns the exit code."""
    from provision.cli.output import show_closing, show_failure, show_plan

    terminal = sys.stdout.isatty()
    for_people = format_ == "text"
    if options.get("print_secrets") and not (terminal and for_people):
        raise click.UsageError("--print-secrets writes to a terminal, in the text format, and to nothing else.")
    ask = not yes and sys.stdin.isatty() and terminal
    shown: list[PlanView] = []

    def approve(view: PlanView) -> None:
        """Show first; a refused plan is shown in every format, since no other report will follow."""
        if view.refusals:
            view = replace(view, stage=Stage.REFUSED)
        if view.refusals or for_people:
            show_plan(view, format_, colour)
            shown.append(view)
        if ask and not view.refusals and for_people:
            with asking():
                click.confirm("Apply this plan?", abort=True)

    try:
        view, failure = _written(options, approve)
    except ProvisionError as error:
        if not shown:
            show_failure(error, format_)
        raise
    if shown and not view.plan.is_empty:
        show_closing(view)
    else:
        show_plan(view, format_, colour)
    if failure:
        raise failure
    return 0


def _written(
    options: Mapping[str, Any], approve: Callable[[PlanView], None]
) -> tuple[PlanView, ProvisionError | None]:
    """What is written, and what went wrong once it was: it is reported all the same."""
    from provision.reconcile.finish import NotDeliveredError
    from provision.reconcile.run import apply

    try:
        return run_to_end(apply(request_from(options), approve, _print)), None
    except NotDeliveredError as error:
        return replace(error.view, warnings=(*error.view.warnings, error.message)), error


def _print(secrets: Mapping[tuple[Address, str], Secret]) -> None:
    """The one place where a secret goes to the terminal, after the commit, because somebody asked for it."""
    from provision.report.escape import printable

    click.echo("Shown once, and kept nowhere else:")
    for (address, name), secret in sorted(secrets.items(), key=lambda item: item[0]):
        click.echo(f"  {printable(str(address))} {printable(name)}: {secret.reveal()}")
    click.echo("")
