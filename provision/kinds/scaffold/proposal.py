"""A proposed binding: its entries in the order in which people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What TOML can write.
Plain = bool | int | str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key of the binding with its value and a remark; without a `path` it is a remark alone.

    One that is `only_a_hint` is written as a comment.
    """

    path: str = ""
    value: Plain = ""
    remark: str = ""
    only_a_hint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The binding of one table."""

    kind: str
    table: str
    entries: tuple[Entry, ...]


# The kind that is proposed for each table, by the table's id.
KindNames = Mapping[str, str]
