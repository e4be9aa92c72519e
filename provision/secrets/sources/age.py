"""Secrets encrypted with age (age-encryption.org/v1), in files of their own or armored in the manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from provision.kinds.secret_base import Reference
from provision.secrets.files import UnreadableFileError, read_jailed
from provision.secrets.jail import Jail, jail_of
from provision.secrets.sources.identity import Keyring, load_keyring
from provision.secrets.sources.source import Reader, Reading, Surroundings, UnreadableSecretError
from provision.secrets.sources.text import MAX_BYTES, secret_text

# The armor makes 4 bytes of 3, and each recipient adds a line or a few to the header.
MAX_ENCRYPTED_BYTES = 2 * MAX_BYTES


class AgeSource:
    """The decrypted text, without one newline at its end."""

    waits = True
    beside_manifest = True

    def shown(self, reference: Reference) -> str:
        """The file, or that it is a text."""
        form, value = reference
        return f"age file {value}" if form == "file" else "age text"

    def equipped(self, surroundings: Surroundings) -> Reader:
        """It needs the folders that may be read, and the identities, which are read when the first secret asks."""
        keyring = cache(partial(load_keyring, surroundings))
        return _AgeReader(jail=jail_of(surroundings.settings), keyring=keyring).read


@dataclass(frozen=True, slots=True, kw_only=True)
class _AgeReader:
    """Decrypts for one run."""

    jail: Jail
    keyring: Callable[[], Keyring]

    def read(self, reference: Reference, folder: Path) -> Reading:
        """The file first, so that it is complained about even when there is no identity."""
        form, value = reference
        what = f"the age file {folder / value}" if form == "file" else "the age text"
        encrypted = self._file(folder / value, what) if form == "file" else value.encode()
        keyring = self.keyring()
        clear = keyring.decrypt(encrypted, what)
        if len(clear) > MAX_BYTES:
            raise UnreadableSecretError(f"{what} holds more than {MAX_BYTES // 1024} KiB", "is it the right file?")
        return Reading(secret=secret_text(clear, what), warnings=keyring.warnings)

    def _file(self, path: Path, what: str) -> bytes:
        try:
            return read_jailed(path, self.jail, limit=MAX_ENCRYPTED_BYTES).data
        except UnreadableFileError as error:
            raise UnreadableSecretError(f"{what} {error.message}", error.hint) from None
