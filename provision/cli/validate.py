"""`provision validate`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.interrupts import run_to_end
from provision.cli.options import project_options, request_from


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--online", is_flag=True, help="Check bindings and fields against the database; no row is read.")
@project_options
def command(*, online: bool, **options: object) -> None:
    """Check the manifests, without a database and without reading any secret.

    PATH is a file or a folder; without one, the folders that provision.toml names are checked.
    """
    from provision.reconcile.declared import check_declared
    from provision.report.wording import valid

    if online:
        from provision.reconcile.check import check_online

        declared = run_to_end(check_online(request_from(options)))
    else:
        declared = check_declared(request_from(options))
    click.echo(valid(len(declared.declaration.resources), declared.unknown_fields))
