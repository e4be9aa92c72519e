"""`provision rollback`."""

from __future__ import annotations

from typing import Any

import click

from provision.cli.apply import run_apply
from provision.cli.options import (
    MAX_REMOVALS,
    expect_option,
    format_options,
    lock_option,
    project_options,
    save_option,
)
from provision.cli.plan import show_plan_only


@click.command("rollback")
@click.argument("run", metavar="RUN")
@click.option("--apply", "apply_", is_flag=True, help="Write it, after asking on a terminal; else it is only shown.")
@expect_option
@save_option
@click.option("-y", "--yes", is_flag=True, help="With --apply: do not ask, even on a terminal.")
@click.option("--detailed-exitcode", is_flag=True, help="Without --apply: exit with 2 when there are changes.")
@click.option(
    "--max-removals",
    type=MAX_REMOVALS,
    metavar="N|N%",
    help="Refuse more removals than that; without it [guards] in provision.toml decides.",
)
@click.option("--allow-no-superuser", is_flag=True, help="Let the last enabled superuser go.")
@click.option("--take-over", is_flag=True, help="Take rows over that another project manages.")
@lock_option
@format_options
@project_options
def command(*, run: str, apply_: bool, detailed_exitcode: bool, **options: Any) -> int:
    """Plan how to undo a run: the fields that it changed, as they were before it.

    What somebody has changed since is left as it is, and so is every secret. Neither the manifests nor any secret are
    read: revert the commit as well, or the next apply brings back what it declares.

    A plan that was saved by -o is applied by provision apply FILE.json.

    RUN is the id of a run, or its beginning, as provision history lists them.
    """
    if apply_:
        for name, given in (("--detailed-exitcode", detailed_exitcode), ("--output", options.pop("save_to"))):
            if given:
                raise click.UsageError(f"{name} is about a plan that is only shown; leave out --apply.")
        return run_apply(rollback=run, **options)
    for name in ("yes", "expect"):
        if options.pop(name):
            raise click.UsageError(f"--{name} is about what --apply writes; add that, or leave this out.")
    return show_plan_only(detailed_exitcode=detailed_exitcode, rollback=run, **options)
