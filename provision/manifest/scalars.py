"""What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, section 10.3.2, less what is a trap."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER: Final = re.compile(
    r"(?P<decimal>[-+]?[0-9]+)"
    r"|0o(?P<octal>[0-7]+)"
    r"|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 22  # of 2**63 in octal, the longest of the three notations

MAY_BE_TYPED: Final = frozenset("~nNtTfF.+-0123456789")
"""A plain scalar that is not empty and starts with any other character is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a scalar is refused; never holds the scalar itself, which may be a secret."""

    message: str
    hint: str


_NOT_FINITE: Final = Refusal(message="infinity and not-a-number are not supported", hint="quote it if it is text")
_LEADING_ZERO: Final = Refusal(
    message="an integer with a leading zero is ambiguous",
    hint="quote it if it is text; an octal number is written as 0o777",
)
_TOO_LARGE: Final = Refusal(
    message="the number is too large: integers have 64 bits, decimals are doubles", hint="quote it if it is text"
)


def plain_value(text: str) -> str | float | bool | Refusal | None:
    """Return the value of a plain scalar, or why it is refused."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    match number.lastgroup:
        case "decimal":
            return _decimal(text)
        case "octal":
            return _integer(number["octal"], base=8)
        case "hexadecimal":
            return _integer(number["hexadecimal"], base=16)
        case "float":
            value = float(text)
            return value if math.isfinite(value) else _TOO_LARGE
        case _:
            return _NOT_FINITE


def _decimal(text: str) -> int | Refusal:
    digits = text.lstrip("+-")
    if digits[0] == "0" and digits != "0":
        return _LEADING_ZERO
    return _integer(digits, base=10, negative=text[0] == "-")


def _integer(digits: str, *, base: int, negative: bool = False) -> int | Refusal:
    # Python's int() takes quadratic time for long texts, and raises beyond 4,300 decimal digits.
    if len(digits.lstrip("0")) > _MOST_DIGITS:
        return _TOO_LARGE
    value = -int(digits, base) if negative else int(digits, base)
    return value if _SMALLEST <= value <= _LARGEST else _TOO_LARGE
