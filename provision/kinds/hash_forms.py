"""Which forms of password hash a field takes: its codec's, and those of which its binding says so (`accepts`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations

from provision.kinds.hash_text import (
    ARGON2_PATTERN,
    BCRYPT_PATTERN,
    DJANGO_PATTERN,
    HASH_MEANINGS,
    PBKDF2_PATTERN,
    SCRYPT_PATTERN,
    WERKZEUG_PATTERN,
)

HASH_PATTERNS: Mapping[str, str] = {
    "bcrypt": BCRYPT_PATTERN,
    "argon2": ARGON2_PATTERN,
    "scrypt": SCRYPT_PATTERN,
    "pbkdf2": PBKDF2_PATTERN,
    "django": DJANGO_PATTERN,
    "werkzeug": WERKZEUG_PATTERN,
}
"""The codecs of passwords, and the forms of each; no text has the forms of two."""


def hash_pattern(codecs: Iterable[str]) -> str:
    """The pattern that takes the forms of all these codecs, in whatever order they are named."""
    wanted = frozenset(codecs)
    patterns = [pattern for codec, pattern in HASH_PATTERNS.items() if codec in wanted]
    return patterns[0] if len(patterns) == 1 else f"^({'|'.join(pattern[1:-1] for pattern in patterns)})$"


def hash_meaning(pattern: str) -> tuple[str, str] | None:
    """What to say when such a pattern does not match, and a hint; None for patterns that are not made here."""
    codecs = _codecs_of().get(pattern, ())
    if not codecs:
        return None
    *others, last = (_named(codec) for codec in codecs)
    if not others:
        return HASH_MEANINGS[pattern]
    return (
        f"not {', '.join(others)} or {last}",
        f"provision hash-password makes one; its --codec: {', '.join(codecs)}",
    )


def not_accepted(pattern: str, text: object) -> tuple[str, str] | None:
    """What to say, and a hint, when a text that does not match is a hash of another form that is known here."""
    codecs = _codecs_of().get(pattern, ())
    if not codecs or not isinstance(text, str):
        return None
    for codec, other in HASH_PATTERNS.items():
        if re.fullmatch(other[1:-1], text):
            hint = f'add accepts = ["{codec}"] to its field' if len(codecs) == 1 else f'add "{codec}" to accepts'
            message = f"{_named(codec)}, which provision.toml does not say this application takes"
            return message, f"{hint} if it does, or give a hash that it takes"
    return None


@cache
def _codecs_of() -> Mapping[str, tuple[str, ...]]:
    """The codecs behind each pattern that `hash_pattern` makes; made when there is a problem to explain."""
    return {hash_pattern(codecs): codecs for codecs in _choices()}


def _choices() -> Iterator[tuple[str, ...]]:
    for size in range(1, len(HASH_PATTERNS) + 1):
        yield from combinations(HASH_PATTERNS, size)


def _named(codec: str) -> str:
    message, _ = HASH_MEANINGS[HASH_PATTERNS[codec]]
    return message.removeprefix("not ")
