"""API keys: random enough that a plain digest protects them, and found by it in one look-up."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from provision.core.key_form import inspect_key
from provision.core.secret import Secret, StoredSecret
from provision.secrets.codecs.codec import MAX_BYTES, Complaint, SecretCodec, UnequippedError
from provision.settings import FieldBinding

# A plain SHA-256 needs 112 bits of entropy (OWASP ASVS 5.0, 6.5.2): 20 characters of base62 hold 119.
MIN_KEY_CHARACTERS = 20
PEPPER_VARIABLE = "PROVISION_KEY_PEPPER"
# 128 bits; NIST SP 800-131A Rev. 2, section 10, asks for 112 or more in the key of an HMAC.
MIN_PEPPER_BYTES = 16
_PREFIX = re.compile(r"([A-Za-z0-9-]{1,16})_")


def key_prefix(text: str) -> str | None:
    """What people recognise a key by: its whole prefix in our form, else what precedes the first underscore."""
    minted = inspect_key(text).prefix
    if minted is not None:
        return minted
    prefix = _PREFIX.match(text)
    return prefix[1] if prefix else None


class Sha256Codec:
    """Keys by their SHA-256 in hexadecimal."""

    slow = False

    def equipped(self, environ: Mapping[str, str]) -> SecretCodec:
        """Itself: nothing else is needed."""
        del environ
        return self

    def complaint(self, secret: Secret) -> Complaint | None:
        """Too short to be random enough, or not printable ASCII, which no HTTP header would carry."""
        text = secret.reveal()
        if len(text) < MIN_KEY_CHARACTERS:
            return f"has fewer than {MIN_KEY_CHARACTERS} characters", "a key is random: openssl rand -hex 20"
        if not all("!" <= character <= "~" for character in text):
            return "holds spaces or characters beyond ASCII", "a key travels in an HTTP header"
        if len(text) > MAX_BYTES:
            return f"has {len(text)} characters, and {MAX_BYTES} are the most", "a key is short and random"
        return None

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """Its digest in hexadecimal, its prefix, and its last four characters."""
        del binding
        text = secret.reveal()
        return StoredSecret(self._digest(text), prefix=key_prefix(text), last_four=text[-4:])

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Compare the digests."""
        return hmac.compare_digest(self._digest(secret.reveal()).encode(), stored.encode())

    def _digest(self, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


class HmacSha256Codec(Sha256Codec):
    """Keys by their HMAC-SHA-256 (RFC 2104), whose key is the pepper that the application knows."""

    def __init__(self, pepper: Secret | None = None) -> None:
        self._pepper = pepper

    def equipped(self, environ: Mapping[str, str]) -> SecretCodec:
        """The same with the pepper; raises UnequippedError when it is not set, or too short to be one."""
        pepper = environ.get(PEPPER_VARIABLE)
        hint = f"export it as the application has it, {MIN_PEPPER_BYTES} bytes or more: openssl rand -hex 32"
        if not pepper:
            raise UnequippedError(f"hmac_sha256 needs the environment variable {PEPPER_VARIABLE}", hint)
        if len(_bytes(pepper)) < MIN_PEPPER_BYTES:
            message = f"the pepper in {PEPPER_VARIABLE} has fewer than {MIN_PEPPER_BYTES} bytes"
            raise UnequippedError(message, hint)
        return HmacSha256Codec(Secret(pepper))

    def _digest(self, text: str) -> str:
        if self._pepper is None:
            raise UnequippedError("hmac_sha256 has no pepper", "call equipped() first")
        return hmac.new(_bytes(self._pepper.reveal()), text.encode(), hashlib.sha256).hexdigest()


def _bytes(variable: str) -> bytes:
    """The bytes of an environment variable, of which Python escapes those that are not UTF-8 (PEP 383)."""
    return variable.encode("utf-8", "surrogateescape")
