"""`provision explain`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from provision.cli.options import Parsed, project_options, request_from
from provision.core.address import parse_address
from provision.errors import ProvisionError

if TYPE_CHECKING:
    from provision.core.address import Address

ADDRESS = Parsed("address", parse_address)


@click.command("explain")
@click.argument("addresses", nargs=-1, required=True, type=ADDRESS, metavar="ADDRESS...")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@project_options
def command(*, addresses: tuple[Address, ...], format_: str, **options: Any) -> None:
    """Say of a resource, field by field, what it holds, who manages it, and which run wrote it last.

    A field that is not as it was applied is said to drift. Nothing is written and no secret is read, so that a login
    that may only read is enough.

    ADDRESS is as a plan shows it, like User/alice or ApiKey/deploy-bot/ci.
    """
    from provision.cli.output import show_failure, write
    from provision.reconcile.explain import explain_resources
    from provision.report.explain_json import as_json
    from provision.report.explain_text import as_text

    try:
        explanation = asyncio.run(explain_resources(request_from(options), addresses))
    except ProvisionError as error:
        show_failure(error, format_)
        raise
    write(as_json(explanation) if format_ == "json" else as_text(explanation))
