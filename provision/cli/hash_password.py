"""`provision hash-password`."""

from __future__ import annotations

import sys

import click

from provision.errors import InvalidInputError, Problem
from provision.kinds.secret_rules import ROUNDS


@click.command("hash-password")
@click.option(
    "--codec", type=click.Choice(tuple(ROUNDS)), default="bcrypt", show_default=True, help="As in provision.toml."
)
@click.option(
    "--rounds", type=int, help="The cost, in the codec's own measure; for bcrypt 4 to 20.  [default: the codec's]"
)
@click.pass_context
def command(ctx: click.Context, codec: str, rounds: int | None) -> None:
    """Hash a password, for `password: {hash: …}` in a manifest.

    It is read from standard input, without one newline at its end; a terminal is asked twice, without an echo.
    """
    limits = ROUNDS[codec]
    if rounds is not None:
        option = next(item for item in ctx.command.params if item.name == "rounds")
        click.IntRange(limits.least, limits.most).convert(rounds, option, ctx)
    click.echo(_hash(codec, rounds))


def _hash(name: str, rounds: int | None) -> str:
    from provision.core.secret import Secret
    from provision.secrets.codecs import CODECS, UnequippedError
    from provision.settings import FieldBinding

    try:
        codec = CODECS[name].equipped({})
    except UnequippedError as error:
        raise InvalidInputError([Problem(message=error.message, hint=error.hint)]) from None
    secret = Secret(_read())
    complaint = codec.complaint(secret)
    if complaint:
        raise InvalidInputError([Problem(message=f"the password {complaint[0]}", hint=complaint[1])])
    return codec.store(secret, FieldBinding(rounds=rounds)).reveal()


def _read() -> str:
    if sys.stdin.isatty():
        answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return answer
    try:
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        problem = Problem(message="the password is not valid UTF-8", hint="pipe it in as UTF-8 text")
        raise InvalidInputError([problem]) from None
