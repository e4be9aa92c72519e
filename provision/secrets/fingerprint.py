"""Keyed fingerprints: what the ledger keeps of a password that we set, to know it again without hashing it slowly.

`v1:<key id>:<nonce>:<MAC of the declared password>:<MAC of the stored hash>`, all but the version in hexadecimal.

- The MACs are HMAC-SHA-256 (RFC 2104) over a label for each of the two, the nonce, and the value, so that neither can
  stand in the place of the other. They are cut to 128 bits, the least that RFC 2104, section 5, allows for: nobody
  without the key does better than to guess one, and a ledger of 100,000 passwords stays 6 MB smaller.
- The nonce is 128 random bits, new with each fingerprint: two users with one password do not look alike, and since no
  name takes part, a rename keeps the fingerprint.
- The key id tells which of two keys it was made with; it is a MAC of a constant, and says nothing of the key.

Without the key a fingerprint cannot be tried against a list of passwords, as a plain digest could.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest, digest
from secrets import token_bytes
from typing import NoReturn, Self

from provision.core.secret import Secret
from provision.errors import InvalidInputError
from provision.secrets.fingerprint_keys import read_keys

VERSION = "v1"
_NONCE_BYTES, _MAC_BYTES, _ID_BYTES = 16, 16, 4
_FORM = re.compile(r"v1:([0-9a-f]{8}):([0-9a-f]{32}):([0-9a-f]{32}):([0-9a-f]{32})")
_ID_LABEL = b"provision fingerprint v1, key id"
_DECLARED_LABEL, _STORED_LABEL = b"provision fingerprint v1, declared\0", b"provision fingerprint v1, stored\0"


class Likeness(StrEnum):
    """Whether a value is the one of which a fingerprint was made."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a fingerprint tells of the declared password and the stored hash; both are unknown, or neither is.

    `is_old` says that it was made with the former key, and wants to be made anew.
    """

    declared: Likeness = Likeness.UNKNOWN
    stored: Likeness = Likeness.UNKNOWN
    is_old: bool = False

    @property
    def tells_both_same(self) -> bool:
        """Whether both are as they were, so that nothing need be verified."""
        return self.declared is Likeness.SAME and self.stored is Likeness.SAME


UNREAD = Reading()
"""There is no fingerprint, or none that these keys made, or none that can be read."""


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, text: Secret) -> Self:
        # What is not UTF-8 in the environment is escaped by Python (PEP 383), and comes back as it was.
        secret = text.reveal().encode("utf-8", "surrogateescape")
        return cls(digest(secret, _ID_LABEL, "sha256")[:_ID_BYTES].hex(), secret)

    def mac(self, label: bytes, nonce: bytes, value: str) -> str:
        message = label + nonce + value.encode("utf-8", "surrogatepass")
        return digest(self.secret, message, "sha256")[:_MAC_BYTES].hex()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """Makes and reads fingerprints with the current key, and reads those of the former one."""

    _current: _Key = field(repr=False)
    _former: _Key | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self | None:
        """With the keys that the environment names; None when it names none.

        Raises InvalidInputError with a problem for each key that cannot be used.
        """
        current, former, problems = read_keys(environ)
        if problems:
            raise InvalidInputError(problems)
        return cls(_Key.of(current), _Key.of(former) if former else None) if current else None

    def make(self, declared: Secret, stored: str) -> str:
        """A new fingerprint of a password and the hash of it that the database keeps."""
        key, nonce = self._current, token_bytes(_NONCE_BYTES)
        macs = key.mac(_DECLARED_LABEL, nonce, declared.reveal()), key.mac(_STORED_LABEL, nonce, stored)
        return ":".join((VERSION, key.id, nonce.hex(), *macs))

    def read(self, fingerprint: str | None, declared: Secret, stored: str) -> Reading:
        """Whether the password and the hash are those of which it was made."""
        match = _FORM.fullmatch(fingerprint or "")
        if match is None:
            return UNREAD
        key_id, nonce, *macs = match.groups()
        key = self._key(key_id)
        if key is None:
            return UNREAD
        raw = bytes.fromhex(nonce)
        return Reading(
            declared=_likeness(key.mac(_DECLARED_LABEL, raw, declared.reveal()), macs[0]),
            stored=_likeness(key.mac(_STORED_LABEL, raw, stored), macs[1]),
            is_old=key is not self._current,
        )

    def _key(self, key_id: str) -> _Key | None:
        if key_id == self._current.id:
            return self._current
        return self._former if self._former and key_id == self._former.id else None


def _likeness(made: str, kept: str) -> Likeness:
    """In a time that does not tell where they differ."""
    return Likeness.SAME if compare_digest(made, kept) else Likeness.DIFFERENT
