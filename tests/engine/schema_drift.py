"""What others do to the tables of a random schema: rows of their own, and changes behind our back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.engine.schema_project import Site
from tests.engine.schema_truth import FROM_TEXT
from tests.engine.schemas import Kind, Plain

OTHER = {
    "text": "somebody's",
    "integer": 4711,
    "boolean": True,
    "moment": "2001-02-03T04:05:06Z",
    "decimal": "47.11",
    "date": "2001-02-03",
}
STRANGER = "nobody's"


def add_strangers(site: Site) -> dict[str, list[str]]:
    """A row of each kind that nobody declares, as far as strangers alone can be referred to; what they hold."""

    def work(connection: Connection) -> None:
        made: dict[int, Any] = {}
        for kind in site.schema.kinds:
            leads = {item.column: made.get(item.kind) for item in kind.references}
            if any(not item.nullable and leads[item.column] is None for item in kind.references):
                continue
            made[kind.number] = STRANGER if kind.primary == "name" else uuid4() if kind.primary == "uuid" else 4711
            row = {"name": STRANGER, kind.identity: made[kind.number], **leads}
            row |= {plain.name: _other(plain) for plain in kind.plains}
            # They hold nothing that a declared row could want.
            row |= dict.fromkeys(kind.columns_of(kind.group[:1]))
            row |= {"realm": STRANGER} if "realm" in kind.key else {}
            connection.execute(insert(site.metadata.tables[kind.table]).values(row))

    site.run(work)
    return strangers(site)


def strangers(site: Site) -> dict[str, list[str]]:
    """The rows that nobody declares, as text."""
    tables = site.found()
    return {
        kind.table: [repr(row) for row in tables[kind.table].values() if row["name"] == STRANGER]
        for kind in site.schema.kinds
    }


def _other(plain: Plain) -> Any:
    return FROM_TEXT[plain.type](OTHER[plain.type])


@st.composite
def drifts(draw: st.DrawFn, site: Site) -> list[str]:
    """A few changes that the database allows; what was tried, to print."""
    done = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(site.schema.kinds))
        what = draw(st.sampled_from(["value", "null", "switch", "delete", "untie", "tie"]))
        number = draw(st.integers(0, 3))

        def work(connection: Connection, kind: Kind = kind, what: str = what, number: int = number) -> None:
            _change(connection, site, kind, what, number)

        try:
            site.run(work)
            done.append(f"{what} {kind.name} {number}")
        except IntegrityError:
            done.append(f"{what} {kind.name} {number}: refused")
    return done


def _change(connection: Connection, site: Site, kind: Kind, what: str, number: int) -> None:
    table = site.metadata.tables[kind.table]
    rows = connection.execute(select(table).where(table.c.name != STRANGER).order_by(table.c.name)).mappings().all()
    if not rows:
        return
    row, other = rows[number % len(rows)], rows[(number + 1) % len(rows)]
    mine = table.c[kind.identity] == row[kind.identity]
    match what:
        case "value":
            plain = kind.plains[number % len(kind.plains)]
            value = 42 if plain.unique and plain.type == "integer" else _other(plain)
            connection.execute(update(table).where(mine).values({plain.name: value}))
        case "null":
            columns = [item.name for item in kind.plains if item.nullable]
            columns += [item.column for item in kind.references if item.nullable]
            connection.execute(update(table).where(mine).values({"active": False} | dict.fromkeys(columns)))
        case "switch":
            same_kind = [item.column for item in kind.references if item.kind == kind.number]
            connection.execute(
                update(table).where(mine).values({"active": True} | dict.fromkeys(same_kind, other[kind.identity]))
            )
        case "delete":
            connection.execute(delete(table).where(mine))
        case _:
            _tie(connection, site, kind, (row[kind.identity], number), untie=what == "untie")


def _tie(connection: Connection, site: Site, kind: Kind, row: tuple[Any, int], *, untie: bool) -> None:
    for link in kind.links:
        association = site.metadata.tables[f"{kind.table}_{link.name}"]
        if untie:
            connection.execute(delete(association).where(association.c.source_id == row[0]))
            continue
        to: Table = site.metadata.tables[site.schema.kinds[link.kind].table]
        targets = connection.execute(select(to).order_by(to.c.name)).mappings().all()
        if targets:
            target = targets[row[1] % len(targets)][site.schema.kinds[link.kind].identity]
            connection.execute(insert(association).values(source_id=row[0], target_id=target))
