"""What the database keeps of a secret. Another form is a class in a module here and a line in `CODECS`."""

from __future__ import annotations

from collections.abc import Mapping

from provision.kinds.secret_rules import PLAINTEXT
from provision.secrets.codecs.codec import SecretCodec, UnequippedError
from provision.secrets.codecs.key import HmacSha256Codec, Sha256Codec
from provision.secrets.codecs.password import MAX_BCRYPT_BYTES, Argon2Codec, DjangoCodec, PasswordCodec
from provision.secrets.codecs.plaintext import PlaintextCodec
from provision.secrets.forms.bcrypt_argon2 import hash_argon2, hash_bcrypt
from provision.secrets.forms.django import hash_django
from provision.secrets.forms.passlib import hash_pbkdf2, hash_scrypt
from provision.secrets.forms.werkzeug import hash_werkzeug

__all__ = ["CODECS", "SecretCodec", "UnequippedError"]

CODECS: Mapping[str, SecretCodec] = {
    "bcrypt": PasswordCodec("bcrypt", hash_bcrypt, max_bytes=MAX_BCRYPT_BYTES),
    "argon2": Argon2Codec("argon2", hash_argon2),
    "scrypt": PasswordCodec("scrypt", hash_scrypt),
    "pbkdf2": PasswordCodec("pbkdf2", hash_pbkdf2),
    "django": DjangoCodec("django", hash_django),
    "werkzeug": PasswordCodec("werkzeug", hash_werkzeug),
    "sha256": Sha256Codec(),
    "hmac_sha256": HmacSha256Codec(),
    PLAINTEXT: PlaintextCodec(),
}
