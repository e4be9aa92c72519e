"""scrypt and PBKDF2 as passlib writes them (passlib.readthedocs.io, passlib.hash.scrypt, .pbkdf2_digest)."""

from __future__ import annotations

import re
from hashlib import pbkdf2_hmac
from re import Match
from secrets import token_bytes

from provision.secrets.forms.form import (
    COUNT,
    SALT_BYTES,
    SMALL,
    Form,
    from_unpadded,
    made_by_scrypt,
    same,
    scrypt,
    unpadded,
    verify_pbkdf2,
)

_BLOCK, _LANES = 8, 1
_SCRYPT = re.compile(
    rf"\$scrypt\$ln=([1-9]|[12][0-9]|3[01]),r={SMALL},p={SMALL}\$([+/0-9A-Za-z]{{2,172}})\$([+/0-9A-Za-z]{{43}})"
)
_PBKDF2 = re.compile(
    rf"\$pbkdf2-(sha256|sha512)\${COUNT}\$([./0-9A-Za-z]{{2,172}})\$([./0-9A-Za-z]{{43}}|[./0-9A-Za-z]{{86}})"
)


def hash_scrypt(password: bytes, rounds: int) -> str:
    """`$scrypt$ln=rounds,r=8,p=1$salt$checksum`; raises ProvisionError when the machine has too little memory."""
    salt = token_bytes(SALT_BYTES)
    digest = made_by_scrypt(password, salt, (2**rounds, _BLOCK, _LANES), size=32)
    return f"$scrypt$ln={rounds},r={_BLOCK},p={_LANES}${unpadded(salt)}${unpadded(digest)}"


def hash_pbkdf2(password: bytes, rounds: int) -> str:
    """`$pbkdf2-sha256$rounds$salt$checksum`."""
    salt = token_bytes(SALT_BYTES)
    digest = pbkdf2_hmac("sha256", password, salt, rounds)
    return f"$pbkdf2-sha256${rounds}${_dotted(salt)}${_dotted(digest)}"


def _verify_scrypt(password: bytes, match: Match[str]) -> bool | None:
    try:
        salt, digest = from_unpadded(match[4]), from_unpadded(match[5])
    except ValueError:
        return None
    made = scrypt(password, salt, (2 ** int(match[1]), int(match[2]), int(match[3])), size=len(digest))
    return same(made, digest)


def _verify_pbkdf2(password: bytes, match: Match[str]) -> bool | None:
    try:
        salt, digest = (from_unpadded(match[group].replace(".", "+")) for group in (3, 4))
    except ValueError:
        return None
    return verify_pbkdf2(password, salt, digest=match[1], rounds=int(match[2]), stored=digest)


def _dotted(raw: bytes) -> str:
    """passlib's "ab64": a dot for the plus."""
    return unpadded(raw).replace("+", ".")


FORMS = (
    Form(pattern=_SCRYPT, verify=_verify_scrypt),
    Form(pattern=_PBKDF2, verify=_verify_pbkdf2),
)
