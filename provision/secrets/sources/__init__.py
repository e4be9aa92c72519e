"""Where a secret is read from. Another source is a class in a module here and a line in `SOURCES`."""

from __future__ import annotations

from collections.abc import Mapping

from provision.secrets.sources.age import AgeSource
from provision.secrets.sources.command import CommandSource
from provision.secrets.sources.env import EnvironmentSource
from provision.secrets.sources.file import FileSource
from provision.secrets.sources.source import (
    Reading,
    SecretSource,
    Surroundings,
    UnequippedSourceError,
    UnreadableSecretError,
)

__all__ = [
    "SOURCES",
    "Reading",
    "SecretSource",
    "Surroundings",
    "UnequippedSourceError",
    "UnreadableSecretError",
]

SOURCES: Mapping[str, SecretSource] = {
    "env": EnvironmentSource(),
    "file": FileSource(),
    "age": AgeSource(),
    "command": CommandSource(),
}
