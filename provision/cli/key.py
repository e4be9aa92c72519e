"""`provision key check`."""

from __future__ import annotations

import sys

import click

from provision.cli.options import Parsed
from provision.core.key_form import PREFIX_LENGTH, PREFIX_MEANING, KeyInspection, inspect_key, is_prefix
from provision.errors import InvalidInputError, Problem

# Far more than any key; the rest of what somebody pipes in by mistake is not read.
MAX_BYTES = 4096


def _prefix(text: str) -> str:
    if not is_prefix(text):
        raise ValueError(f"a prefix is {PREFIX_MEANING}, at most {PREFIX_LENGTH}")
    return text


@click.group("key")
def command() -> None:
    """What can be told of an API key without a database."""


@command.command("check")
@click.option("--prefix", type=Parsed("prefix", _prefix), metavar="PREFIX", help="Demand this prefix, as in acme.")
@click.argument("surplus", nargs=-1, metavar="")
def check_command(prefix: str | None, surplus: tuple[str, ...]) -> None:
    """Check the form and the checksum of one API key.

    It is read from standard input, without one newline at its end; a terminal is asked, without an echo. Whether
    anybody knows the key takes the application's database, and is not told.
    """
    if surplus:  # click's own message would repeat it
        raise click.UsageError("The key is read from standard input, and is no argument.")
    found = inspect_key(_read())
    if not found.is_right:
        raise _invalid(found)
    if prefix is not None and found.prefix != prefix:
        raise _invalid(KeyInspection(complaint=f"has the prefix {found.prefix}", hint=f"{prefix} was asked for"))
    click.echo(f"Valid: prefix {found.prefix}.")


def _read() -> str:
    if sys.stdin.isatty():
        answer: str = click.prompt("Key", hide_input=True, err=True)
        return answer
    given = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(given) > MAX_BYTES:
        raise _invalid(KeyInspection(complaint=f"has more than {MAX_BYTES} bytes", hint="give one key"))
    # What is not UTF-8 is beyond ASCII in any case, and inspected as such.
    return given.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


def _invalid(found: KeyInspection) -> InvalidInputError:
    return InvalidInputError([Problem(message=f"the key {found.complaint}", hint=found.hint)])
