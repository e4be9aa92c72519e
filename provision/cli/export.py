"""`provision export`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.interrupts import run_to_end
from provision.cli.options import project_options, request_from
from provision.errors import ExitCode


@click.command("export")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only rows of this kind; may be repeated.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Write a file for each kind.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@project_options
def command(
    *, addresses: tuple[str, ...], kinds: tuple[str, ...], output: Path | None, force: bool, **options: object
) -> int:
    """Write manifests of the rows that are there, with all that they refer to. No secret is written.

    ADDRESS is a pattern, as in 'User/*' or 'ApiKey/deploy-bot/*'; without one, every row is written.
    What no manifest can hold is left out and named on stderr, and the exit code is 1.
    """
    from provision.cli.output import warn, write
    from provision.manifest.export_files import write_files
    from provision.reconcile.export import export

    if force and not output:
        raise click.UsageError("--force overwrites files: name their folder with --output")
    found = run_to_end(export(request_from(options), kinds, addresses))
    if output:
        write(map(str, write_files(output, found.manifests, overwrite=force)))
    else:
        write(["---\n".join(found.manifests.values()).removesuffix("\n")] if found.manifests else [])
    warn(found.warnings)
    return ExitCode.ERROR if found.warnings else ExitCode.DONE
