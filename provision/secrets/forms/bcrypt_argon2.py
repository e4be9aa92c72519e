"""bcrypt and argon2, through pwdlib, as most applications of FastAPI keep passwords."""

from __future__ import annotations

import re
from functools import cache
from re import Match
from typing import TYPE_CHECKING

from provision.secrets.forms.form import Form

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

BCRYPT = r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"
ARGON2 = (
    r"\$argon2(?:id|i|d)\$(?:v=[0-9]{2}\$)?m=(?P<memory>[1-9][0-9]{0,7}),t=[1-9][0-9]{0,7},p=[1-9][0-9]{0,2}"
    r"\$[+/A-Za-z0-9]{11,128}\$[+/A-Za-z0-9]{16,128}"
)
# 2 GiB, the most that RFC 9106, section 4, recommends, in KiB.
_MAX_MEMORY = 2**21


@cache
def argon2_hasher() -> type[Argon2Hasher] | None:
    """pwdlib's hasher; None where argon2-cffi, which it needs, is not installed."""
    from pwdlib.exceptions import HasherNotAvailable

    try:
        from pwdlib.hashers.argon2 import Argon2Hasher
    except HasherNotAvailable:
        return None
    return Argon2Hasher


def hash_bcrypt(password: bytes, rounds: int) -> str:
    """`$2b$rounds$…`; a quarter of a second at the default cost of 12."""
    from pwdlib.hashers.bcrypt import BcryptHasher

    return BcryptHasher(rounds=rounds).hash(password)


def hash_argon2(password: bytes, rounds: int) -> str:
    """`$argon2id$v=19$m=65536,t=rounds,p=4$…`; raises ModuleNotFoundError without argon2-cffi."""
    hasher = argon2_hasher()
    if hasher is None:
        raise ModuleNotFoundError("argon2-cffi is not installed")
    return hasher(time_cost=rounds).hash(password)


def verify_bcrypt(password: bytes, stored: str) -> bool:
    """Whether it is of this password; never for one of more than 72 bytes, which bcrypt 5 refuses."""
    from pwdlib.hashers.bcrypt import BcryptHasher

    try:
        return BcryptHasher().verify(password, stored)
    except ValueError:
        return False


def verify_argon2(password: bytes, match: Match[str]) -> bool | None:
    """Whether it is of this password; None without argon2-cffi, or when it needs more memory than anybody uses."""
    hasher = argon2_hasher()
    if hasher is None or int(match["memory"]) > _MAX_MEMORY:
        return None
    return hasher().verify(password, match["argon2"])


def _bcrypt(password: bytes, match: Match[str]) -> bool:
    return verify_bcrypt(password, match[0])


FORMS = (
    Form(pattern=re.compile(BCRYPT), verify=_bcrypt),
    Form(pattern=re.compile(f"(?P<argon2>{ARGON2})"), verify=verify_argon2),
)
