"""`provision migrate`."""

from __future__ import annotations

import click

from provision.cli.interrupts import run_to_end
from provision.cli.options import lock_option, project_options, request_from


@click.command("migrate")
@lock_option
@project_options
def command(**options: object) -> None:
    """Create or upgrade the ledger's tables. `apply` does it too, when its login may create tables."""
    from provision.reconcile.run import migrate

    changed = run_to_end(migrate(request_from(options)))
    click.echo("The ledger's tables were created or upgraded." if changed else "The ledger's tables are up to date.")
