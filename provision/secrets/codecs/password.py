"""Passwords: hashed slowly, and verified in whatever form the application keeps them now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provision.core.secret import Secret, StoredSecret
from provision.kinds.secret_rules import cost
from provision.secrets.codecs.codec import MAX_BYTES, Complaint, SecretCodec, UnequippedError, unfit_text
from provision.secrets.forms.bcrypt_argon2 import argon2_hasher
from provision.secrets.forms.django import UNUSABLE
from provision.secrets.verifier import verify
from provision.settings import FieldBinding

# bcrypt reads 72 bytes and no more; bcrypt 5 raises for longer ones, older ones cut them off silently.
MAX_BCRYPT_BYTES = 72


class PasswordCodec:
    """A form of password: `hash_` makes it from the password's bytes and the rounds."""

    slow = True

    def __init__(self, name: str, hash_: Callable[[bytes, int], str], *, max_bytes: int = MAX_BYTES) -> None:
        self._name = name
        self._hash = hash_
        self._max_bytes = max_bytes

    def equipped(self, environ: Mapping[str, str]) -> SecretCodec:
        """Itself: nothing else is needed."""
        del environ
        return self

    def complaint(self, secret: Secret) -> Complaint | None:
        """The form's limits, and what forms accept and nobody means."""
        return unfit_text(secret, max_bytes=self._max_bytes, by=self._name)

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """Hash it at the binding's cost."""
        return StoredSecret(self._hash(secret.reveal().encode(), cost(self._name, binding)))

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Verify it in any form that is known: applications may have rehashed at login."""
        return verify(secret, stored)


class Argon2Codec(PasswordCodec):
    """argon2, whose library not everybody has."""

    def equipped(self, environ: Mapping[str, str]) -> SecretCodec:
        """Itself; raises UnequippedError without argon2-cffi."""
        del environ
        if argon2_hasher() is None:
            raise UnequippedError("argon2 needs argon2-cffi", 'install it: pip install "provision-db[argon2]"')
        return self


class DjangoCodec(PasswordCodec):
    """Django's forms, and no others: Django takes what precedes the first dollar for the algorithm's name."""

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """As Django's check_password: never for an unusable password, nor for a bare `$2b$…` or `$argon2id$…`."""
        return False if stored.startswith((UNUSABLE, "$")) else verify(secret, stored)
