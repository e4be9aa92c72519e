"""What a form of stored password is, and what all of them are made of."""

from __future__ import annotations

import hashlib
import secrets
import string
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from re import Match, Pattern

from provision.errors import ProvisionError

SALT_BYTES = 16
SALT_CHARACTERS = string.ascii_letters + string.digits
# A salt that is text is drawn from those; one that an application chose itself is taken too. The dollar parts.
SALT = "([!-#%-~]{1,128})"
COUNT = "([1-9][0-9]{0,7})"
SMALL = "([1-9][0-9]{0,2})"
# hashlib.scrypt takes no more memory than this.
_MAX_MEMORY = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form: the whole of the stored text, and whether a password is that of a match; None is for: cannot tell."""

    pattern: Pattern[str]
    verify: Callable[[bytes, Match[str]], bool | None]


def same(made: bytes | None, stored: bytes) -> bool | None:
    """Whether a digest is the stored one, in a time that does not tell where they differ; None when none was made."""
    return None if made is None else compare_digest(made, stored)


def scrypt(password: bytes, salt: bytes, cost: tuple[int, int, int], *, size: int) -> bytes | None:
    """RFC 7914 at the cost N, r, p; None for a cost that it does not take, or for which the memory is too small."""
    n, r, p = cost
    try:
        return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=size)
    except (ValueError, MemoryError):
        return None


def made_by_scrypt(password: bytes, salt: bytes, cost: tuple[int, int, int], *, size: int) -> bytes:
    """The same for a new hash; raises ProvisionError where scrypt gives None."""
    digest = scrypt(password, salt, cost, size=size)
    if digest is None:
        message = f"scrypt with N={cost[0]} needs {cost[0] * cost[1] // 2**13} MiB of memory for each password"
        raise ProvisionError(message, hint="lower the rounds of its field in provision.toml")
    return digest


def verify_pbkdf2(password: bytes, salt: bytes, *, digest: str, rounds: int, stored: bytes) -> bool | None:
    """Whether the stored bytes are PBKDF2's (RFC 8018) of this password; None when they are too few or too many."""
    if len(stored) != hashlib.new(digest).digest_size:
        return None
    return same(hashlib.pbkdf2_hmac(digest, password, salt, rounds), stored)


def salt_text(length: int) -> str:
    """A fresh salt of letters and digits."""
    return "".join(secrets.choice(SALT_CHARACTERS) for _ in range(length))


def unpadded(raw: bytes) -> str:
    """Base64 without padding, as in PHC strings."""
    return b64encode(raw).decode().rstrip("=")


def from_unpadded(text: str) -> bytes:
    """The reverse; raises ValueError when no bytes have that text."""
    return b64decode(text + "=" * (-len(text) % 4), validate=True)
