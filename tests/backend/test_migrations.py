"""The migrations: they agree with the models, and Alembic's commands work from the repository's root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from backend.common.model import Base
from backend.database.db import ALEMBIC_INI, create_tables

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.backend.project import Project

INI = ("alembic", "-c", "backend/alembic.ini")
ROWS_OF_0001 = """
INSERT INTO sys_user (id, uuid, username, nickname, status, is_superuser, is_staff, is_multi_login, join_time,
    created_time)
    VALUES (7, 'u', 'alice', 'Alice', 1, false, false, false, '2027-01-01', '2027-01-01');
INSERT INTO sys_api_key (id, user_id, name, key_hash, scopes, is_active, generation, created_time)
    VALUES (1, 7, 'ci', 'h', '[]', true, 1, '2027-01-01')
"""
ROWS_OF_0002 = """
INSERT INTO sys_dept (id, name, parent_id, sort, status, created_time)
    VALUES (1, 'root', NULL, 0, 1, '2027-01-01'), (2, 'leaf', 1, 0, 1, '2027-01-01');
INSERT INTO sys_role (id, name, status, created_time) VALUES (1, 'auditor', 1, '2027-01-01');
INSERT INTO sys_user_role (user_id, role_id) VALUES (7, 1);
UPDATE sys_user SET dept_id = 2
"""


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would still change, types and defaults included."""
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


def on(connection: Connection) -> Config:
    """What Alembic's commands need to run on the connection."""
    config = Config(ALEMBIC_INI)
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str) -> None:
    """Do the migrations up to a revision."""
    command.upgrade(on(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> list[str]:
    """Undo the migrations down to a revision, or all; the tables that are left."""
    command.downgrade(on(connection), revision)
    return inspect(connection).get_table_names()


async def rows(engine: AsyncEngine) -> dict[str, list[tuple[Any, ...]]]:
    """What the first migration's tables hold."""
    async with engine.connect() as connection:
        return {
            name: [tuple(row) for row in await connection.execute(text(f"SELECT * FROM {name}"))]
            for name in ("sys_user", "sys_api_key")
        }


async def test_the_migrations_and_the_models_agree(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrations_can_be_undone_and_done_again(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with engine.begin() as connection:
        assert await connection.run_sync(downgrade) == ["alembic_version"]
    await create_tables(engine)


async def test_the_rows_and_what_refers_to_them_outlive_later_migrations_and_their_undoing(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "0001")
        for statement in ROWS_OF_0001.split(";"):
            await connection.execute(text(statement))
    before = await rows(engine)
    await create_tables(engine)
    assert [(*row, None) for row in before["sys_user"]] == (await rows(engine))["sys_user"]
    async with engine.begin() as connection:
        for statement in ROWS_OF_0002.split(";"):
            await connection.execute(text(statement))
    async with engine.begin() as connection:
        await connection.run_sync(downgrade, "0001")
    assert await rows(engine) == before
    await create_tables(engine)


async def test_a_foreign_key_that_a_migration_adds_is_checked(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with engine.connect() as connection:
        for statement in ROWS_OF_0001.split(";"):
            await connection.execute(text(statement))
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            await connection.execute(text("UPDATE sys_user SET dept_id = 404"))


def test_the_upgrade_command_makes_the_tables_of_the_configured_database(project: Project, database_url: str) -> None:
    for _ in range(2):
        assert project.run(*INI, "upgrade", "head", DATABASE_URL=database_url).returncode == 0
    result = project.run(*INI, "check", DATABASE_URL=database_url)
    assert "No new upgrade operations detected." in result.stdout, result.stderr


@pytest.mark.parametrize("url", ["postgresql://u@localhost:1/none", "sqlite:///none.db"])
def test_the_upgrade_can_be_printed_as_sql_without_a_database(project: Project, url: str) -> None:
    result = project.run(*INI, "upgrade", "head", "--sql", DATABASE_URL=url)
    assert "CREATE TABLE sys_user" in result.stdout, result.stderr
    assert "ALTER TABLE sys_user ADD COLUMN dept_id" in result.stdout, result.stderr


def test_the_tables_of_provision_are_not_proposed_for_removal(project: Project) -> None:
    made = project.python(
        "import asyncio\n"
        "from sqlalchemy import text\n"
        "from backend.database.db import async_engine, create_tables\n"
        "async def main():\n"
        "    await create_tables()\n"
        "    async with async_engine.begin() as connection:\n"
        "        await connection.execute(text('CREATE TABLE provision_run (id INTEGER)'))\n"
        "    await async_engine.dispose()\n"
        "asyncio.run(main())\n"
    )
    assert made.returncode == 0, made.stderr
    assert project.run(*INI, "check").returncode == 0


def test_a_changed_model_gets_a_migration_that_runs(project: Project) -> None:
    assert project.run(*INI, "upgrade", "head").returncode == 0
    model = project.folder / "backend/app/admin/model/api_key.py"
    with model.open("a") as file:
        file.write("    seen_at: Mapped[datetime | None] = mapped_column(default=None)\n")
    assert project.run(*INI, "check").returncode != 0
    made = project.run(*INI, "revision", "--autogenerate", "-m", "When a key was seen")
    assert made.returncode == 0, made.stderr
    upgraded = project.run(*INI, "upgrade", "head")
    assert upgraded.returncode == 0, upgraded.stderr
    assert project.run(*INI, "check").returncode == 0


def test_an_unreachable_database_is_one_line_and_no_traceback(project: Project) -> None:
    result = project.run(*INI, "upgrade", "head", DATABASE_URL="postgresql://u:canary@localhost:1/app")
    assert result.returncode != 0
    assert "cannot reach the postgresql database app at localhost:1" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert "canary" not in result.stdout + result.stderr


def test_a_wrong_setting_is_one_line_and_no_traceback(project: Project) -> None:
    result = project.run(*INI, "upgrade", "head", DATABASE_TYPE="oracle")
    assert result.returncode != 0
    assert "DATABASE_TYPE must be one of" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
