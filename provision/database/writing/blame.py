"""From what the database tells of a row that it refused to the document and the field in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.plan import Change, Plan
from provision.database.binding.bound import Bindings, Bound
from provision.database.writing.attempt import Item
from provision.database.writing.constraint import columns_of, lengths_of
from provision.errors import DatabaseError, Facts, Problem


class Blame:
    """Knows the plan that is carried out, and which field each column is."""

    def __init__(self, session: AsyncSession, plan: Plan, bindings: Bindings) -> None:
        self._session = session
        self._changes: Mapping[Address, Change] = {change.address: change for change in plan.changes}
        self._bindings = bindings

    async def __call__(self, item: Item, error: DatabaseError) -> Problem:
        """The problem of the one document whose row was refused."""
        change = self._changes.get(item.address)
        paths = [item.path] if item.path else await self._paths(item, error.facts or Facts())
        position = change.position if change else None
        source = f" ({change.source})" if change and position is None and change.source else ""
        together = f" ({' and '.join(paths)} together)" if len(paths) > 1 else ""
        return Problem(
            message=f"{item.address}{source}: {error.message}{together}",
            position=position,
            path=paths[0] if paths else "",
            hint=error.hint,
        )

    async def _paths(self, item: Item, facts: Facts) -> list[str]:
        """The fields that the refusal is about, those first that this change writes."""
        bound = self._bindings[item.address.kind]
        if facts.table and facts.table.lower() != bound.table.name.lower():
            return []  # rows of another table refer to this one
        columns = [name.lower() for name in facts.columns or await self._columns(bound, item, facts)]
        written = {cell.field.column.name.lower() for cell in item.cells}
        known = {column.lower(): path for column, path in _paths(bound)}
        ordered = sorted(columns, key=lambda name: name not in written)
        return list(dict.fromkeys(known[name] for name in ordered if name in known))

    async def _columns(self, bound: Bound, item: Item, facts: Facts) -> Sequence[str]:
        connection = await self._session.connection()
        try:
            if facts.constraint:
                return await connection.run_sync(columns_of, bound.table, facts.constraint)
            if facts.code == _TOO_LONG:
                limits = await connection.run_sync(lengths_of, bound.table)
                return [name for name, text in _texts(item) if len(text) > limits.get(name, len(text))]
        except SQLAlchemyError:
            return ()  # a login that may not read the catalogue: the document alone is told
        if facts.code == _LEADS_NOWHERE:
            leading = [cell.field.column.name for cell in item.cells if cell.field.column.foreign_keys]
            return leading if len(leading) == 1 else ()
        return ()


# PostgreSQL names no column of a text that is too long, and SQLite none of a reference that leads nowhere.
_TOO_LONG = "22001"
_LEADS_NOWHERE = "SQLITE_CONSTRAINT_FOREIGNKEY"


def _paths(bound: Bound) -> Iterator[tuple[str, str]]:
    """Each column with the path of the field that it is in a manifest; later ones count more."""
    yield from ((column.name, f"spec.{name}") for name, column in _columns_of_secrets(bound))
    yield from ((field.column.name, f"spec.{name}") for name, field in bound.fields.items())
    yield bound.name.column.name, "metadata.name"
    yield from ((reference.field.column.name, f"spec.{name}") for name, reference in bound.references.items())


def _columns_of_secrets(bound: Bound) -> Iterator[tuple[str, Any]]:
    for name, secret in bound.secrets.items():
        parts = (secret.value, secret.prefix, secret.last_four, secret.changed_at)
        yield from ((name, part.column) for part in parts if part is not None)


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    return ((cell.field.column.name, cell.value) for cell in item.cells if isinstance(cell.value, str))
