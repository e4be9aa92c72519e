"""What is known of a table's columns, in words that need no database library: kinds get their specs from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What a column holds, as far as a manifest is concerned."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    INSTANT = "datetime"
    UUID = "uuid"
    JSON = "json"
    BYTES = "bytes"
    WORD = "one of a few words"
    LIST = "list"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """A type and its limits.

    `length` is in characters (bytes for bytes), `bits` the size of a whole number or of a floating-point one,
    `scale` the digits after the point of a decimal or of a second, `words` what an enumeration takes, `item` the type
    of a list's items. `named` is how the database calls it. `is_padded` is a text that is filled up with spaces.
    """

    family: Family
    named: str = ""
    length: int | None = None
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None
    words: tuple[str, ...] = ()
    item: ColumnType | None = None
    is_padded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column: its type, and who gives it a value.

    `is_generated` columns take no value from outside; `has_default` ones get theirs from the class or the database.
    """

    type: ColumnType
    nullable: bool = True
    has_default: bool = False
    is_generated: bool = False
    is_primary: bool = False
    refers_to: str = ""
    comment: str = ""

    @property
    def may_be_left_out(self) -> bool:
        """Whether a new row can do without a value of ours."""
        return self.nullable or self.has_default or self.is_generated


# By the name of the column, or of the attribute that a mapped class gives it.
TableFacts = Mapping[str, ColumnFacts]
