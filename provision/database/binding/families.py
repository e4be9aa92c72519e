"""From SQLAlchemy's types to ours: what a column holds, and within which limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

from provision.kinds.column import ColumnType, Family

# A TINYINT(1) is what MySQL has for a boolean, and what every application means by it.
_BOOLEAN_WIDTH = 1
_SINGLE_PRECISION_DIGITS = 24
_INTEGERS = ((types.SmallInteger, 16), (types.BigInteger, 64), (types.Integer, 32))
# The names of `fields.X.type` in provision.toml that are not those of a family.
_SAID = {"epoch": Family.INSTANT, "epoch_ms": Family.INSTANT, "datetime": Family.INSTANT}


def column_type(type_: TypeEngine[Any], said: str | None = None) -> ColumnType:
    """What a column of this type holds; `said` is what provision.toml says of it."""
    found = _found(plain(type_))
    named = found.named or str(type_)
    if said is None:
        return _with(found, family=found.family, named=named)
    family = _SAID.get(said) or Family(said)
    scale = {"epoch": 0, "epoch_ms": 3}.get(said, found.scale)
    return _with(found, family=family, named=named, scale=scale)


def plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type below an application's own decorators, and below a domain."""
    while True:
        if isinstance(type_, TypeDecorator):
            type_ = type_.impl_instance
        elif isinstance(type_, postgresql.DOMAIN):
            type_ = type_.data_type
        else:
            return type_


def _with(found: ColumnType, *, family: Family, named: str, scale: int | None = None) -> ColumnType:
    return ColumnType(
        family=family,
        named=named,
        length=found.length,
        bits=found.bits,
        precision=found.precision,
        scale=found.scale if scale is None else scale,
        words=found.words,
        item=found.item,
        is_padded=found.is_padded,
    )


def _found(type_: TypeEngine[Any]) -> ColumnType:
    for class_, make in _MAKERS:
        if isinstance(type_, class_):
            return make(type_)
    return ColumnType(family=Family.UNKNOWN)


def _word(type_: Any) -> ColumnType:
    return ColumnType(family=Family.WORD, words=tuple(type_.enums))


def _text(type_: Any) -> ColumnType:
    padded = isinstance(type_, types.CHAR)
    return ColumnType(family=Family.TEXT, length=getattr(type_, "length", None), is_padded=padded)


def _integer(type_: Any) -> ColumnType:
    bits = next(bits for class_, bits in _INTEGERS if isinstance(type_, class_))
    return ColumnType(family=Family.INTEGER, bits=None if type(type_) is types.INTEGER else bits)


def _tiny(type_: Any) -> ColumnType:
    is_boolean = type_.display_width == _BOOLEAN_WIDTH
    return ColumnType(family=Family.BOOLEAN) if is_boolean else ColumnType(family=Family.INTEGER, bits=8)


def _float(type_: Any) -> ColumnType:
    single = isinstance(type_, (types.REAL, mysql.FLOAT)) or (type_.precision or 53) <= _SINGLE_PRECISION_DIGITS
    return ColumnType(family=Family.NUMBER, bits=32 if single and not isinstance(type_, types.Double) else 64)


def _numeric(type_: Any) -> ColumnType:
    if not type_.asdecimal:
        return ColumnType(family=Family.NUMBER, bits=64)
    return ColumnType(family=Family.DECIMAL, precision=type_.precision, scale=type_.scale)


def _instant(type_: Any) -> ColumnType:
    digits = getattr(type_, "precision", None)
    if isinstance(type_, (mysql.DATETIME, mysql.TIMESTAMP)):
        digits = type_.fsp or 0
    return ColumnType(family=Family.INSTANT, scale=6 if digits is None else digits)


def _time(type_: Any) -> ColumnType:
    digits = (type_.fsp or 0) if isinstance(type_, mysql.TIME) else getattr(type_, "precision", None)
    return ColumnType(family=Family.TIME, scale=6 if digits is None else digits)


def _list(type_: Any) -> ColumnType:
    one_dimension = type_.dimensions in (None, 1)
    return ColumnType(family=Family.LIST, item=column_type(type_.item_type) if one_dimension else None)


# The first that fits counts, so the special ones come first.
_MAKERS: tuple[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any], ColumnType]], ...] = (
    (types.Enum, _word),
    (types.ARRAY, _list),
    (types.JSON, lambda _type: ColumnType(family=Family.JSON)),
    (types.Uuid, lambda _type: ColumnType(family=Family.UUID)),
    (types.Boolean, lambda _type: ColumnType(family=Family.BOOLEAN)),
    ((mysql.SET, mysql.BIT, mysql.YEAR, postgresql.BIT), lambda _type: ColumnType(family=Family.UNKNOWN)),
    (mysql.TINYINT, _tiny),
    (types.Integer, _integer),
    (types.Float, _float),
    (types.Numeric, _numeric),
    (types.DateTime, _instant),
    (types.Date, lambda _type: ColumnType(family=Family.DATE)),
    (types.Time, _time),
    (types.LargeBinary, lambda type_: ColumnType(family=Family.BYTES, length=type_.length)),
    ((types.BINARY, types.VARBINARY), lambda type_: ColumnType(family=Family.BYTES, length=type_.length)),
    ((types.String, postgresql.CITEXT), _text),
)
