"""What a manifest may not hold although YAML allows it, in the words that people read; never a scalar's value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from provision.manifest.limits import MAX_DEPTH, MAX_NODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a node is refused, and what to do; never the scalar itself, which may be a secret."""

    message: str
    hint: str


TAG: Final = Refusal(
    message="explicit tags are not supported",
    hint='remove the tag; quote the value if it is text that starts with "!"',
)
ANCHOR: Final = Refusal(
    message="anchors are not supported",
    hint='write values out where they are needed; quote the value if it is text that starts with "&"',
)
ALIAS: Final = Refusal(
    message="aliases are not supported",
    hint='write the value out; quote it if it is text that starts with "*"',
)
MERGE_KEY: Final = Refusal(message="merge keys are not supported", hint="write the fields out in each place")
DIRECTIVE: Final = Refusal(
    message="no directive but %YAML 1.2 is supported", hint="remove the line that starts with %"
)
MISSING_KEY: Final = Refusal(message="a key is missing before the colon", hint="write one, or remove the line")
COLLECTION_AS_KEY: Final = Refusal(
    message="a key must be a string", hint="quote it; a list or a mapping cannot be a key"
)
TOO_DEEP: Final = Refusal(
    message=f"lists and mappings are nested more than {MAX_DEPTH} deep",
    hint="flatten it; what follows in the document was not read",
)
TOO_MANY_NODES: Final = Refusal(
    message=f"the document has more than {MAX_NODES:,} keys and values", hint='split it with lines of "---"'
)
MORE_PROBLEMS: Final = Refusal(
    message="the document has more problems; the others are not shown", hint="correct those above first"
)

NOT_FINITE: Final = Refusal(
    message="infinity and not-a-number are not supported", hint="quote the value if it is text"
)
LEADING_ZERO: Final = Refusal(
    message="an integer with a leading zero is ambiguous",
    hint="quote the value if it is text; an octal number is written as 0o777",
)
TOO_LARGE: Final = Refusal(
    message="the number is too large: integers have 64 bits, decimals are doubles",
    hint="quote the value if it is text",
)


def key_is_not_text(name: str) -> Refusal:
    """Refuse a plain key that YAML reads as null, a boolean or a number; `name` as it was written, already quoted."""
    return Refusal(message="a key must be a string", hint=f"quote it: {name}")


def duplicate_key(name: str, *, first_line: int) -> Refusal:
    """Refuse the second of two keys with one name."""
    return Refusal(message=f"duplicate key {name}", hint=f"the first is on line {first_line}; keep one of the two")


def hidden(character: str, *, where: str) -> Refusal:
    """Refuse a control character, surrogate or noncharacter, named as `U+001B`."""
    return Refusal(message=f"the {where} holds the character {character}", hint="remove it")
