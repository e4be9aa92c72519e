"""Writing reports to stdout, and problems to where the format says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

import click

from provision.errors import InvalidInputError, Problem, ProvisionError, RowsRefusedError
from provision.report.colour import wants_colour
from provision.report.view import PlanView, reporter


def show_plan(view: PlanView, format_: str, colour: bool | None) -> None:  # noqa: FBT001  a tri-state, not a switch
    """A whole report on stdout."""
    wanted = wants_colour(os.environ, flag=colour, isatty=sys.stdout.isatty())
    write(reporter(format_).plan(view, colour=wanted))


def show_closing(view: PlanView) -> None:
    """The closing line alone, after a plan that has been shown."""
    from provision.report.wording import closing

    write(closing(view))


def warn(warnings: Iterable[str]) -> None:
    """Warnings on stderr, one a line."""
    from provision.report.escape import printable

    for warning in warnings:
        click.echo(f"Warning: {printable(warning)}", err=True)


def problems_as_text(problems: Sequence[Problem]) -> None:
    """Problems on stderr, one a line; beside the code as well where GitHub runs us."""
    wanted = wants_colour(os.environ, flag=None, isatty=sys.stderr.isatty())
    for line in reporter("text").problems(problems, colour=wanted):
        click.echo(line, err=True)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from provision.report.annotations import error_commands

        for line in error_commands(problems):
            click.echo(line, err=True)


def show_failure(error: ProvisionError, format_: str) -> None:
    """In a format for machines the one document on stdout holds the problems too, before the exit code."""
    if format_ != "text":
        write(reporter(format_).problems(_problems(error), colour=False))


def _problems(error: ProvisionError) -> Sequence[Problem]:
    if isinstance(error, (InvalidInputError, RowsRefusedError)):
        return error.problems
    return [Problem(message=error.message, hint=error.hint)]


def write(lines: Iterable[str]) -> None:
    """Lines of a report on stdout."""
    out = sys.stdout.write
    for line in lines:
        out(line)
        out("\n")
    sys.stdout.flush()
