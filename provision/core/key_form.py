"""The form of API keys: GitHub's (its engineering blog, "Behind GitHub's new authentication token formats", 2021).

`<prefix>_`, 30 random characters of base62, and 6 that are the base62 of the CRC32 of those 30, without the prefix.
A secret scanner checks the last six, so that it takes few other texts for a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

# Base62 in the order 0-9, A-Z, a-z, by which the checksum is written.
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH, CHECKSUM_LENGTH = 30, 6
PREFIX_LENGTH = 16
PREFIX_PATTERN = "^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$"
PREFIX_MEANING = "letters and digits, parted by single underscores, a letter first"

_PREFIX = re.compile(PREFIX_PATTERN[1:-1])
_BODY_LENGTH = RANDOM_LENGTH + CHECKSUM_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInspection:
    """What a text's form tells: the prefix of a right key, else what is wrong (after "the key") and a hint.

    Neither ever repeats a part of a text that is no key: it may be another secret.
    """

    prefix: str | None = None
    complaint: str = ""
    hint: str = ""

    @property
    def is_right(self) -> bool:
        """Whether form and checksum are right."""
        return self.prefix is not None


def checksum(random: str) -> str:
    """The six characters that follow the random ones: their CRC32 in base62, padded with zeros on the left."""
    rest, digits = crc32(random.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(BASE62))
        digits = BASE62[digit] + digits
    return digits


def is_prefix(text: str) -> bool:
    """Whether a key may begin with this and an underscore."""
    return len(text) <= PREFIX_LENGTH and _PREFIX.fullmatch(text) is not None


def inspect_key(text: str) -> KeyInspection:
    """Look at the form and the checksum of a text; whether anybody knows such a key takes a database."""
    prefix, underscore, body = text.rpartition("_")
    random, ending = body[:RANDOM_LENGTH], body[RANDOM_LENGTH:]
    copied = "copy the whole key, and nothing beside it"
    if not text:
        found = KeyInspection(complaint="is empty", hint="give one key")
    elif not all("!" <= character <= "~" for character in text):
        found = KeyInspection(complaint="holds spaces, line breaks or characters beyond ASCII", hint=copied)
    elif not underscore:
        found = KeyInspection(
            complaint="has no prefix", hint=f"a key is its prefix, _, and {_BODY_LENGTH} characters"
        )
    elif not is_prefix(prefix):
        hint = f"it is {PREFIX_MEANING}, at most {PREFIX_LENGTH}"
        found = KeyInspection(complaint="has a prefix of another form", hint=hint)
    elif len(body) != _BODY_LENGTH:
        complaint = f"has {len(body)} characters after its prefix, and {_BODY_LENGTH} are right"
        found = KeyInspection(complaint=complaint, hint=copied)
    elif not (body.isalnum() and checksum(random) == ending):
        hint = "a character was changed, or it was made elsewhere"
        found = KeyInspection(complaint="has a checksum that does not fit", hint=hint)
    else:
        found = KeyInspection(prefix=prefix)
    return found
