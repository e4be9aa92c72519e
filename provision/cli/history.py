"""`provision history`, and `show`, `verify` and `prune` below it."""

from __future__ import annotations

import re
import sys
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provision.cli.interrupts import asking, run_to_end
from provision.cli.options import DURATION, Parsed, lock_option, project_options, request_from
from provision.core.moment import parse_as_of
from provision.errors import ExitCode, ProvisionError

if TYPE_CHECKING:
    from provision.report.history_chain import PruneView

Result = TypeVar("Result")


def _moment(text: str) -> str:
    if text.startswith("+"):
        raise ValueError("write a day as 2027-03-01, or a moment as 2027-03-01T12:00:00Z")
    return str(parse_as_of(text))


def _hash(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ValueError("write a hash as sha256: and 64 hexadecimal digits")
    return text


MOMENT = Parsed("moment", _moment)
HASH = Parsed("hash", _hash)
_formats = click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)


@click.group("history", invoke_without_command=True)
@click.option("--address", metavar="GLOB", help="Only runs that changed such an address.")
@click.option("--actor", metavar="NAME", help="Only this one's runs.")
@click.option("--since", type=MOMENT, metavar="MOMENT", help="Only runs begun then or later.")
@click.option("--until", type=MOMENT, metavar="MOMENT", help="Only runs begun earlier.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="At most so many."
)
@_formats
@project_options
@click.pass_context
def command(ctx: click.Context, /, *, address: str | None, format_: str, **options: Any) -> None:
    """List the runs that wrote something, the newest first.

    A run that failed, was refused, or found nothing to do has left no row.
    """
    if ctx.invoked_subcommand is not None:
        return
    from provision.database.reading.history import Wanted
    from provision.reconcile.history import list_history
    from provision.report.history import as_json, as_text

    wanted = Wanted(**{name: options.pop(name) for name in ("actor", "since", "until", "limit")})
    runs = _result(list_history(request_from(options), wanted, address), format_)
    _write(as_json(runs) if format_ == "json" else as_text(runs))


@command.command("show")
@click.argument("run", metavar="RUN")
@_formats
@project_options
def show_command(*, run: str, format_: str, **options: Any) -> None:
    """Show one run and every change of it; RUN is its id, or the beginning of it."""
    from provision.reconcile.history import show_history
    from provision.report.history_run import as_json, as_text

    entry, changes = _result(show_history(request_from(options), run), format_)
    _write(as_json(entry, changes) if format_ == "json" else as_text(entry, changes))


@command.command("verify")
@click.option(
    "--expect", "expected", type=HASH, metavar="HASH", help="A hash noted earlier, which a run has to have."
)
@_formats
@project_options
def verify_command(*, expected: str | None, format_: str, **options: Any) -> int:
    """Check that no run and no change was edited, removed, added or moved; ends with 1 if one was.

    Whoever may write the tables can make a whole new chain. A head that was noted elsewhere finds that: --expect.
    """
    from provision.reconcile.chain import verify_history
    from provision.report.history_chain import as_json, as_text

    view = _result(verify_history(request_from(options), expected), format_)
    _write(as_json(view) if format_ == "json" else as_text(view))
    return ExitCode.ERROR if view.findings else ExitCode.DONE


@command.command("prune")
@click.option(
    "--older-than", "seconds", type=DURATION, required=True, metavar="DURATION", help="What goes, as in 400d."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask, even on a terminal.")
@lock_option
@project_options
def prune_command(*, seconds: float, yes: bool, **options: Any) -> None:
    """Delete runs, and changes of runs, that are older; what is left can still be verified.

    Asks on a terminal. Runs that resources were last written by stay, without their changes.
    """
    from provision.reconcile.chain import prune_history
    from provision.report.history_chain import prune_text

    def approve(view: PruneView) -> None:
        if not yes and sys.stdin.isatty() and sys.stdout.isatty():
            _write(prune_text(view))
            with asking():
                click.confirm("Delete them?", abort=True)

    view = run_to_end(prune_history(request_from(options), seconds, approve))
    _write(prune_text(view))
    if not view.is_empty:
        _write(["They are deleted."])


def _result(work: Coroutine[Any, Any, Result], format_: str) -> Result:
    from provision.cli.output import show_failure

    try:
        return run_to_end(work)
    except ProvisionError as error:
        show_failure(error, format_)
        raise


def _write(lines: Iterable[str]) -> None:
    from provision.cli.output import write

    write(lines)
