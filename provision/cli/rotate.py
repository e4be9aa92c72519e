"""`provision rotate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provision.cli.apply import run_apply
from provision.cli.options import (
    DURATION,
    Parsed,
    confirm_options,
    format_options,
    lock_option,
    project_options,
)
from provision.core.address import parse_address

if TYPE_CHECKING:
    from provision.core.address import Address


ADDRESS = Parsed("address", parse_address)


@click.command("rotate")
@click.argument("addresses", nargs=-1, required=True, type=ADDRESS, metavar="ADDRESS...")
@click.option("--revoke-old-now", is_flag=True, help="Revoke every former key in the same transaction.")
@click.option(
    "--overlap",
    type=DURATION,
    metavar="DURATION",
    help="How long the former key stays valid, instead of what rotate.overlap says.",
)
@confirm_options
@lock_option
@format_options
@project_options
def command(*, addresses: tuple[Address, ...], revoke_old_now: bool, overlap: float | None, **options: Any) -> int:
    """Give generated keys a successor now, and do nothing else.

    The new key is delivered as its manifest says, and the former one stays valid for the overlap. When a key has
    leaked, --revoke-old-now ends that as well.

    ADDRESS is as a plan shows it, like ApiKey/deploy-bot/ci.
    """
    from provision.core.rotation import Forced

    if revoke_old_now and overlap is not None:
        raise click.UsageError("--revoke-old-now leaves no overlap; give one of the two.")
    forced = Forced(overlap=overlap, revoke_now=revoke_old_now)
    return run_apply(rotate=dict.fromkeys(addresses, forced), **options)
