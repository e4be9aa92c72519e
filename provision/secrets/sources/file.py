"""Secrets in files of their own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from provision.kinds.secret_base import Reference
from provision.secrets.files import UnreadableFileError, read_jailed
from provision.secrets.jail import Jail, jail_of
from provision.secrets.sources.source import Reader, Reading, Surroundings, UnreadableSecretError
from provision.secrets.sources.text import MAX_BYTES, secret_text


class FileSource:
    """The text of a file, without one newline at its end."""

    waits = True
    beside_manifest = True

    def shown(self, reference: Reference) -> str:
        """The file."""
        return f"file {reference[0]}"

    def equipped(self, surroundings: Surroundings) -> Reader:
        """It needs the folders that may be read."""
        return partial(_read, jail_of(surroundings.settings))


def _read(jail: Jail, reference: Reference, folder: Path) -> Reading:
    path = folder / reference[0]
    try:
        content = read_jailed(path, jail, limit=MAX_BYTES)
    except UnreadableFileError as error:
        raise UnreadableSecretError(f"the file {path} {error.message}", error.hint) from None
    return Reading(
        secret=secret_text(content.data, f"the file {path}"),
        warnings=(public_warning(f"the file {path}"),) if content.is_public else (),
    )


def public_warning(what: str) -> str:
    """What is said of a file that everybody may read."""
    return f"{what} holds a secret, and every user of this machine may read it: chmod o-r"
