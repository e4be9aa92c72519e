"""Secrets that a program prints: password managers and vaults of every kind."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from provision.kinds.secret_base import Reference
from provision.secrets.program import ProgramError, run
from provision.secrets.sources.source import Reader, Reading, Surroundings, UnreadableSecretError
from provision.secrets.sources.text import secret_text


class CommandSource:
    """What a program prints, without one newline at its end; it runs in the folder of provision.toml."""

    waits = True
    beside_manifest = False

    def shown(self, reference: Reference) -> str:
        """The program; its arguments are in the manifest."""
        return f"command {reference[0]}"

    def equipped(self, surroundings: Surroundings) -> Reader:
        """It needs what provision.toml allows."""
        return partial(_read, surroundings)


def _read(surroundings: Surroundings, reference: Reference, folder: Path) -> Reading:
    allowed = surroundings.settings.secrets
    try:
        printed = run(
            reference,
            allowed=allowed.commands,
            environ=surroundings.environ,
            timeout=allowed.command_seconds,
            folder=folder,
        )
    except ProgramError as error:
        raise UnreadableSecretError(error.message, error.hint, said=error.said) from None
    return Reading(secret=secret_text(printed, f"what the command {reference[0]} printed"))
