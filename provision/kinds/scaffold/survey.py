"""What was found of tables that nobody has bound yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provision.kinds.column import ColumnFacts, Family


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSurvey:
    """One column; `leads_to` is where its foreign key leads, `prefixes` what stored passwords begin with."""

    name: str
    facts: ColumnFacts
    leads_to: tuple[str, str] | None = None
    prefixes: tuple[str, ...] = ()

    @property
    def family(self) -> Family:
        """What it holds."""
        return self.facts.type.family

    @property
    def is_required(self) -> bool:
        """Whether a new row has to get a value for it from us."""
        return not self.facts.may_be_left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSurvey:
    """One table, under its name in a binding; `id` is that name without a default schema, `bare` without any.

    `unique` are the groups of columns that hold no two equal rows, `folded` the columns that are unique whatever
    their case.
    """

    name: str
    id: str
    bare: str
    columns: Mapping[str, ColumnSurvey]
    primary_key: tuple[str, ...]
    unique: tuple[frozenset[str], ...] = ()
    folded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The tables that were asked for, and those found that may join them."""

    asked: tuple[TableSurvey, ...]
    joining: tuple[TableSurvey, ...] = ()
