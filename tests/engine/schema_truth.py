"""Whether a database holds what was declared, computed from its tables alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.engine.schema_project import Site, key_of
from tests.engine.schema_states import Item, State

FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "integer": int,
    "boolean": bool,
    "moment": datetime.fromisoformat,
    "decimal": Decimal,
    "date": date.fromisoformat,
}


def assert_holds(site: Site, state: State) -> None:
    """Every declared row is there with every declared value, reference and list."""
    tables = site.found()
    schema = site.schema
    rows = {
        (kind.number, key_of(kind, row, tables, schema)): row
        for kind in schema.kinds
        for row in tables[kind.table].values()
    }

    def row_of(item: Item) -> dict[str, Any]:
        return rows[item.kind.number, item.key]

    def identity(item: Item) -> Any:
        return row_of(item)[item.kind.identity]

    for item in state:
        row, kind = row_of(item), item.kind
        for name, value in item.fields.items():
            where = f"{kind.name}/{item.key}.{name}"
            if any(link.name == name for link in kind.links):
                association = tables[f"{kind.table}_{name}"].values()
                found = {tie["target_id"] for tie in association if tie["source_id"] == identity(item)}
                assert found == {identity(to) for to in value}, where
            elif reference := next((one for one in kind.references if one.name == name), None):
                assert row[reference.column] == (identity(value) if value else None), where
            else:
                type_ = next((plain.type for plain in kind.plains if plain.name == name), "boolean")
                assert _comparable(row[name]) == (None if value is None else FROM_TEXT[type_](value)), where


def _comparable(value: Any) -> Any:
    """SQLite's moments come without a zone; what is stored is UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
