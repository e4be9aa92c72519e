"""Secrets of applications that keep them as they are; each plan says so."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from provision.core.secret import Secret, StoredSecret
from provision.kinds.secret_rules import PLAINTEXT
from provision.secrets.codecs.codec import MAX_BYTES, Complaint, SecretCodec, unfit_text
from provision.secrets.codecs.key import key_prefix
from provision.settings import FieldBinding


class PlaintextCodec:
    """Stores the secret itself, where the binding allows it (provision.kinds.secret_rules)."""

    slow = False

    def equipped(self, environ: Mapping[str, str]) -> SecretCodec:
        """Itself: nothing else is needed."""
        del environ
        return self

    def complaint(self, secret: Secret) -> Complaint | None:
        """Only what is no text of a sensible length."""
        return unfit_text(secret, max_bytes=MAX_BYTES, by=PLAINTEXT)

    def store(self, secret: Secret, binding: FieldBinding) -> StoredSecret:
        """The secret, and the pieces of it for which there are columns."""
        text = secret.reveal()
        return StoredSecret(
            text,
            prefix=key_prefix(text) if binding.prefix else None,
            last_four=text[-4:] if binding.last_four else None,
        )

    def matches(self, secret: Secret, stored: str) -> bool | None:
        """Compare the two in a time that does not tell where they differ."""
        return hmac.compare_digest(secret.reveal().encode(), stored.encode())
