"""How a manifest has a secret made for it: a key with a prefix, or a password of a length and an alphabet."""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from provision.core.key_form import BASE62, PREFIX_LENGTH, PREFIX_PATTERN
from provision.kinds.spec import Spec
from provision.kinds.text import ALPHABET_PATTERN, REPEATED_PATTERN, UnfitError

ALPHABETS: Mapping[str, str] = {
    "alphanumeric": BASE62,
    "hex": "0123456789abcdef",
    "printable": "".join(map(chr, range(ord("!"), ord("~") + 1))),
}
"""The alphabets that have a name; the space is in none, since it gets lost at either end."""

# bcrypt takes 72 bytes, and every character is one.
LEAST_LENGTH, MOST_LENGTH = 16, 72
# Out of reach even for a fast hash: at 10^12 guesses a second, 2^80 of them take 38,000 years.
LEAST_BITS = 80


def _distinct(alphabet: str) -> str:
    if alphabet not in ALPHABETS and len(set(alphabet)) != len(alphabet):
        raise UnfitError(
            "holds a character twice", f"write each once; alphabets that have a name: {', '.join(ALPHABETS)}"
        )
    return alphabet


Alphabet = Annotated[
    str,
    StringConstraints(pattern=ALPHABET_PATTERN),
    AfterValidator(_distinct),
    Field(json_schema_extra={"anyOf": [{"enum": list(ALPHABETS)}, {"not": {"pattern": REPEATED_PATTERN}}]}),
]


class KeyGenerateSpec(Spec):
    """A key in GitHub's form: its prefix, 30 random characters, and 6 by which a mistyped one is told."""

    prefix: Annotated[str, StringConstraints(max_length=PREFIX_LENGTH, pattern=PREFIX_PATTERN)] = Field(
        description="What it begins with, for people and secret scanners, as in acme."
    )


class PasswordGenerateSpec(Spec):
    """A password of random characters, with 80 bits of entropy or more."""

    length: int = Field(default=24, ge=LEAST_LENGTH, le=MOST_LENGTH, description="How many characters it has.")
    alphabet: Alphabet = Field(
        default="alphanumeric",
        description="What it is made of: alphanumeric, hex, printable, or the characters themselves.",
    )

    def characters(self) -> str:
        """The alphabet itself, where it was named."""
        return ALPHABETS.get(self.alphabet, self.alphabet)

    @model_validator(mode="after")
    def _hard_to_guess(self) -> Self:
        bits = self.length * log2(len(self.characters()))
        if bits < LEAST_BITS:
            message = f"a password of {self.length} such characters has {int(bits)} bits of entropy"
            raise UnfitError(message, f"{LEAST_BITS} are the least: raise length, or widen alphabet")
        return self


GenerateSpec: TypeAlias = KeyGenerateSpec | PasswordGenerateSpec
