"""Between what a manifest says and what a column holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Column, null, types
from sqlalchemy.types import TypeDecorator, TypeEngine

from provision.core.value import NOW, Value, canonical_json
from provision.database.families import column_type, plain
from provision.kinds.column import ColumnType, Family
from provision.kinds.scalar_types import decimal_text, rounded
from provision.kinds.text import canonical_instant
from provision.settings import FieldBinding

Read = Callable[[Any], Value]
Write = Callable[[Any], Any]
NULL = "null"
_MIDNIGHT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCodec:
    """`read` turns a column's value into the manifest's, `write` the other way; None where they are the same."""

    read: Read | None = None
    write: Write | None = None

    def stored(self, value: Value) -> Any:
        """What a column gets for a value of the manifest's."""
        return self.write(value) if self.write else value

    def found(self, stored: Any) -> Value:
        """What a manifest would say for a column's value."""
        return self.read(stored) if self.read else cast("Value", stored)


def codec_for(column: Column[Any], binding: FieldBinding | None) -> ValueCodec:
    """The codec that a column's type and its binding ask for."""
    binding = binding or FieldBinding()
    type_ = column_type(column.type, binding.type)
    if binding.values is not None:
        moments = set(binding.values.values()) <= {NULL, NOW} and type_.family is Family.INSTANT
        return _of_moments(binding, column) if moments else _translated(binding.values)
    make = _CODECS.get(type_.family)
    codec = make(column, type_, binding) if make else ValueCodec()
    return _null_stays(codec, column)


def key_codec_for(column: Column[Any], binding: FieldBinding | None) -> ValueCodec:
    """The codec of a part of a key, which is always text on our side."""
    codec = codec_for(column, binding)
    if binding is not None and binding.values is not None:
        return codec
    family = column_type(column.type, binding.type if binding else None).family
    if family in (Family.TEXT, Family.UUID, Family.WORD, Family.DATE, Family.DECIMAL, Family.TIME, Family.INSTANT):
        return codec
    if family is Family.INTEGER:
        return ValueCodec(read=str, write=_whole_number)
    return ValueCodec(read=lambda stored: canonical_json(codec.found(stored)), write=json.loads)


def primary_codec_for(column: Column[Any]) -> ValueCodec:
    """The codec of a primary key, which a ledger of JSON has to hold; numbers and text stay as they are."""
    family = column_type(column.type).family
    codec = codec_for(column, None)
    if family in (Family.INTEGER, Family.BOOLEAN) or codec.read is not None:
        return codec
    # An application's own type may give anything, as long as it takes its text back.
    return ValueCodec(read=lambda stored: stored if isinstance(stored, (int, str)) else str(stored))


def _whole_number(text: Any) -> int:
    if str(int(text)) != str(text):
        raise ValueError("not a whole number in its usual spelling")
    return int(text)


def _null_stays(codec: ValueCodec, column: Column[Any]) -> ValueCodec:
    read, write = codec.read, codec.write
    # In place of a null, SQLAlchemy would store JSON's own.
    nothing = null() if column.nullable and isinstance(plain(column.type), types.JSON) else None
    if write is None and nothing is not None:
        return ValueCodec(read=read, write=lambda value: nothing if value is None else value)
    return ValueCodec(
        read=None if read is None else lambda stored: None if stored is None else read(stored),
        write=None if write is None else lambda value: nothing if value is None else write(value),
    )


def _translated(values: Mapping[str, Any]) -> ValueCodec:
    words = {stored: word for word, stored in values.items()}
    by_type = {(type(stored), stored): word for word, stored in values.items()}

    def read(stored: Any) -> Value:
        # A stored value that no word stands for is shown as it is: it differs from every declared one.
        return by_type.get((type(stored), stored), words.get(stored, cast("Value", stored)))

    return ValueCodec(read=read, write=lambda word: values[str(word)])


def _of_moments(binding: FieldBinding, column: Column[Any]) -> ValueCodec:
    """Words for a moment that is there and for one that is not, as in `disabled_at`."""
    words = {stored: word for word, stored in (binding.values or {}).items()}
    moment = _moment(column, column_type(column.type, binding.type), binding)
    return ValueCodec(
        read=lambda stored: words[NULL if stored is None else NOW],
        write=lambda word: moment.stored(NOW) if (binding.values or {})[str(word)] == NOW else None,
    )


def _moment(column: Column[Any], type_: ColumnType, binding: FieldBinding) -> ValueCodec:
    if binding.type in ("epoch", "epoch_ms"):
        return _epoch(1000 if binding.type == "epoch_ms" else 1)
    zone: tzinfo = ZoneInfo(binding.timezone) if binding.timezone else UTC
    # An application's own type is made for aware moments; a plain column without a zone takes none.
    naive = not isinstance(column.type, TypeDecorator) and not getattr(column.type, "timezone", False)
    digits = 6 if type_.scale is None else type_.scale

    def read(stored: Any) -> Value:
        if not isinstance(stored, datetime):
            return str(stored)
        return canonical_instant(stored if stored.tzinfo else stored.replace(tzinfo=zone))

    def write(value: Any) -> Any:
        moment = datetime.now(UTC) if value == NOW else datetime.fromisoformat(str(value))
        moment = moment.replace(microsecond=moment.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
        return moment.astimezone(zone).replace(tzinfo=None) if naive else moment

    return ValueCodec(read=read, write=write)


def _epoch(units: int) -> ValueCodec:
    """Seconds, or thousandths of them, since 1970-01-01T00:00:00Z (POSIX, "Seconds Since the Epoch")."""

    def read(stored: Any) -> Value:
        return canonical_instant(datetime.fromtimestamp(stored / units, tz=UTC))

    def write(value: Any) -> Any:
        moment = datetime.now(UTC) if value == NOW else datetime.fromisoformat(str(value))
        return round(moment.timestamp() * units)

    return ValueCodec(read=read, write=write)


def _text(_column: Column[Any], type_: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=lambda stored: str(stored).rstrip(" ")) if type_.is_padded else ValueCodec()


def _boolean(column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    if isinstance(plain(column.type), types.Boolean):
        return ValueCodec()
    return ValueCodec(read=bool, write=int)


def _number(_column: Column[Any], type_: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=lambda stored: rounded(float(stored), type_.bits), write=float)


def _decimal(_column: Column[Any], type_: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=lambda stored: decimal_text(Decimal(str(stored)), type_), write=Decimal)


def _date(_column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=str, write=date.fromisoformat)


def _time(_column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=_read_time, write=time.fromisoformat)


def _read_time(stored: Any) -> Value:
    # MySQL's driver gives a span since midnight.
    return stored.isoformat() if isinstance(stored, time) else (_MIDNIGHT + stored).time().isoformat()


def _uuid(column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    inner = plain(column.type)
    if isinstance(inner, types.Uuid):
        return ValueCodec(read=lambda stored: str(UUID(str(stored))), write=UUID if inner.as_uuid else None)
    short = getattr(inner, "length", None) == len(UUID(int=0).hex)
    return ValueCodec(
        read=lambda stored: str(UUID(str(stored))), write=lambda text: UUID(text).hex if short else text
    )


def _json(column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    if isinstance(plain(column.type), types.JSON):
        return ValueCodec()
    return ValueCodec(read=json.loads, write=canonical_json)


def _bytes(_column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=lambda stored: base64.b64encode(stored).decode(), write=base64.b64decode)


def _word(column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    """An enumeration is written by the words that the database stores, whatever Python calls its members."""
    inner = cast("types.Enum", plain(column.type))
    if inner.enum_class is None:
        return ValueCodec()
    members = list(inner.enum_class)
    words = dict(zip(inner.enums, members, strict=False))
    if inner.values_callable is None:
        words = {member.name: member for member in members}
    back = {member: word for word, member in words.items()}
    return ValueCodec(read=lambda stored: back.get(stored, str(stored)), write=words.__getitem__)


def _list(column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    inner: TypeEngine[Any] = cast("types.ARRAY[Any]", plain(column.type)).item_type
    item = codec_for(Column("item", inner), None)
    if item.read is None and item.write is None:
        return ValueCodec()
    return ValueCodec(
        read=lambda stored: [item.found(one) for one in stored],
        write=lambda value: [item.stored(one) for one in value],
    )


_CODECS: Mapping[Family, Callable[[Column[Any], ColumnType, FieldBinding], ValueCodec]] = {
    Family.TEXT: _text,
    Family.BOOLEAN: _boolean,
    Family.NUMBER: _number,
    Family.DECIMAL: _decimal,
    Family.DATE: _date,
    Family.TIME: _time,
    Family.INSTANT: _moment,
    Family.UUID: _uuid,
    Family.JSON: _json,
    Family.BYTES: _bytes,
    Family.WORD: _word,
    Family.LIST: _list,
}
