"""How strong a stored password hash is, read from its text, and how strong one of ours would be.

Within one algorithm hashes compare by their work: OWASP's Password Storage Cheat Sheet lists settings of each that
are "equivalent in the defense they provide": more memory and fewer passes, another digest and other iterations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from re import Match

# Equivalent iterations of PBKDF2, by the digest (the cheat sheet, since May 2023).
_ITERATIONS = {"sha1": 1_300_000, "sha256": 600_000, "sha512": 210_000}
# What provision.secrets.forms makes: RFC 9106's 64 MiB for argon2, passlib's and Werkzeug's block of 8 for scrypt.
_MADE_MEMORY, _MADE_BLOCK = 65_536, 8
_ARGON2_VERSION = 19

_NUMBER = "([1-9][0-9]{0,9})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How strong a hash is: by its algorithm first, then by the work, which compares within one; and how to say it.

    `memory` is in KiB, and 0 where the algorithm needs next to none.
    """

    algorithm: str
    work: float
    label: str
    parameters: str
    memory: float = 0


def strength_of(stored: str) -> Strength | None:
    """That of a stored hash; None for a form that is not known."""
    for pattern, read in _FORMS:
        match = pattern.fullmatch(stored)
        if match:
            return read(match)
    return None


def strength_made(codec: str, rounds: int) -> Strength | None:
    """That of a hash which we would make at this cost; None for a codec that is of no password."""
    made = _MADE.get(codec)
    return made(rounds) if made else None


def _bcrypt(cost: int) -> Strength:
    return Strength(algorithm="bcrypt", work=cost, label="bcrypt cost", parameters=str(cost))


def _argon2(memory: int, passes: int, *, variant: str = "id", version: int = _ARGON2_VERSION) -> Strength:
    """Memory times passes; the other variants and the older version are below any work (RFC 9106, section 4)."""
    is_current = variant == "id" and version >= _ARGON2_VERSION
    label = f"argon2{variant}" if version >= _ARGON2_VERSION else f"argon2{variant} of version {version}"
    return Strength(
        algorithm="argon2id",
        work=memory * passes if is_current else 0,
        label=f"{label} with",
        parameters=f"m={memory},t={passes}",
        memory=memory,
    )


def _scrypt(n: int, block: int, lanes: int) -> Strength:
    """N · r · p; each of the N blocks has 128 · r bytes (RFC 7914, section 2)."""
    return Strength(
        algorithm="scrypt",
        work=n * block * lanes,
        label="scrypt with",
        parameters=f"ln={n.bit_length() - 1},r={block},p={lanes}",
        memory=n * block / 8,
    )


def _pbkdf2(digest: str, iterations: int) -> Strength:
    return Strength(
        algorithm="pbkdf2",
        work=iterations / _ITERATIONS[digest],
        label=f"pbkdf2-{digest} with",
        parameters=f"{iterations} iterations",
    )


def _read_argon2(match: Match[str]) -> Strength:
    variant, version, memory, passes = match.groups()
    # A text without a version is of the first, 16 (P-H-C/phc-winner-argon2, decode_string).
    return _argon2(int(memory), int(passes), variant=variant, version=int(version or 16))


def _numbers(match: Match[str]) -> tuple[int, int, int]:
    n, block, lanes = (int(group) for group in match.groups())
    return n, block, lanes


def _read_ln(match: Match[str]) -> Strength:
    rounds, block, lanes = _numbers(match)
    return _scrypt(2**rounds, block, lanes)


def _read_n(match: Match[str]) -> Strength:
    return _scrypt(*_numbers(match))


_MADE: Mapping[str, Callable[[int], Strength]] = {
    "bcrypt": _bcrypt,
    "argon2": lambda passes: _argon2(_MADE_MEMORY, passes),
    "scrypt": lambda rounds: _scrypt(2**rounds, _MADE_BLOCK, 1),
    "pbkdf2": lambda iterations: _pbkdf2("sha256", iterations),
    "django": lambda iterations: _pbkdf2("sha256", iterations),
    "werkzeug": lambda rounds: _scrypt(2**rounds, _MADE_BLOCK, 1),
}

# How each is written is said where it is verified, in provision.secrets.forms; here salt and digest do not matter.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[Match[str]], Strength]], ...] = (
    (
        re.compile(r"(?:bcrypt(?:_sha256)?\$)?\$2[aby]\$([0-3][0-9])\$[./A-Za-z0-9]{53}"),
        lambda match: _bcrypt(int(match[1])),
    ),
    (
        re.compile(
            rf"(?:argon2)?\$argon2(id|i|d)\$(?:v=([0-9]{{2}})\$)?m={_NUMBER},t={_NUMBER},p={_NUMBER[1:-1]}\$.+"
        ),
        _read_argon2,
    ),
    (re.compile(rf"\$scrypt\$ln=([1-9]|[12][0-9]|3[01]),r={_NUMBER},p={_NUMBER}\$.+"), _read_ln),
    (re.compile(rf"scrypt\${_NUMBER}\$[^$]+\${_NUMBER}\${_NUMBER}\$.+"), _read_n),
    (re.compile(rf"scrypt:{_NUMBER}:{_NUMBER}:{_NUMBER}\$.+"), _read_n),
    (
        re.compile(rf"(?:\$pbkdf2-|pbkdf2_|pbkdf2:)(sha1|sha256|sha512)[$:]{_NUMBER}\$.+"),
        lambda match: _pbkdf2(match[1], int(match[2])),
    ),
)
