"""`provision version`."""

from __future__ import annotations

import click

from provision import __version__


@click.command("version")
def command() -> None:
    """Print the version."""
    click.echo(f"provision {__version__}")
