"""`provision apply`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any

import click

from provision.cli.options import format_options, lock_option, plan_options, project_options, request_from
from provision.cli.plan import show_plan_only
from provision.errors import ProvisionError
from provision.report.view import PlanView, Stage


@click.command("apply")
@plan_options
@click.option("--dry-run", is_flag=True, help="Only plan.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask, even on a terminal.")
@lock_option
@format_options
@project_options
def command(
    *,
    dry_run: bool,
    yes: bool,
    format_: str,
    colour: bool | None,
    **options: Any,
) -> int:
    """Make the database match the manifests: all of it in one transaction, or nothing.

    Asks on a terminal; anywhere else it goes ahead, and the guards are its protection.

    PATH is a file or a folder; without one, the folders that provision.toml names are read.
    """
    if dry_run:
        options.pop("lock_timeout")
        return show_plan_only(detailed_exitcode=False, format_=format_, colour=colour, **options)
    return _apply(options, format_, colour, ask=not yes and sys.stdin.isatty() and sys.stdout.isatty())


def _apply(options: dict[str, Any], format_: str, colour: bool | None, *, ask: bool) -> int:  # noqa: FBT001  a tri-state
    from provision.cli.output import show_closing, show_failure, show_plan
    from provision.reconcile.run import apply

    for_people = format_ == "text"
    shown: list[PlanView] = []

    def approve(view: PlanView) -> None:
        """Show first; a refused plan is shown in every format, since no other report will follow."""
        if view.refusals:
            view = replace(view, stage=Stage.REFUSED)
        if view.refusals or for_people:
            show_plan(view, format_, colour)
            shown.append(view)
        if ask and not view.refusals and for_people:
            click.confirm("Apply this plan?", abort=True)

    try:
        view = asyncio.run(apply(request_from(options), approve))
    except ProvisionError as error:
        if not shown:
            show_failure(error, format_)
        raise
    if shown and not view.plan.is_empty:
        show_closing(view)
    else:
        show_plan(view, format_, colour)
    return 0
