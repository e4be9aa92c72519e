"""What people write for a column: a pydantic type for each family, which brings a value into its one spelling."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, InvalidOperation, localcontext
from math import isfinite
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from provision.kinds.column import ColumnType, Family
from provision.kinds.text import (
    BASE64_PATTERN,
    DATE_PATTERN,
    DECIMAL_PATTERN,
    MEANINGS,
    TIME_PATTERN,
    UUID_PATTERN,
    Instant,
    UnfitError,
)

SINGLE_PRECISION = 32
# More digits than any database keeps (PostgreSQL, "Numeric Types": 131,072 before the point and 16,383 after it).
_EXACT = Context(prec=200_000)
Maker = Callable[[ColumnType], Any]


def annotation_of(type_: ColumnType) -> Any:
    """The pydantic type of a column of this type; raises KeyError where a manifest cannot write it."""
    return MAKERS[type_.family](type_)


def _text(type_: ColumnType) -> Any:
    unpadded = (AfterValidator(_unpadded),) if type_.is_padded else ()
    return Annotated[str, StringConstraints(max_length=type_.length), *unpadded]


def _integer(type_: ColumnType) -> Any:
    if type_.bits is None:
        return int
    limit = 2 ** (type_.bits - 1)
    return Annotated[int, Field(ge=-limit, le=limit - 1)]


def _number(type_: ColumnType) -> Any:
    def canonical(value: float) -> float:
        """As the column gives it back: a single-precision one rounds."""
        if not isfinite(value):
            raise UnfitError("is not a number that can be compared", "write a finite number")
        return rounded(value, type_.bits)

    return Annotated[float, AfterValidator(canonical)]


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


def _decimal(type_: ColumnType) -> Any:
    def canonical(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return value
        if isinstance(value, str) and not re.fullmatch(DECIMAL_PATTERN, value, re.ASCII):
            raise UnfitError(*MEANINGS[DECIMAL_PATTERN])
        return decimal_text(value, type_)

    schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DECIMAL_PATTERN}]}
    return Annotated[str, BeforeValidator(canonical), WithJsonSchema(schema)]


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
        if type_.scale is None:
            return format(number.normalize() + 0, "f")
        text = format(number.quantize(Decimal(1).scaleb(-type_.scale)) + 0, "f") if _fits(number, type_) else ""
    if not text:
        raise UnfitError(
            f"does not fit into {type_.named.lower() or 'its column'}", "fewer digits before or after the point"
        )
    return text


def _fits(number: Decimal, type_: ColumnType) -> bool:
    exponent = number.normalize().as_tuple().exponent
    whole = max(number.adjusted() + 1, 0) if number else 0
    room = None if type_.precision is None else type_.precision - (type_.scale or 0)
    too_fine = isinstance(exponent, int) and -exponent > (type_.scale or 0)
    return not too_fine and (room is None or whole <= room)


def _date(_type: ColumnType) -> Any:
    return Annotated[str, StringConstraints(pattern=DATE_PATTERN), AfterValidator(_calendar)]


def _time(type_: ColumnType) -> Any:
    def canonical(text: str) -> str:
        return _fine_enough(time.fromisoformat(text).isoformat(), type_)

    return Annotated[str, StringConstraints(pattern=TIME_PATTERN), AfterValidator(canonical)]


def _instant(type_: ColumnType) -> Any:
    return Annotated[Instant, AfterValidator(lambda text: _fine_enough(text, type_))]


def _fine_enough(text: str, type_: ColumnType) -> str:
    """Refuse a fraction of a second that the column would cut off: it would differ ever after."""
    fraction = text.partition(".")[2].rstrip("Z").rstrip("0")
    if type_.scale is not None and len(fraction) > type_.scale:
        kept = "whole seconds only" if type_.scale == 0 else f"{type_.scale} digits of a second"
        raise UnfitError("is finer than its column keeps", f"it keeps {kept}")
    return text


def once_in(timezone: str) -> Callable[[str], str]:
    """What refuses a moment that a column with this zone's local time would give back as another one."""
    zone = ZoneInfo(timezone)

    def check(text: str) -> str:
        moment = datetime.fromisoformat(text)
        try:
            kept = moment.astimezone(zone).replace(tzinfo=None, fold=0).replace(tzinfo=zone)
        except OverflowError:
            raise UnfitError(f"is beyond the calendar of {timezone}", "the years are 1 to 9999") from None
        if kept.astimezone(UTC) != moment:
            raise UnfitError(
                "comes twice in its column's time zone, when the clocks go back", "choose a moment an hour away"
            )
        return text

    return check


def _uuid(_type: ColumnType) -> Any:
    return Annotated[str, StringConstraints(pattern=UUID_PATTERN), AfterValidator(str.lower)]


def _json(_type: ColumnType) -> Any:
    return Annotated[Any, AfterValidator(_comparable)]


def _bytes(type_: ColumnType) -> Any:
    def canonical(text: str) -> str:
        try:
            content = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise UnfitError(*MEANINGS[BASE64_PATTERN]) from None
        if type_.length is not None and len(content) > type_.length:
            raise UnfitError(f"is longer than {type_.length} bytes", "shorten it")
        return base64.b64encode(content).decode()

    return Annotated[str, StringConstraints(pattern=BASE64_PATTERN), AfterValidator(canonical)]


def _word(type_: ColumnType) -> Any:
    return Literal[type_.words]


def _list(type_: ColumnType) -> Any:
    item: Any = annotation_of(type_.item or ColumnType(family=Family.UNKNOWN))
    return list[item]


MAKERS: Mapping[Family, Maker] = {
    Family.TEXT: _text,
    Family.BOOLEAN: lambda _type: bool,
    Family.INTEGER: _integer,
    Family.NUMBER: _number,
    Family.DECIMAL: _decimal,
    Family.DATE: _date,
    Family.TIME: _time,
    Family.INSTANT: _instant,
    Family.UUID: _uuid,
    Family.JSON: _json,
    Family.BYTES: _bytes,
    Family.WORD: _word,
    Family.LIST: _list,
}


def canonical(value: Any, type_: ColumnType, *, nullable: bool) -> Any:
    """The one spelling of a value that stands in provision.toml; raises UnfitError when its column cannot hold it."""
    annotation: Any = annotation_of(type_)
    try:
        return TypeAdapter(annotation | None if nullable else annotation).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        hint = f"its column is of the type {type_.named}" if type_.named else ""
        raise UnfitError(f"does not fit: {first['msg'][:1].lower()}{first['msg'][1:]}", hint) from None


def can_be_written(type_: ColumnType) -> bool:
    """Whether a manifest can write a value of this type."""
    if type_.family is Family.LIST:
        return type_.item is not None and type_.item.family is not Family.LIST and can_be_written(type_.item)
    return type_.family in MAKERS


def _unpadded(text: str) -> str:
    if text.endswith(" "):
        raise UnfitError("ends with a space, which its column does not keep", "remove it")
    return text


def _calendar(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UnfitError("no such date in the calendar", "check the day of the month") from None


def _comparable(value: Any) -> Any:
    """JSON has no infinities, and none equals itself where it is not a number."""
    match value:
        case float() if not isfinite(value):
            raise UnfitError("holds a number that JSON does not have", "write a finite number")
        case dict():
            for item in value.values():
                _comparable(item)
        case list():
            for item in value:
                _comparable(item)
        case _:
            pass
    return value
