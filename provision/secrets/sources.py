"""Where a secret is read from. Another source is a class here and a line in `SOURCES`."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provision.core.secret import Secret

MAX_FILE_BYTES = 64 * 1024


class UnreadableSecretError(Exception):
    """A source cannot give the secret; the message and the hint name the source, never a value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What sources may look at: the environment, and the folder of the manifest that asks."""

    environ: Mapping[str, str]
    folder: Path


class SecretSource(Protocol):
    """Reads one secret; raises UnreadableSecretError when there is none to read."""

    def __call__(self, reference: str, surroundings: Surroundings) -> Secret:
        """Read what `reference` names."""
        ...


def read_environment(reference: str, surroundings: Surroundings) -> Secret:
    """The value of an environment variable."""
    value = surroundings.environ.get(reference)
    if value is None:
        raise UnreadableSecretError(
            f"the environment variable {reference} is not set", f"export {reference}, or name another source"
        )
    return Secret(value)


def read_file(reference: str, surroundings: Surroundings) -> Secret:
    """The text of a file beside the manifest or at an absolute path, without one newline at its end."""
    path = surroundings.folder / reference
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # opening one waits for its writer, for ever if there is none
            raise UnreadableSecretError(f"the file {path} is a pipe", "name a regular file")
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise UnreadableSecretError(f"the file {path} is larger than 64 KiB", "is it the right file?")
        text = content.decode("utf-8")
    except OSError as error:
        why = (error.strerror or "unknown error").lower()
        raise UnreadableSecretError(
            f"the file {path} cannot be read: {why}", "a relative path starts at the manifest's folder"
        ) from None
    except (UnicodeDecodeError, ValueError):
        raise UnreadableSecretError(f"the file {path} is not UTF-8 text", "store the secret as text") from None
    return Secret(text.removesuffix("\n").removesuffix("\r"))


SOURCES: Mapping[str, SecretSource] = {"env": read_environment, "file": read_file}
