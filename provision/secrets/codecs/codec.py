"""What a codec is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from provision.core.secret import Secret, StoredSecret
from provision.settings import FieldBinding

# passlib's limit (PASSLIB_MAX_PASSWORD_SIZE): beyond it hashing gets slow, and nobody means it.
MAX_BYTES = 4096

# What is wrong with a secret, to be read after "the password", and a hint.
Complaint = tuple[str, str]


class UnequippedError(Exception):
    """A codec lacks what it needs beside the secret; the message and the hint never hold a value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SecretCodec(Protocol):
    """How one kind of secret is checked, stored and compared; `slow` ones are worth a thread each."""

    slow: bool

    def equipped(self, environ: Mapping[str, str]) -> SecretCodec:
        """The codec with what it takes from the environment, ready to store and compare; raises UnequippedError."""
        ...

    def complaint(self, secret: Secret) -> Complaint | None:
        """What is wrong with a secret before it is stored, and a hint; None when nothing is."""
        ...

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """What to keep of it."""
        ...

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Whether the stored value is of this secret; None when its form is not known here."""
        ...


def unfit_text(secret: Secret, *, max_bytes: int, by: str) -> Complaint | None:
    """What no codec stores: nothing, NUL bytes, what is not Unicode, and more than `max_bytes`, which `by` takes."""
    try:
        encoded = secret.reveal().encode("utf-8")
    except UnicodeEncodeError:
        return "is not valid Unicode", "store it as UTF-8"
    if not encoded:
        return "is empty", "an empty password is never set; check its source"
    if b"\0" in encoded:
        return "holds a NUL byte", "password hashes cut a password there, or ignore it; choose another one"
    if len(encoded) > max_bytes:
        return f"has {len(encoded)} bytes, and {by} takes {max_bytes}", "choose a shorter one"
    return None
