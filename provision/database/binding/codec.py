"""Between what a manifest says and what a column holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, null, types
from sqlalchemy.types import TypeEngine

from provision.core.value import NOW, Value, canonical_json
from provision.database.binding.families import column_type, plain
from provision.database.binding.moments import date_codec, moment_codec, time_codec, words_for_moments
from provision.database.binding.value_codec import NULL, ValueCodec
from provision.kinds.column import ColumnType, Family
from provision.kinds.numbers import decimal_as_found, rounded
from provision.settings import FieldBinding


def codec_for(column: Column[Any], binding: FieldBinding | None) -> ValueCodec:
    """The codec that a column's type and its binding ask for."""
    binding = binding or FieldBinding()
    type_ = column_type(column.type, binding.type)
    if binding.values is not None:
        moments = set(binding.values.values()) <= {NULL, NOW} and type_.family is Family.INSTANT
        return words_for_moments(binding, column) if moments else _translated(binding.values)
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


def _text(_column: Column[Any], type_: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=lambda stored: str(stored).rstrip(" ")) if type_.is_padded else ValueCodec()


def _boolean(column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    if isinstance(plain(column.type), types.Boolean):
        return ValueCodec()
    return ValueCodec(read=bool, write=int)


def _number(_column: Column[Any], type_: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=lambda stored: rounded(float(stored), type_.bits), write=float)


def _decimal(column: Column[Any], type_: ColumnType, _binding: FieldBinding) -> ValueCodec:
    # No driver puts a Decimal into a text, where provision.toml says that there is one.
    write = str if isinstance(plain(column.type), types.String) else Decimal
    return ValueCodec(read=lambda stored: decimal_as_found(Decimal(str(stored)), type_), write=write)


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
    Family.DATE: date_codec,
    Family.TIME: time_codec,
    Family.INSTANT: moment_codec,
    Family.UUID: _uuid,
    Family.JSON: _json,
    Family.BYTES: _bytes,
    Family.WORD: _word,
    Family.LIST: _list,
}
