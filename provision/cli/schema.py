"""`provision schema`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.errors import ExitCode


@click.command("schema")
@click.option("--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Write all of them there.")
@click.option("--check", type=click.Path(path_type=Path), metavar="FOLDER", help="Exit with 1 when any is stale.")
def command(output: Path | None, check: Path | None) -> int:
    """Print the JSON Schema (draft-07) of manifests, for editors and linters."""
    from provision.kinds.registry import BUILT_IN
    from provision.manifest.schema import render, schemas, stale, write

    if output and check:
        raise click.UsageError("--output writes and --check only looks: give one of them")
    if output:
        for path in write(output):
            click.echo(path)
    elif check:
        for name in (names := stale(check)):
            click.echo(f"{check / name} is stale. Hint: provision schema --output {check}", err=True)
        return ExitCode.ERROR if names else ExitCode.DONE
    else:
        click.echo(render(schemas(BUILT_IN.values())["manifest.schema.json"]), nl=False)
    return ExitCode.DONE
