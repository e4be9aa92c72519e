"""Making and removing the tables, and the transactions of SQLite."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from backend.app.admin.model.user import User
from backend.core.database_url import SettingsError, parse_url
from backend.database.db import create_tables, drop_tables, make_engine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backend.project import Project


async def tables(engine: AsyncEngine) -> set[str]:
    """The names of all tables that the database holds."""
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_creating_the_tables_twice_keeps_the_rows(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with AsyncSession(engine) as session, session.begin():
        session.add(User(username="alice", nickname="alice", salt=None))
    await create_tables(engine)
    async with AsyncSession(engine) as session:
        assert await session.get(User, 1) is not None


async def test_dropping_the_tables_leaves_those_of_others_and_can_be_undone(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE of_others (id INTEGER)"))
    await drop_tables(engine)
    assert await tables(engine) == {"of_others"}
    await drop_tables(engine)
    await create_tables(engine)
    ours = {"sys_api_key", "sys_dept", "sys_role", "sys_user", "sys_user_role"}
    assert await tables(engine) == {"of_others", "alembic_version"} | ours


async def test_a_failed_migration_leaves_no_half_of_the_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE sys_api_key (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        await create_tables(engine)
    assert await tables(engine) == {"sys_api_key"}


async def test_two_writers_on_sqlite_lose_no_update(tmp_path: Path) -> None:
    engine = make_engine(parse_url(f"sqlite:///{tmp_path}/counter.db"))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        await connection.execute(text("INSERT INTO counter VALUES (0)"))

    async def count_up() -> None:
        for _ in range(20):
            async with engine.begin() as connection:
                value = await connection.scalar(text("SELECT value FROM counter"))
                await asyncio.sleep(0)
                await connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    await asyncio.gather(count_up(), count_up())
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT value FROM counter")) == 40
    await engine.dispose()


async def test_a_file_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    engine = make_engine(parse_url(f"sqlite:///{tmp_path}/no/such/folder.db"))
    before = set(threading.enumerate())
    for _ in range(50):  # a thread of the driver would be gone after a moment, though seldom before we look
        with pytest.raises(OperationalError, match="unable to open database file"):
            await engine.connect()
        assert set(threading.enumerate()) <= before


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncmy", None)
    with pytest.raises(SettingsError, match="pip install asyncmy"):
        make_engine(parse_url("mysql://u@localhost/db"))


def test_the_embedded_default_gets_its_tables_at_once(project: Project) -> None:
    result = project.python(
        "import asyncio\n"
        "from backend.database import db\n"
        "async def main():\n"
        "    await db.ensure_tables()\n"
        "    await db.ensure_tables()\n"
        "    await db.async_engine.dispose()\n"
        "asyncio.run(main())\n"
    )
    assert result.returncode == 0, result.stderr
    assert (project.folder / "provision.db").stat().st_size > 0


def test_a_configured_database_gets_no_tables_unasked(project: Project) -> None:
    result = project.python(
        "import asyncio\nfrom backend.database import db\nasyncio.run(db.ensure_tables())\n",
        DATABASE_URL=f"sqlite:///{project.folder}/other.db",
    )
    assert "the database lacks the tables sys_api_key, sys_dept, sys_role, sys_user, sys_user_role" in result.stderr
    assert "run: alembic -c backend/alembic.ini upgrade head" in result.stderr
