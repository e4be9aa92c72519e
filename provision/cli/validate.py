"""`provision validate`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.options import project_options, request_from


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@project_options
def command(**options: object) -> None:
    """Check the manifests, without a database and without reading any secret.

    PATH is a file or a folder; without one, the folders that provision.toml names are checked.
    """
    from provision.reconcile.declared import check_declared

    count = len(check_declared(request_from(options)).declaration.resources)
    click.echo(f"Valid: {count} resource{'' if count == 1 else 's'} declared.")
