"""Werkzeug's forms (werkzeug.palletsprojects.com, "Utilities", generate_password_hash; werkzeug.security of 3.1)."""

from __future__ import annotations

import re
from re import Match

from provision.secrets.forms.form import (
    COUNT,
    SALT,
    SMALL,
    Form,
    made_by_scrypt,
    salt_text,
    same,
    scrypt,
    verify_pbkdf2,
)

_SALT_LENGTH = 16
_DIGEST_BYTES = 64
_BLOCK, _LANES = 8, 1


def hash_werkzeug(password: bytes, rounds: int) -> str:
    """`scrypt:N:8:1$salt$digest`, N being 2 to the power of `rounds`; raises ProvisionError when that is too much."""
    salt, n = salt_text(_SALT_LENGTH), 2**rounds
    digest = made_by_scrypt(password, salt.encode(), (n, _BLOCK, _LANES), size=_DIGEST_BYTES)
    return f"scrypt:{n}:{_BLOCK}:{_LANES}${salt}${digest.hex()}"


def _verify_scrypt(password: bytes, match: Match[str]) -> bool | None:
    n, r, p, salt, digest = match.groups()
    made = scrypt(password, salt.encode(), (int(n), int(r), int(p)), size=_DIGEST_BYTES)
    return same(made, bytes.fromhex(digest))


def _verify_pbkdf2(password: bytes, match: Match[str]) -> bool | None:
    digest, rounds, salt, stored = match.groups()
    raw = bytes.fromhex(stored)
    return verify_pbkdf2(password, salt.encode(), digest=digest, rounds=int(rounds), stored=raw)


FORMS = (
    Form(
        pattern=re.compile(rf"scrypt:{COUNT}:{SMALL}:{SMALL}\${SALT}\$([0-9a-f]{{128}})"),
        verify=_verify_scrypt,
    ),
    Form(
        pattern=re.compile(rf"pbkdf2:(sha1|sha256|sha512):{COUNT}\${SALT}\$((?:[0-9a-f]{{2}}){{20,64}})"),
        verify=_verify_pbkdf2,
    ),
)
