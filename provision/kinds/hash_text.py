"""The types of text that are hashes: one for each codec whose hashes a manifest may hold, in its own forms."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

# They keep to what means the same to Rust, ECMAScript and Python, as in provision.kinds.text.
_COUNT = "[1-9][0-9]{0,7}"
_SMALL = "[1-9][0-9]{0,2}"
_SALT = "[0-9A-Za-z]{1,128}"  # what Django and Werkzeug draw salts from
_B64, _AB64 = "[+/0-9A-Za-z]", "[./0-9A-Za-z]"

# bcrypt's modular-crypt form: 2a, 2b or 2y, two digits of cost, 22 + 31 characters of its base64.
_BCRYPT = r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"
# The PHC string of Argon2 (P-H-C/phc-string-format), with the version that argon2-cffi writes.
_ARGON2 = rf"\$argon2(id|i|d)\$v=19\$m={_COUNT},t={_COUNT},p={_SMALL}\${_B64}{{11,128}}\${_B64}{{16,128}}"
# passlib's forms (passlib.readthedocs.io, "passlib.hash.scrypt", "passlib.hash.pbkdf2_digest"): 32 bytes are 43
# characters of base64 without padding, 64 bytes 86; pbkdf2 writes a dot for the plus.
_SCRYPT = rf"\$scrypt\$ln=([1-9]|[12][0-9]|3[01]),r={_SMALL},p={_SMALL}\${_B64}{{2,172}}\${_B64}{{43}}"
_PBKDF2 = (
    rf"\$pbkdf2-(sha256\${_COUNT}\${_AB64}{{2,172}}\${_AB64}{{43}}|sha512\${_COUNT}\${_AB64}{{2,172}}\${_AB64}{{86}})"
)
# docs.djangoproject.com, "Password management in Django": 32 bytes, 20 and 64 in padded base64.
_DJANGO = "|".join(
    (
        rf"pbkdf2_sha256\${_COUNT}\${_SALT}\${_B64}{{43}}=",
        rf"pbkdf2_sha1\${_COUNT}\${_SALT}\${_B64}{{27}}=",
        rf"bcrypt(_sha256)?\${_BCRYPT}",
        f"argon2{_ARGON2}",
        rf"scrypt\${_COUNT}\${_SALT}\${_SMALL}\${_SMALL}\${_B64}{{86}}==",
    )
)
# werkzeug.palletsprojects.com, "Utilities", generate_password_hash: the digest is in hexadecimal.
_WERKZEUG = "|".join(
    (
        rf"scrypt:{_COUNT}:{_SMALL}:{_SMALL}\${_SALT}\$[0-9a-f]{{128}}",
        rf"pbkdf2:sha1:{_COUNT}\${_SALT}\$[0-9a-f]{{40}}",
        rf"pbkdf2:sha256:{_COUNT}\${_SALT}\$[0-9a-f]{{64}}",
        rf"pbkdf2:sha512:{_COUNT}\${_SALT}\$[0-9a-f]{{128}}",
    )
)

BCRYPT_PATTERN = f"^{_BCRYPT}$"
ARGON2_PATTERN = f"^{_ARGON2}$"
SCRYPT_PATTERN = f"^{_SCRYPT}$"
PBKDF2_PATTERN = f"^{_PBKDF2}$"
DJANGO_PATTERN = f"^({_DJANGO})$"
WERKZEUG_PATTERN = f"^({_WERKZEUG})$"
SHA256_PATTERN = "^[0-9a-f]{64}$"

# What to say when a pattern does not match: (message, hint).
HASH_MEANINGS = {
    BCRYPT_PATTERN: ("not a bcrypt hash", "provision hash-password makes one; it starts with $2b$"),
    ARGON2_PATTERN: (
        "not an argon2 hash",
        "provision hash-password --codec argon2 makes one; it starts with $argon2id$",
    ),
    SCRYPT_PATTERN: (
        "not a scrypt hash",
        "provision hash-password --codec scrypt makes one; it starts with $scrypt$",
    ),
    PBKDF2_PATTERN: (
        "not a pbkdf2 hash",
        "provision hash-password --codec pbkdf2 makes one; it starts with $pbkdf2-sha256$",
    ),
    DJANGO_PATTERN: (
        "not a password hash of Django",
        "provision hash-password --codec django makes one; it starts with pbkdf2_sha256$",
    ),
    WERKZEUG_PATTERN: (
        "not a password hash of Werkzeug",
        "provision hash-password --codec werkzeug makes one; it starts with scrypt:",
    ),
    SHA256_PATTERN: ("not a SHA-256 hash", "64 hexadecimal digits in lower case"),
}

BcryptHash = Annotated[str, StringConstraints(pattern=BCRYPT_PATTERN)]
Argon2Hash = Annotated[str, StringConstraints(pattern=ARGON2_PATTERN)]
ScryptHash = Annotated[str, StringConstraints(pattern=SCRYPT_PATTERN)]
Pbkdf2Hash = Annotated[str, StringConstraints(pattern=PBKDF2_PATTERN)]
DjangoHash = Annotated[str, StringConstraints(pattern=DJANGO_PATTERN)]
WerkzeugHash = Annotated[str, StringConstraints(pattern=WERKZEUG_PATTERN)]
Sha256Hash = Annotated[str, StringConstraints(pattern=SHA256_PATTERN)]
