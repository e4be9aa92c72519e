"""Digests for documents that anybody may read: keyed where there is a key, so that nobody guesses values by them.

With a key they are HMAC-SHA-256 (RFC 2104), under a key derived from the fingerprints' own by a label, so that
neither can stand in the place of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from hmac import compare_digest, digest
from typing import NoReturn, Self

from provision.core.address import Address
from provision.core.value import Value, canonical_json
from provision.errors import InvalidInputError
from provision.secrets.fingerprint_keys import read_keys

_LABEL = b"provision plan v1"
PLAIN, KEYED = "sha256", "hmac-sha256"
# Of a value's digest: eight bytes tell two values apart, and a plan holds a million of them.
_VALUE_CHARACTERS = 16


class Seal:
    """Makes the digests; `is_keyed` says whether one may publish those of private values."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes | None = None) -> None:
        self._key = None if key is None else digest(key, _LABEL, "sha256")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """With PROVISION_FINGERPRINT_KEY, if it is set; raises InvalidInputError when it is unfit."""
        key, _, problems = read_keys(environ)
        if problems:
            raise InvalidInputError(problems)
        return cls(None if key is None else key.reveal().encode("utf-8", "surrogateescape"))

    @property
    def is_keyed(self) -> bool:
        """Whether nobody without the key can try values against these digests."""
        return self._key is not None

    def of(self, text: str) -> str:
        """The digest of a text in hexadecimal, 64 characters."""
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.sha256(data).hexdigest() if self._key is None else digest(self._key, data, "sha256").hex()

    def of_value(self, address: Address, name: str, value: Value) -> str:
        """That of what a field of a row holds; equal values of other rows or fields look different."""
        return self.of(canonical_json([str(address), name, value]))[:_VALUE_CHARACTERS]

    def stamp(self, text: str) -> str:
        """The digest with the name of its kind before it."""
        return f"{KEYED if self.is_keyed else PLAIN}:{self.of(text)}"

    def fits(self, text: str, stamp: str) -> bool:
        """Whether this stamp is that of this text."""
        return compare_digest(self.stamp(text).encode(), stamp.encode("utf-8", "replace"))

    def __repr__(self) -> str:
        return f"Seal(is_keyed={self.is_keyed})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")
