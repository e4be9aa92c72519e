"""The list of commands; each is imported only when it is run or asked for help."""

from __future__ import annotations

from importlib import import_module

import click

from provision import __version__
from provision.cli.logs import set_up_logs

# Name, module, and the sentence that `provision --help` shows.
COMMANDS = {
    "validate": ("validate", "Check the manifests, without a database."),
    "plan": ("plan", "Show what apply would do; nothing is written."),
    "apply": ("apply", "Make the database match the manifests."),
    "rotate": ("rotate", "Give generated keys a successor now."),
    "rollback": ("rollback", "Plan how to undo a run, or do it."),
    "explain": ("explain", "Say of a resource what its fields hold, and why."),
    "history": ("history", "List, show, verify or prune past runs."),
    "kinds": ("kinds", "List the project's kinds, or make a binding from tables."),
    "export": ("export", "Write manifests of the rows that are there."),
    "schema": ("schema", "Print or write the JSON Schemas of manifests."),
    "hash-password": ("hash_password", "Hash a password from standard input."),
    "key": ("key", "Check the form and checksum of an API key."),
    "migrate": ("migrate", "Create or upgrade the ledger's tables."),
    "version": ("version", "Print the version."),
}
ALIASES = {"diff": "plan"}
LEVELS = ("debug", "info", "warning", "error")


class LazyGroup(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        command: click.Command = import_module(f"provision.cli.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table above instead of from the modules."""
        del ctx
        with formatter.section("Commands"):
            rows = [(name, sentence) for name, (_, sentence) in COMMANDS.items()]
            rows.insert(2, ("diff", "The same as plan."))
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="provision", message="%(prog)s %(version)s")
@click.option(
    "--log-level", type=click.Choice(LEVELS), default="warning", show_default=True, help="Logs go to stderr."
)
def provision(log_level: str) -> None:
    """Users, API keys and other reference rows of an application's database, declared in git.

    Write manifests, look at the plan, apply it:

    \b
        provision plan
        provision apply

    Exit codes: 0 done, 1 error, 2 changes pending (plan --detailed-exitcode), 3 database unreachable or locked,
    4 plan is stale, 5 refused by a guard, 6 outcome unknown, 64 usage error.
    """
    set_up_logs(log_level)
