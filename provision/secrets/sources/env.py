"""Secrets in environment variables."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from provision.core.secret import Secret
from provision.kinds.secret_base import Reference
from provision.secrets.sources.source import Reader, Reading, Surroundings, UnreadableSecretError


class EnvironmentSource:
    """The value of a variable, exactly as it is."""

    waits = False
    beside_manifest = False

    def shown(self, reference: Reference) -> str:
        """The variable."""
        return f"env {reference[0]}"

    def equipped(self, surroundings: Surroundings) -> Reader:
        """Nothing else is needed."""
        return partial(_read, surroundings)


def _read(surroundings: Surroundings, reference: Reference, folder: Path) -> Reading:
    del folder
    [name] = reference
    value = surroundings.environ.get(name)
    if value is None:
        raise UnreadableSecretError(
            f"the environment variable {name} is not set", f"export {name}, or name another source"
        )
    return Reading(secret=Secret(value))
