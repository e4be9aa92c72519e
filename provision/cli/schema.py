"""`provision schema`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.interrupts import run_to_end
from provision.cli.options import project_options, request_from
from provision.errors import ExitCode


@click.command("schema")
@click.option("--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Write all of them there.")
@click.option("--check", type=click.Path(path_type=Path), metavar="FOLDER", help="Exit with 1 when any is stale.")
@project_options
def command(*, output: Path | None, check: Path | None, **options: object) -> int:
    """Print the JSON Schema (draft-07) of the project's manifests, for editors and linters.

    A kind that is bound by its table is read from the database. Outside a project, it is the built-in kinds.
    """
    from provision.manifest.schema import render, schemas, stale, write
    from provision.reconcile.job import vocabularies

    if output and check:
        raise click.UsageError("--output writes and --check only looks: give one of them")
    known = run_to_end(vocabularies(request_from(options)))
    if output:
        for path in write(output, known):
            click.echo(path)
    elif check:
        for name in (names := stale(check, known)):
            click.echo(f"{check / name} is stale. Hint: provision schema --output {check}", err=True)
        return ExitCode.ERROR if names else ExitCode.DONE
    else:
        click.echo(render(schemas(known)["manifest.schema.json"]), nl=False)
    return ExitCode.DONE
