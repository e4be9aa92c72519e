"""What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, section 10.3.2, less what is a trap."""

from __future__ import annotations

import math
import re
from typing import Final

from provision.manifest.refusals import LEADING_ZERO, NOT_FINITE, TOO_LARGE, Refusal

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

_MAY_BE_NUMBER: Final = frozenset(".+-0123456789")
MAY_BE_TYPED: Final = _MAY_BE_NUMBER | frozenset("~nNtTfF")
"""A plain scalar that is not empty and starts with any other character is text."""


def plain_value(text: str) -> str | float | bool | Refusal | None:
    """Return the value of a plain scalar, or why it is refused."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _MAY_BE_NUMBER:
        return text
    number = _NUMBER.fullmatch(text)
    return text if number is None else _number(number)


def _number(number: re.Match[str]) -> float | Refusal:
    match number.lastgroup:
        case "decimal":
            return _decimal(number[0])
        case "octal":
            return _integer(number["octal"], base=8)
        case "hexadecimal":
            return _integer(number["hexadecimal"], base=16)
        case "float":
            value = float(number[0])
            return value if math.isfinite(value) else TOO_LARGE
        case _:
            return NOT_FINITE


def _decimal(text: str) -> int | Refusal:
    digits = text.lstrip("+-")
    if digits[0] == "0" and digits != "0":
        return LEADING_ZERO
    return _integer(digits, base=10, negative=text[0] == "-")


def _integer(digits: str, *, base: int, negative: bool = False) -> int | Refusal:
    # Python's int() takes quadratic time for long texts, and raises beyond 4,300 decimal digits.
    if len(digits.lstrip("0")) > _MOST_DIGITS:
        return TOO_LARGE
    value = -int(digits, base) if negative else int(digits, base)
    return value if _SMALLEST <= value <= _LARGEST else TOO_LARGE
