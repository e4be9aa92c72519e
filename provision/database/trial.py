"""What a transaction needs so that it can be carried out on trial: that the database takes everything back."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.binding.bound import Bindings
from provision.database.dialects.dialect import MYSQL_FAMILY, name_of
from provision.database.ledger import ledger_is_current
from provision.database.ledger import metadata as ledger_tables
from provision.errors import DatabaseError

_WITHOUT_ROLLBACK = text("""
SELECT table_name FROM information_schema.tables AS t JOIN information_schema.engines AS e ON e.engine = t.engine
WHERE t.table_schema = DATABASE() AND t.table_name IN :names AND e.transactions <> 'YES' ORDER BY table_name
""").bindparams(bindparam("names", expanding=True))


async def require_rollback(session: AsyncSession, bindings: Bindings) -> None:
    """DatabaseError when something that this run would write could not be taken back.

    MariaDB and MySQL commit at each CREATE TABLE, so the ledger has to be there; and tables of some of their engines
    know no transactions.
    """
    if name_of(session) not in MYSQL_FAMILY:
        return
    if not await ledger_is_current(session):
        raise DatabaseError(
            "the ledger's tables are not there, or not of this version, and MariaDB and MySQL cannot take back a "
            "CREATE TABLE",
            hint="run provision migrate first",
        )
    names = [*_table_names(bindings), *ledger_tables.tables]
    forever = list(await session.scalars(_WITHOUT_ROLLBACK, {"names": sorted(names)}))
    if forever:
        raise DatabaseError(
            f"no transaction takes back what is written to {', '.join(forever)}",
            hint="ALTER TABLE … ENGINE = InnoDB, without which apply cannot keep its word either",
        )


def _table_names(bindings: Bindings) -> Iterator[str]:
    for bound in bindings.values():
        yield bound.table.name
        yield from (link.table.name for link in bound.links.values())
