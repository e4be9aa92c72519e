"""Which columns name the rows of a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from provision.kinds.column import Family
from provision.kinds.scaffold.survey import ColumnSurvey, TableSurvey
from provision.kinds.scaffold.words import KEYS, snake

_NAMING = (Family.TEXT, Family.WORD, Family.INTEGER, Family.DATE, Family.UUID)
_GENERATIONS = ("generation", "revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Columns of a key in their order, the last one naming the row; `is_unique` as far as the database sees to it."""

    columns: tuple[str, ...]
    is_unique: bool = True
    generation: str | None = None


def choose_key(table: TableSurvey, references: Mapping[str, str], unfit: Collection[str]) -> Key | None:
    """The natural key of a table; None when no column can name a row.

    `references` maps columns to the fields that name other rows, `unfit` are columns of another use.
    """
    candidates = sorted(_unique(table, references, unfit), key=lambda key: _rank(key, table, references))
    if candidates:
        return candidates[0]
    named = [column for column in _naming(table, references, unfit) if column.family is Family.TEXT]
    named = named or list(_naming(table, references, unfit))
    if not named:
        return None
    return Key(columns=(min(named, key=lambda column: _place(column.name)).name,), is_unique=False)


def _naming(table: TableSurvey, references: Mapping[str, str], unfit: Collection[str]) -> Iterator[ColumnSurvey]:
    """The columns whose values people can write as a name."""
    for column in table.columns.values():
        given = column.facts.is_generated or (column.facts.is_primary and column.facts.has_default)
        is_id = column.facts.is_primary and column.family in (Family.UUID, Family.INTEGER)
        is_free = column.name not in references and column.name not in unfit and column.leads_to is None
        if is_free and not given and not is_id and column.family in _NAMING:
            yield column


def _unique(table: TableSurvey, references: Mapping[str, str], unfit: Collection[str]) -> Iterator[Key]:
    naming = {column.name for column in _naming(table, references, unfit)}
    for group in (*table.unique, *(frozenset([name]) for name in table.folded)):
        generations = [name for name in group if len(group) > 1 and snake(name) in _GENERATIONS]
        own = [name for name in table.columns if name in group and name in naming and name not in generations]
        owners = [name for name in table.columns if name in group and name in references]
        if len(own) + len(owners) + len(generations) < len(group) or not (own or owners):
            continue
        last = [min(own, key=_place)] if own else []
        first = [*owners, *(name for name in own if name not in last)]
        yield Key(columns=(*first, *last), generation=generations[0] if generations else None)


def _rank(key: Key, table: TableSurvey, references: Mapping[str, str]) -> tuple[object, ...]:
    """The smaller, the better: a usual name, then a name beside its owner, then any other."""
    last = key.columns[-1]
    column = table.columns[last]
    is_alone = len(key.columns) == 1
    is_usual = snake(last) in KEYS
    order = (
        is_alone and is_usual and not column.facts.nullable,
        not is_alone and is_usual,
        is_alone and is_usual,
        is_alone and last not in references and column.family is Family.TEXT and not column.facts.nullable,
        not is_alone,
        is_alone and last in references,
    )
    place = order.index(True) if True in order else len(order)
    return place, column.facts.nullable, _place(last), key.columns


def _place(name: str) -> tuple[int, str]:
    known = snake(name)
    return (KEYS.index(known) if known in KEYS else len(KEYS)), name
