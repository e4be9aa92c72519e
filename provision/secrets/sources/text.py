"""From the bytes of a file or of a program to the secret in them."""

from __future__ import annotations

from provision.core.secret import Secret
from provision.secrets.sources.source import UnreadableSecretError

MAX_BYTES = 64 * 1024


def secret_text(data: bytes, what: str) -> Secret:
    """The text without one newline (or CRLF) at its end; raises UnreadableSecretError for what is not UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableSecretError(f"{what} is not UTF-8 text", "store the secret as text") from None
    return Secret(text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n"))
