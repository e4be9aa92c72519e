"""What the database keeps of a secret. Another form is a class here and a line in `CODECS`."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Protocol

from provision.core.secret import Secret, StoredSecret
from provision.secrets.verifier import installed_hashers
from provision.settings import FieldBinding

# bcrypt reads 72 bytes and no more; bcrypt 5 raises for longer ones, older ones cut them off silently.
MAX_BCRYPT_BYTES = 72
# A plain SHA-256 needs 112 bits of entropy (OWASP ASVS 5.0, 6.5.2): 20 characters of base62 hold 119.
MIN_KEY_CHARACTERS = 20
_PREFIX = re.compile(r"([A-Za-z0-9-]{1,16})_")


class SecretCodec(Protocol):
    """How one kind of secret is checked, stored and compared; `slow` ones are worth a thread each."""

    slow: bool

    def complaint(self, secret: Secret) -> tuple[str, str] | None:
        """What is wrong with a secret before it is stored, and a hint; None when nothing is."""
        ...

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """What to keep of it."""
        ...

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Whether the stored value is of this secret; None when its form is not known here."""
        ...


class BcryptCodec:
    """Passwords, by pwdlib's bcrypt."""

    slow = True

    def complaint(self, secret: Secret) -> tuple[str, str] | None:
        """bcrypt's limits, and the empty password, which bcrypt accepts and nobody means."""
        try:
            encoded = secret.reveal().encode("utf-8")
        except UnicodeEncodeError:
            return "is not valid Unicode", "store it as UTF-8"
        if not encoded:
            return "is empty", "an empty password is never set; check its source"
        if b"\0" in encoded:
            return "holds a NUL byte", "bcrypt implementations cut a password there; choose another one"
        if len(encoded) > MAX_BCRYPT_BYTES:
            return f"has {len(encoded)} bytes, and bcrypt takes 72", "choose a shorter one"
        return None

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """Hash it; a quarter of a second at the default cost of 12."""
        from pwdlib.hashers.bcrypt import BcryptHasher

        return StoredSecret(BcryptHasher(rounds=binding.rounds or 12).hash(secret.reveal()))

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Verify it with every hasher that pwdlib finds installed: applications may have rehashed at login."""
        from pwdlib.exceptions import UnknownHashError

        try:
            return installed_hashers().verify(secret.reveal(), stored)
        except UnknownHashError:
            return None
        except ValueError:
            return False


class Sha256Codec:
    """API keys: random enough that a plain SHA-256 protects them, and found by it in one look-up."""

    slow = False

    def complaint(self, secret: Secret) -> tuple[str, str] | None:
        """Too short to be random enough, or not printable ASCII, which no HTTP header would carry."""
        text = secret.reveal()
        if len(text) < MIN_KEY_CHARACTERS:
            return f"has fewer than {MIN_KEY_CHARACTERS} characters", "a key is random: openssl rand -hex 20"
        if not all("!" <= character <= "~" for character in text):
            return "holds spaces or characters beyond ASCII", "a key travels in an HTTP header"
        return None

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """Its SHA-256 in hexadecimal, the part before the first underscore, and the last four characters."""
        del binding
        text = secret.reveal()
        prefix = _PREFIX.match(text)
        return StoredSecret(_sha256(text), prefix=prefix[1] if prefix else None, last_four=text[-4:])

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Compare the digests."""
        return hmac.compare_digest(_sha256(secret.reveal()).encode(), stored.encode())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


CODECS: Mapping[str, SecretCodec] = {"bcrypt": BcryptCodec(), "sha256": Sha256Codec()}
