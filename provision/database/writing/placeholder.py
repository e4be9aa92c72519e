"""What a unique column holds for a moment, while its value passes to another row."""

from __future__ import annotations

from random import SystemRandom
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, Enum, Integer, SmallInteger, String, Uuid
from sqlalchemy.dialects.mysql import MEDIUMINT, TINYINT
from sqlalchemy.types import TypeEngine

from provision.database.binding.families import plain
from provision.errors import DatabaseError

_random = SystemRandom()
# Fewer characters could be those of another row.
_SHORTEST = 8


def is_rigid(column: Column[Any]) -> bool:
    """Whether a column can be neither null nor hold a value that nobody could mean."""
    type_ = plain(column.type)
    if column.nullable:
        return False
    # One byte is MySQL's boolean, and as a number it has no room for values that nobody means.
    if column.foreign_keys or isinstance(type_, (Enum, TINYINT)):
        return True
    if isinstance(type_, String):
        return (type_.length or _SHORTEST) < _SHORTEST
    return not isinstance(type_, (Integer, Uuid))


def nobodys(column: Column[Any]) -> Any:
    """A value that no other row holds: null, or else a text, a number or a UUID that nobody could mean."""
    if column.nullable:
        return None
    type_ = plain(column.type)
    if is_rigid(column):
        raise DatabaseError(
            f"{column.table.name}.{column.name} is unique and takes no placeholder: its values cannot change hands",
            hint="change one of them in a run of its own",
        )
    if isinstance(type_, Integer):
        return _number(type_)
    if isinstance(type_, Uuid):
        return uuid4() if type_.as_uuid else uuid4().hex
    return f"~{uuid4().hex}"[: getattr(type_, "length", None) or 33]


def _number(type_: TypeEngine[Any]) -> int:
    """The outer half of what is below zero, or of what MySQL's unsigned columns hold."""
    bits = 16 if isinstance(type_, SmallInteger) else 24 if isinstance(type_, MEDIUMINT) else 32
    if getattr(type_, "unsigned", False):
        return _random.randrange(2 ** (bits - 1), 2**bits)
    return -_random.randrange(2 ** (bits - 2), 2 ** (bits - 1))
