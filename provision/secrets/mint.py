"""Making secrets from the system's randomness: keys in the form that secret scanners know, and passwords."""

from __future__ import annotations

from functools import lru_cache
from secrets import token_bytes

from provision.core.key_form import BASE62, RANDOM_LENGTH, checksum, is_prefix
from provision.core.secret import Secret

_BYTES = 256


def mint_key(prefix: str) -> Secret:
    """A fresh key: its prefix, 30 random characters of base62 (30 · log2 62 = 178.6 bits), and their checksum.

    That is more than the 112 bits from which on a plain SHA-256 protects a key (OWASP ASVS 5.0, 6.5.2).
    Raises ValueError for what is no prefix.
    """
    if not is_prefix(prefix):
        raise ValueError("not a prefix of a key")
    random = _draw(RANDOM_LENGTH, BASE62)
    return Secret(f"{prefix}_{random}{checksum(random)}")


def mint_password(length: int, alphabet: str) -> Secret:
    """A fresh password of so many characters of an alphabet, each as likely as any other.

    Its entropy is length · log2 of the alphabet's size; raises ValueError for an alphabet that is not of two or more
    different characters of ASCII.
    """
    if len(alphabet) <= 1 or len(set(alphabet)) != len(alphabet) or not alphabet.isascii():
        raise ValueError("not an alphabet")
    return Secret(_draw(length, alphabet))


def _draw(length: int, alphabet: str) -> str:
    """Random characters from one request for bytes, rarely two.

    A byte stands for the character at its remainder; bytes beyond the largest multiple of the alphabet's size are
    left out, since they would make the first characters likelier.
    """
    table, rejected = _tables(alphabet)
    wanted = length * _BYTES // (_BYTES - len(rejected)) + length // 4 + 8
    drawn = b""
    while len(drawn) < length:
        drawn += token_bytes(wanted).translate(table, rejected)
    return drawn[:length].decode("ascii")


@lru_cache(maxsize=16)
def _tables(alphabet: str) -> tuple[bytes, bytes]:
    """What each byte stands for, and the bytes that stand for nothing."""
    size = len(alphabet)
    fair = _BYTES - _BYTES % size
    table = bytes(ord(alphabet[byte % size]) for byte in range(_BYTES))
    return table, bytes(range(fair, _BYTES))
