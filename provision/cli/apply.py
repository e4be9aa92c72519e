"""`provision apply`, and what `provision rotate` has in common with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from provision.cli.interrupts import asking, run_to_end
from provision.cli.options import (
    PLAN_SUFFIX,
    confirm_options,
    expect_option,
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
    from provision.reconcile.request import Request


@click.command("apply")
@plan_options
@click.option("--dry-run", is_flag=True, help="Only plan.")
@expect_option
@confirm_options
@lock_option
@format_options
@project_options
@click.pass_context
def command(context: click.Context, /, *, dry_run: bool, expect: str | None, **options: Any) -> int:
    """Make the database match the manifests: all of it in one transaction, or nothing.

    Asks on a terminal; anywhere else it goes ahead, and the guards are its protection.

    PATH is a file or a folder; without one, the folders that provision.toml names are read. Or it is one plan that
    was saved by plan -o: then that plan is applied, without a question, or nothing is.
    """
    saved = _saved_plan(options["paths"])
    if saved and (given := _planning_options(context, dry_run=dry_run)):
        raise click.UsageError(f"A saved plan is applied as it was made; leave out {', '.join(given)}.")
    if dry_run:
        kept = {name: value for name, value in options.items() if name not in ("lock_timeout", "yes")}
        return show_plan_only(detailed_exitcode=False, **kept)
    return run_apply(saved=saved, expect=expect, **options)


def _saved_plan(paths: Sequence[Path]) -> Path | None:
    if not any(path.suffix == PLAN_SUFFIX for path in paths):
        return None
    if len(paths) > 1:
        raise click.UsageError("Name one saved plan and nothing else, or manifests.")
    return paths[0]


def _planning_options(context: click.Context, *, dry_run: bool) -> list[str]:
    """The options on the command line that would make another plan."""
    names = {"target", "exclude", "labels", "prune", "max_removals", "allow_no_superuser", "take_over"}
    found = [name for name in sorted(names) if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    found += ["dry_run"] if dry_run else []
    return [f"--{name.replace('_', '-').replace('labels', 'label')}" for name in found]


def run_apply(
    *,
    yes: bool,
    format_: str,
    colour: bool | None,
    saved: Path | None = None,
    expect: str | None = None,
    **options: Any,
) -> int:
    """Plan, show, ask, apply, and report; returns the exit code."""
    from provision.cli.output import show_closing, show_failure, show_plan

    terminal = sys.stdout.isatty()
    for_people = format_ == "text"
    if options.get("print_secrets") and not (terminal and for_people):
        raise click.UsageError("--print-secrets writes to a terminal, in the text format, and to nothing else.")
    # What was approved already is not asked about again.
    ask = not (yes or saved or expect) and sys.stdin.isatty() and terminal
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
        view, failure = _written(_request(options, saved, expect), approve)
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


def _request(options: Mapping[str, Any], saved: Path | None, expect: str | None) -> Request:
    """What is asked for: by the options, or by the plan that was saved."""
    from provision.reconcile.request import Approval

    request = request_from(options)
    if expect:
        request = replace(request, approval=Approval(fingerprint=expect))
    if saved is None:
        return request
    from provision.reconcile.saved.request import approved_by

    return approved_by(saved, replace(request, paths=()))


def _written(request: Request, approve: Callable[[PlanView], None]) -> tuple[PlanView, ProvisionError | None]:
    """What is written, and what went wrong once it was: it is reported all the same."""
    from provision.reconcile.finish import NotDeliveredError
    from provision.reconcile.run import apply

    try:
        return run_to_end(apply(request, approve, _print)), None
    except NotDeliveredError as error:
        return replace(error.view, warnings=(*error.view.warnings, error.message)), error


def _print(secrets: Mapping[tuple[Address, str], Secret]) -> None:
    """The one place where a secret goes to the terminal, after the commit, because somebody asked for it."""
    from provision.report.escape import printable

    click.echo("Shown once, and kept nowhere else:")
    for (address, name), secret in sorted(secrets.items(), key=lambda item: item[0]):
        click.echo(f"  {printable(str(address))} {printable(name)}: {secret.reveal()}")
    click.echo("")
