"""What people write for a column: a pydantic type for each family, which brings a value into its one spelling."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import time
from math import isfinite
from typing import Annotated, Any, Literal

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
from provision.kinds.moments import calendar_day, fine_enough
from provision.kinds.numbers import decimal_text, rounded
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


def _decimal(type_: ColumnType) -> Any:
    def canonical(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return value
        if isinstance(value, str) and not re.fullmatch(DECIMAL_PATTERN, value, re.ASCII):
            raise UnfitError(*MEANINGS[DECIMAL_PATTERN])
        return decimal_text(value, type_)

    schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DECIMAL_PATTERN}]}
    return Annotated[str, BeforeValidator(canonical), WithJsonSchema(schema)]


def _date(_type: ColumnType) -> Any:
    return Annotated[str, StringConstraints(pattern=DATE_PATTERN), AfterValidator(calendar_day)]


def _time(type_: ColumnType) -> Any:
    def canonical(text: str) -> str:
        return fine_enough(time.fromisoformat(text).isoformat(), type_)

    return Annotated[str, StringConstraints(pattern=TIME_PATTERN), AfterValidator(canonical)]


def _instant(type_: ColumnType) -> Any:
    return Annotated[Instant, AfterValidator(lambda text: fine_enough(text, type_))]


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
