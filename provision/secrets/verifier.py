"""The hashers that are installed: bcrypt always, argon2 where the application's pwdlib brings it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pwdlib import PasswordHash


@cache
def installed_hashers() -> PasswordHash:
    """A verifier for every form of hash that can be read here."""
    from pwdlib import PasswordHash
    from pwdlib.exceptions import HasherNotAvailable
    from pwdlib.hashers.bcrypt import BcryptHasher

    try:
        from pwdlib.hashers.argon2 import Argon2Hasher
    except HasherNotAvailable:
        return PasswordHash((BcryptHasher(),))
    return PasswordHash((BcryptHasher(), Argon2Hasher()))
