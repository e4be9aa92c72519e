"""Which fields of a proposed binding name other rows: foreign keys, and tables that join two others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provision.kinds.scaffold.survey import ColumnSurvey, Survey, TableSurvey
from provision.kinds.scaffold.words import plural, reference_name, snake

_SIDES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """A table that only joins two others; `source` leads to the one whose manifests have a list of the others."""

    table: TableSurvey
    source: ColumnSurvey
    target: ColumnSurvey


def associations(survey: Survey) -> Iterator[Association]:
    """The tables that join two others and hold nothing that a new row would have to be given."""
    ids = {table.id: table for table in survey.asked}
    for table in (*survey.asked, *survey.joining):
        sides = [column for column in table.columns.values() if column.leads_to]
        free = all(not column.is_required for column in table.columns.values() if not column.leads_to)
        if len(sides) != _SIDES or not free or (table.id in ids and not _joins(sides, ids)):
            continue
        first, second = sorted(sides, key=lambda side: not _begins_with(table, side, ids))
        yield Association(table=table, source=first, target=second)


def kinds_in(survey: Survey, found: Sequence[Association]) -> list[TableSurvey]:
    """The tables that become kinds: those that were asked for, less those that only join others."""
    joining = {item.table.id for item in found}
    return [table for table in survey.asked if table.id not in joining]


def followed(table: TableSurvey, tables: Mapping[str, TableSurvey]) -> Mapping[str, str]:
    """The columns that lead to a row of a known table by its one primary key, each with its field's name."""
    names: dict[str, str] = {}
    for column in table.columns.values():
        to = tables.get(column.leads_to[0]) if column.leads_to else None
        if column.leads_to and to is not None and to.primary_key == (column.leads_to[1],):
            names[column.name] = _free_name(
                reference_name(column.name, column.leads_to[1]), column.name, table, names
            )
    return names


def list_name(item: Association, owner: TableSurvey, kind: str, taken: Sequence[str]) -> str:
    """What people write for the list: the joining table's name less its owner's, or the other kind's plural."""
    rest = snake(item.table.bare).removeprefix(snake(owner.bare)).strip("_")
    is_named = rest and rest != snake(item.table.bare)
    name = plural(rest if is_named else snake(kind))
    if item.source.leads_to and item.target.leads_to and item.source.leads_to[0] == item.target.leads_to[0]:
        name = plural(reference_name(item.target.name, item.target.leads_to[1]))
    while name in taken:
        name = f"{name}_listed"
    return name


def _joins(sides: Sequence[ColumnSurvey], ids: Mapping[str, TableSurvey]) -> bool:
    return all(side.leads_to is not None and side.leads_to[0] in ids for side in sides)


def _begins_with(table: TableSurvey, side: ColumnSurvey, ids: Mapping[str, TableSurvey]) -> bool:
    """Whether the joining table is called after the one that this column leads to."""
    to = ids.get(side.leads_to[0]) if side.leads_to else None
    return to is not None and snake(table.bare).startswith(f"{snake(to.bare)}_")


def _free_name(name: str, column: str, table: TableSurvey, known: Mapping[str, str]) -> str:
    others = {snake(other) for other in table.columns if other != column} | set(known.values())
    if name not in others:
        return name
    return snake(column) if snake(column) not in others else f"{snake(column)}_ref"
