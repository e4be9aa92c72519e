"""`provision kinds`, and `provision kinds scaffold`."""

from __future__ import annotations

import click

from provision.cli.interrupts import run_to_end
from provision.cli.options import project_options, request_from
from provision.errors import ProvisionError


@click.group("kinds", invoke_without_command=True)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@project_options
@click.pass_context
def command(ctx: click.Context, /, *, format_: str, **options: object) -> None:
    """List the project's kinds: where their rows are, and what their manifests say.

    The database is asked for the columns of kinds that are bound by `table`; no row is read.
    """
    if ctx.invoked_subcommand is not None:
        return
    from provision.cli.output import show_failure, write
    from provision.reconcile.kinds import list_kinds
    from provision.report.kinds_view import as_json, as_text

    try:
        kinds = run_to_end(list_kinds(request_from(options)))
    except ProvisionError as error:
        show_failure(error, format_)
        raise
    write(as_json(kinds) if format_ == "json" else as_text(kinds))


@command.command("scaffold")
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...")
@click.option("--database-url", "url", metavar="URL", help="Look there rather than in the project's database.")
@project_options
def scaffold_command(*, tables: tuple[str, ...], url: str | None, **options: object) -> None:
    """Print a binding for tables, to be put into provision.toml: names, keys, references and secrets are guessed.

    TABLE is `table` or `schema.table`; tables that join two of them are found. No row is read, but for what stored
    passwords begin with. Outside a project it is a whole provision.toml.
    """
    from provision.cli.output import write
    from provision.reconcile.scaffold import scaffold

    write(run_to_end(scaffold(request_from(options), tables, url)))
