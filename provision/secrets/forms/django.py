"""Django's forms (docs.djangoproject.com, "Password management in Django"; django.contrib.auth.hashers of 6.1)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import pbkdf2_hmac, sha256
from re import Match

from provision.secrets.forms.bcrypt_argon2 import ARGON2, BCRYPT, verify_argon2, verify_bcrypt
from provision.secrets.forms.form import COUNT, SALT, SMALL, Form, salt_text, same, scrypt, verify_pbkdf2

# What comes before a password that is not to be used (UNUSABLE_PASSWORD_PREFIX).
UNUSABLE = "!"
# 128 bits of letters and digits (BasePasswordHasher.salt_entropy).
_SALT_LENGTH = 22
_DIGEST_BYTES = 64


def hash_django(password: bytes, rounds: int) -> str:
    """`pbkdf2_sha256$rounds$salt$digest`."""
    salt = salt_text(_SALT_LENGTH)
    digest = pbkdf2_hmac("sha256", password, salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${b64encode(digest).decode()}"


def _verify_pbkdf2(password: bytes, match: Match[str]) -> bool | None:
    digest, rounds, salt, stored = match.groups()
    try:
        raw = b64decode(stored, validate=True)
    except ValueError:
        return None
    return verify_pbkdf2(password, salt.encode(), digest=digest, rounds=int(rounds), stored=raw)


def _verify_scrypt(password: bytes, match: Match[str]) -> bool | None:
    n, salt, r, p, digest = match.groups()
    made = scrypt(password, salt.encode(), (int(n), int(r), int(p)), size=_DIGEST_BYTES)
    return same(made, b64decode(digest))


def _verify_bcrypt(password: bytes, match: Match[str]) -> bool:
    """bcrypt of the password, or of its SHA-256 in hexadecimal, which has 64 bytes at any length."""
    return verify_bcrypt(sha256(password).hexdigest().encode() if match[1] else password, match[2])


FORMS = (
    Form(
        pattern=re.compile(rf"pbkdf2_(sha256|sha1)\${COUNT}\${SALT}\$([+/0-9A-Za-z]{{27,43}}=)"),
        verify=_verify_pbkdf2,
    ),
    Form(pattern=re.compile(rf"bcrypt(_sha256)?\$({BCRYPT})"), verify=_verify_bcrypt),
    Form(pattern=re.compile(f"argon2(?P<argon2>{ARGON2})"), verify=verify_argon2),
    Form(
        pattern=re.compile(rf"scrypt\${COUNT}\${SALT}\${SMALL}\${SMALL}\$([+/0-9A-Za-z]{{86}}==)"),
        verify=_verify_scrypt,
    ),
)
