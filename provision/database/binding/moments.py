"""Moments, days and times of day between a manifest and a column."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column
from sqlalchemy.types import TypeDecorator

from provision.core.moment import spelled
from provision.core.value import NOW, Value
from provision.database.binding.families import column_type
from provision.database.binding.value_codec import NULL, ValueCodec
from provision.database.clock import present
from provision.kinds.column import ColumnType
from provision.settings import FieldBinding

_MIDNIGHT = datetime(1970, 1, 1, tzinfo=UTC)


def words_for_moments(binding: FieldBinding, column: Column[Any]) -> ValueCodec:
    """Words for a moment that is there and for one that is not, as in `disabled_at`."""
    words = {stored: word for word, stored in (binding.values or {}).items()}
    moment = moment_codec(column, column_type(column.type, binding.type), binding)
    return ValueCodec(
        read=lambda stored: words[NULL if stored is None else NOW],
        write=lambda word: moment.stored(NOW) if (binding.values or {})[str(word)] == NOW else None,
    )


def moment_codec(column: Column[Any], type_: ColumnType, binding: FieldBinding) -> ValueCodec:
    if binding.type in ("epoch", "epoch_ms"):
        return _epoch(1000 if binding.type == "epoch_ms" else 1)
    zone: tzinfo = ZoneInfo(binding.timezone) if binding.timezone else UTC
    # An application's own type is made for aware moments; a plain column without a zone takes none.
    naive = not isinstance(column.type, TypeDecorator) and not getattr(column.type, "timezone", False)
    digits = 6 if type_.scale is None else type_.scale

    def read(stored: Any) -> Value:
        if not isinstance(stored, datetime):
            return str(stored)
        return spelled(stored if stored.tzinfo else stored.replace(tzinfo=zone))

    def write(value: Any) -> Any:
        moment = present() if value == NOW else datetime.fromisoformat(str(value))
        moment = moment.replace(microsecond=moment.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
        return moment.astimezone(zone).replace(tzinfo=None) if naive else moment

    return ValueCodec(read=read, write=write)


def _epoch(units: int) -> ValueCodec:
    """Seconds, or thousandths of them, since 1970-01-01T00:00:00Z (POSIX, "Seconds Since the Epoch")."""

    def read(stored: Any) -> Value:
        return spelled(datetime.fromtimestamp(stored / units, tz=UTC))

    def write(value: Any) -> Any:
        moment = present() if value == NOW else datetime.fromisoformat(str(value))
        return round(moment.timestamp() * units)

    return ValueCodec(read=read, write=write)


def date_codec(_column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=str, write=date.fromisoformat)


def time_codec(_column: Column[Any], _type: ColumnType, _binding: FieldBinding) -> ValueCodec:
    return ValueCodec(read=_read_time, write=time.fromisoformat)


def _read_time(stored: Any) -> Value:
    # MySQL's driver gives a span since midnight.
    return stored.isoformat() if isinstance(stored, time) else (_MIDNIGHT + stored).time().isoformat()
