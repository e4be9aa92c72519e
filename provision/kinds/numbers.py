"""Numbers as their columns keep them: single precision, and decimals of a fixed scale."""

from __future__ import annotations

import struct
from decimal import Context, Decimal, InvalidOperation, localcontext

from provision.kinds.column import ColumnType
from provision.kinds.text import DECIMAL_PATTERN, MEANINGS, UnfitError

SINGLE_PRECISION = 32
# SQLAlchemy's Numeric, where neither it nor its column has a scale: digits after the point that are read.
READ_DIGITS = 10


# More digits than any database keeps (PostgreSQL, "Numeric Types": 131,072 before the point and 16,383 after it).
_EXACT = Context(prec=200_000)


def rounded(value: float, bits: int | None) -> float:
    """The number as a column of so many bits keeps it (32 is IEEE 754's single precision), in its short spelling."""
    if bits != SINGLE_PRECISION:
        return float(value)
    try:
        kept = struct.pack("<f", value)
    except OverflowError:
        raise UnfitError("is too large for its column", "a single-precision number ends at 3.4e38") from None
    spelled = (float(f"{value:.{digits}g}") for digits in range(6, 9))
    exact = struct.unpack("<f", kept)[0]
    return next((short for short in spelled if struct.pack("<f", short) == kept), float(f"{exact:.9g}"))


def decimal_text(value: float | str | Decimal, type_: ColumnType) -> str:
    """A decimal in its one spelling: as many digits after the point as the column keeps, or no superfluous ones."""
    try:
        number = value if isinstance(value, Decimal) else _EXACT.create_decimal(str(value))
    except InvalidOperation:
        raise UnfitError(*MEANINGS[DECIMAL_PATTERN]) from None
    if not number.is_finite():
        raise UnfitError("is not a number that can be compared", "write a finite number")
    # Python's own context would round to 28 digits.
    with localcontext(_EXACT):
        if not _fits(number, type_):
            where = type_.named.lower() or "its column"
            raise UnfitError(f"does not fit into {where}", "fewer digits before or after the point")
        return decimal_as_found(number, type_)


def decimal_as_found(number: Decimal, type_: ColumnType) -> str:
    """The same for a number that is in the database, which need not keep to its column's limits (SQLite's do not)."""
    with localcontext(_EXACT):
        if type_.scale is None or not _fits(number, type_):
            return format(number.normalize() + 0, "f")
        return format(number.quantize(Decimal(1).scaleb(-type_.scale)) + 0, "f")


def _fits(number: Decimal, type_: ColumnType) -> bool:
    if type_.scale is None:
        return type_.precision is None or _is_kept_by_a_float(number, type_.precision)
    exponent = number.normalize().as_tuple().exponent
    whole = max(number.adjusted() + 1, 0) if number else 0
    room = None if type_.precision is None else type_.precision - (type_.scale or 0)
    too_fine = isinstance(exponent, int) and -exponent > (type_.scale or 0)
    return not too_fine and (room is None or whole <= room)


def _is_kept_by_a_float(number: Decimal, digits: int) -> bool:
    """Whether a decimal comes back from a floating-point column of so many sure digits, as SQLAlchemy reads it."""
    _, significant, exponent = number.normalize().as_tuple()
    return len(significant) <= digits and isinstance(exponent, int) and -exponent <= READ_DIGITS
