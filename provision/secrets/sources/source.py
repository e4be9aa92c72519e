"""What a source is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provision.core.secret import Secret
from provision.kinds.secret_base import Reference
from provision.settings import Settings


class UnreadableSecretError(Exception):
    """A source cannot give the secret; the message and the hint name the source, never a value.

    `said` are the lines of a program that failed: a value might be in them, so they are shown only by `redacted`.
    """

    def __init__(self, message: str, hint: str, *, said: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.said = said


class UnequippedSourceError(UnreadableSecretError):
    """A source lacks what all its secrets need; it is said once, at the first of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What sources may look at: the environment, and what provision.toml allows."""

    environ: Mapping[str, str]
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A secret that was read, and what people should know of its source."""

    secret: Secret
    warnings: tuple[str, ...] = ()


# Reads what the reference names, relative paths starting at the folder; raises UnreadableSecretError.
Reader = Callable[[Reference, Path], Reading]


class SecretSource(Protocol):
    """One place that secrets are read from.

    `waits` says that reading takes long enough to be worth a thread; `beside_manifest`, that paths are relative to
    the manifest that asks, and not to provision.toml.
    """

    waits: bool
    beside_manifest: bool

    def shown(self, reference: Reference) -> str:
        """What is asked for, in a few words."""
        ...

    def equipped(self, surroundings: Surroundings) -> Reader:
        """What reads for one run, from any thread."""
        ...
