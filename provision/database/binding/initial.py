"""What a new row gets where its manifest says nothing: made by a call, so that each row has its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from provision.core.value import NOW
from provision.database.binding.codec import codec_for
from provision.database.binding.families import column_type
from provision.database.binding.value_codec import ValueCodec
from provision.kinds.scalar_types import canonical
from provision.kinds.text import UnfitError
from provision.settings import FieldBinding

Make = Callable[[], Any]


def maker_of(column: Any, binding: FieldBinding) -> Make | None:
    """What makes the value that a binding promises to new rows, as the column holds it; None if it promises none."""
    if binding.default is None and binding.generate is None:
        return None
    codec = ValueCodec() if binding.secret else codec_for(column, binding)
    if binding.generate is not None:
        generate = GENERATORS[binding.generate]
        return lambda: codec.stored(generate())
    value = binding.default if binding.secret else _spelled(column, binding)
    return lambda: codec.stored(value)


def _spelled(column: Any, binding: FieldBinding) -> Any:
    """The default in its one spelling; one that does not fit is told by `fit`."""
    if binding.values is not None:
        return binding.default
    try:
        return canonical(binding.default, column_type(column.type, binding.type), nullable=column.nullable)
    except (UnfitError, KeyError):
        return binding.default


def _uuid7() -> str:
    """A UUID that begins with the time (RFC 9562, section 5.7): 48 bits of milliseconds, the rest random."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    random = uuid4().int
    value = milliseconds << 80 | 0x7 << 76 | (random >> 64 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


GENERATORS: Mapping[str, Callable[[], str]] = {"now": lambda: NOW, "uuid4": lambda: str(uuid4()), "uuid7": _uuid7}
