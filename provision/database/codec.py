"""Between what a manifest says and what a column holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator, TypeEngine

from provision.core.value import NOW, Value
from provision.kinds.text import canonical_instant
from provision.settings import FieldBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCodec:
    """`read` turns a column's value into the manifest's, `write` the other way; None where they are the same."""

    read: Callable[[Any], Value] | None = None
    write: Callable[[Value], Any] | None = None


def codec_for(type_: TypeEngine[Any], binding: FieldBinding | None) -> ValueCodec:
    """The codec that a column's type and its binding ask for."""
    if binding and binding.values is not None:
        return _translated(binding.values)
    if _is_instant(type_):
        return ValueCodec(read=_read_instant, write=_write_instant)
    return ValueCodec()


def _translated(values: Mapping[str, Any]) -> ValueCodec:
    words = {stored: word for word, stored in values.items()}

    def read(stored: Any) -> Value:
        # A stored value that no word stands for is shown as it is: it differs from every declared one.
        return words.get(stored, cast("Value", stored))

    def write(word: Value) -> Any:
        return values[str(word)]

    return ValueCodec(read=read, write=write)


def _is_instant(type_: TypeEngine[Any]) -> bool:
    inner = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return isinstance(inner, DateTime)


def _read_instant(stored: Any) -> Value:
    if not isinstance(stored, datetime):
        return None if stored is None else str(stored)
    return canonical_instant(stored if stored.tzinfo else stored.replace(tzinfo=UTC))


def _write_instant(value: Value) -> Any:
    if value is None:
        return None
    return datetime.now(UTC) if value == NOW else datetime.fromisoformat(str(value))
