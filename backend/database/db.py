"""The engine, the sessions, and the tables. Importing this module connects to nothing."""

import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from backend import load_all_models
from backend.common.model import Base
from backend.core.conf import configured_url, read_settings
from backend.core.database_url import SettingsError

ALEMBIC_INI = Path(__file__).resolve().parents[1] / "alembic.ini"


class MissingTablesError(Exception):
    """The database lacks tables; the message names the command that makes them."""


def make_engine(url: URL, *, echo: bool = False) -> AsyncEngine:
    """An engine whose messages and logs hide values; SettingsError when the driver is not installed."""
    try:
        engine = create_async_engine(url, echo=echo, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the driver of {url.get_backend_name()} is not installed; run: pip install {error.name}"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "do_connect", _open_sqlite)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _open_sqlite(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
    # A file that cannot be opened fails here, by the same error: where aiosqlite fails to open one, its thread may
    # outlive the event loop and print a traceback (github.com/omnilib/aiosqlite/issues/241).
    sqlite3.connect(*arguments, **options).close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own transactions leave out reads and DDL, and lose updates
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")  # off by default, and for each connection anew
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


_settings = read_settings()
async_engine = make_engine(_settings.url, echo=_settings.database_echo)
# Objects stay readable after a commit: under asyncio, an expired attribute cannot load itself again.
async_db_session: async_sessionmaker[AsyncSession] = async_sessionmaker(async_engine, expire_on_commit=False)


async def create_tables(engine: AsyncEngine = async_engine) -> None:
    """Bring the tables to the newest migration, in one transaction; does nothing when they are there."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def drop_tables(engine: AsyncEngine = async_engine) -> None:
    """Remove the tables of all models with their rows, and Alembic's note of the version."""
    load_all_models()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


async def ensure_tables(engine: AsyncEngine = async_engine) -> None:
    """Make the tables on the embedded default; on a configured database, MissingTablesError if they lack."""
    load_all_models()
    if configured_url() is None:
        await create_tables(engine)
        return
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    missing = sorted(set(Base.metadata.tables) - set(found))
    if missing:
        raise MissingTablesError(
            f"the database lacks the tables {', '.join(missing)}; run: alembic -c backend/alembic.ini upgrade head"
        )


def _upgrade(connection: Connection) -> None:
    config = Config(ALEMBIC_INI)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
