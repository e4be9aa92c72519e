"""Looking at tables that nobody has bound: their columns and keys, where they lead, and which tables join them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Connection, Table, UniqueConstraint, case, func, inspect, select
from sqlalchemy.engine import Inspector
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.binding.origin import facts_of, origin_of_table
from provision.database.binding.reflection import reflect, split_name, views
from provision.errors import InvalidInputError, Problem
from provision.kinds.scaffold.secrets import looks_secret
from provision.kinds.scaffold.survey import ColumnSurvey, Survey, TableSurvey
from provision.settings import KindBinding

_SIDES = 2
_SAMPLES = 20
_UNBOUND = KindBinding(key=["name"])
# Schema and table, the schema being None for the one that needs no saying.
Place = tuple[str | None, str]


async def look_at(session: AsyncSession, names: Sequence[str]) -> Survey:
    """The tables of these names, and those that join any of them; raises InvalidInputError for what is no table."""
    connection = await session.connection()
    survey, tables = await connection.run_sync(_look, names)
    return replace(
        survey, asked=tuple([await _with_prefixes(session, item, tables[item.name]) for item in survey.asked])
    )


def _look(connection: Connection, names: Sequence[str]) -> tuple[Survey, Mapping[str, Table]]:
    found = reflect(connection, names)
    _require_tables(connection, names, found)
    inspector = inspect(connection)
    leads = _Leads(inspector, {split_name(name)[0] for name in names})
    joining = [written(place) for place in leads.joining({leads.place(*split_name(name)) for name in names})]
    tables = {**reflect(connection, joining), **found}
    surveys = {name: _survey(name, table, leads) for name, table in tables.items()}
    asked = tuple(surveys[name] for name in dict.fromkeys(names))
    ids = {item.id for item in asked}
    others = sorted((item for item in surveys.values() if item.id not in ids), key=lambda item: item.id)
    return Survey(asked=asked, joining=tuple(others)), tables


def _require_tables(connection: Connection, names: Sequence[str], found: Collection[str]) -> None:
    missing = [name for name in names if name not in found]
    are_views = views(connection, missing) if missing else set()
    problems = []
    for name in missing:
        message, hint = f"there is no table {name} in the database", "as in auth_user or crm.account"
        if name in are_views:
            message, hint = f"{name} is a view, and rows are written to tables", "name the table behind it"
        problems.append(Problem(message=message, hint=hint))
    if problems:
        raise InvalidInputError(problems)


class _Leads:
    """The foreign keys of some schemas, each read by one query where the database can do that."""

    def __init__(self, inspector: Inspector, schemas: Iterable[str | None]) -> None:
        self._default = inspector.default_schema_name
        self._keys: dict[Place, list[Any]] = {}
        for schema in schemas:
            for (_, table), keys in inspector.get_multi_foreign_keys(schema=schema).items():
                self._keys[self.place(schema, table)] = list(keys)

    def place(self, schema: str | None, table: str) -> Place:
        """The one way to say where a table is."""
        return (None if schema == self._default else schema), table

    def of(self, place: Place) -> Iterator[tuple[str, Place, str]]:
        """A table's foreign keys of one column: the column, and the table and column that it leads to."""
        for key in self._keys.get(place, ()):
            if len(key["constrained_columns"]) == 1:
                to = self.place(key["referred_schema"], key["referred_table"])
                yield key["constrained_columns"][0], to, next(iter(key["referred_columns"]), "")

    def joining(self, places: Collection[Place]) -> list[Place]:
        """The tables with two foreign keys, one of which leads to one of these."""
        return [
            place
            for place, keys in self._keys.items()
            if len(keys) == _SIDES and any(to in places for _, to, _ in self.of(place))
        ]


def written(place: Place) -> str:
    """A table as a binding names it: a name with a dot in it stands in double quotes."""
    return ".".join(f'"{part}"' if "." in part else part for part in place if part is not None)


def _survey(name: str, table: Table, leads: _Leads) -> TableSurvey:
    place = leads.place(*split_name(name))
    to = {column: (written(target), referred) for column, target, referred in leads.of(place)}
    primary = tuple(column.name for column in table.primary_key.columns)
    facts = facts_of(origin_of_table(table), _UNBOUND)
    columns = {
        column.name: ColumnSurvey(
            name=column.name,
            facts=replace(facts[column.name], has_default=facts[column.name].has_default or _is_counted(column)),
            leads_to=to.get(column.name),
        )
        for column in table.columns
    }
    return TableSurvey(
        name=name,
        id=written(place),
        bare=place[1],
        columns=columns,
        primary_key=primary,
        unique=tuple(sorted(set(_unique(table)), key=sorted)),
        folded=frozenset(_folded(table)),
    )


def _is_counted(column: Column[Any]) -> bool:
    return column.identity is not None


def _unique(table: Table) -> Iterator[frozenset[str]]:
    yield frozenset(column.name for column in table.primary_key.columns)
    for item in table.constraints:
        if isinstance(item, UniqueConstraint):
            yield frozenset(column.name for column in item.columns)
    for index in table.indexes:
        if index.unique and not _is_partial(index) and all(isinstance(item, Column) for item in index.expressions):
            yield frozenset(column.name for column in index.columns)


def _folded(table: Table) -> Iterator[str]:
    """Columns whose lower-cased text is unique."""
    forms = {f"lower({column.name})": column.name for column in table.columns}
    for index in table.indexes:
        if index.unique and not _is_partial(index) and len(index.expressions) == 1:
            text = str(next(iter(index.expressions))).replace('"', "").replace("::text", "")
            text = text.replace("((", "(").replace("))", ")")
            if text in forms:
                yield forms[text]


def _is_partial(index: Any) -> bool:
    return any(options.get("where") is not None for options in index.dialect_options.values())


async def _with_prefixes(session: AsyncSession, survey: TableSurvey, table: Table) -> TableSurvey:
    """What stored passwords begin with, up to the dollar sign after the codec's name: neither salt nor hash."""
    columns = dict(survey.columns)
    for name, column in survey.columns.items():
        if looks_secret(column):
            found = await session.scalars(_beginnings(table.columns[name], session.get_bind().dialect.name))
            columns[name] = replace(column, prefixes=tuple(sorted(map(str, found))))
    return replace(survey, columns=columns)


def _beginnings(column: Column[Any], dialect: str) -> Any:
    position = func.strpos if dialect == "postgresql" else func.instr
    dollar = position(func.substr(column, 2), "$")
    beginning = case((dollar > 0, func.substr(column, 1, dollar + 1)), else_="")
    return select(beginning).where(column.is_not(None)).distinct().limit(_SAMPLES)
