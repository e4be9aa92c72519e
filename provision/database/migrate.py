"""Creating and upgrading the ledger's tables."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.errors import translated
from provision.database.ledger import ledger_is_current
from provision.database.lock import lock_ledger
from provision.errors import DatabaseError


async def migrate_ledger(session: AsyncSession) -> bool:
    """Bring the ledger to this program's version, in the session's transaction; False when it is there.

    It has to come before any other write: MariaDB and MySQL commit at each CREATE TABLE, and go on in a transaction
    of the same isolation. The locks are the connection's there, and stay; the version is committed with the run.
    """
    if await ledger_is_current(session):
        return False
    await lock_ledger(session)
    if await ledger_is_current(session):  # another project has just done it
        return False
    connection = await session.connection()
    try:
        with translated():
            await connection.run_sync(_upgrade)
    except DatabaseError as error:
        if type(error) is not DatabaseError or error.transient:
            raise
        message = f"the ledger's tables can be neither made nor upgraded: {error.message}"
        raise DatabaseError(message, hint="let the owner of the tables run provision migrate once") from None
    return True


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "provision.database:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
