"""`provision hash-password`."""

from __future__ import annotations

import sys

import click

from provision.errors import InvalidInputError, Problem


@click.command("hash-password")
@click.option("--rounds", type=click.IntRange(4, 20), default=12, show_default=True, help="bcrypt's cost.")
def command(rounds: int) -> None:
    """Hash a password with bcrypt, for `password: {hash: …}` in a manifest.

    It is read from standard input, without one newline at its end; a terminal is asked twice, without an echo.
    """
    from provision.core.secret import Secret
    from provision.secrets.codecs import CODECS
    from provision.settings import FieldBinding

    secret = Secret(_read())
    complaint = CODECS["bcrypt"].complaint(secret)
    if complaint:
        raise InvalidInputError([Problem(message=f"the password {complaint[0]}", hint=complaint[1])])
    click.echo(CODECS["bcrypt"].store(secret, FieldBinding(rounds=rounds)).reveal())


def _read() -> str:
    if sys.stdin.isatty():
        answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return answer
    try:
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        problem = Problem(message="the password is not valid UTF-8", hint="pipe it in as UTF-8 text")
        raise InvalidInputError([problem]) from None
