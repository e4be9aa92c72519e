"""The migrations: they agree with the models, and Alembic's commands work from the repository's root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from backend.common.model import Base
from backend.database.db import ALEMBIC_INI, create_tables

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.backend.project import Project

INI = ("alembic", "-c", "backend/alembic.ini")


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would still change, types and defaults included."""
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


def downgrade(connection: Connection) -> list[str]:
    """Undo all migrations; the tables that are left."""
    config = Config(ALEMBIC_INI)
    config.attributes["connection"] = connection
    command.downgrade(config, "base")
    return inspect(connection).get_table_names()


async def test_the_migrations_and_the_models_agree(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrations_can_be_undone_and_done_again(engine: AsyncEngine) -> None:
    await create_tables(engine)
    async with engine.begin() as connection:
        assert await connection.run_sync(downgrade) == ["alembic_version"]
    await create_tables(engine)


def test_the_upgrade_command_makes_the_tables_of_the_configured_database(project: Project, database_url: str) -> None:
    for _ in range(2):
        assert project.run(*INI, "upgrade", "head", DATABASE_URL=database_url).returncode == 0
    result = project.run(*INI, "check", DATABASE_URL=database_url)
    assert "No new upgrade operations detected." in result.stdout, result.stderr


def test_the_upgrade_can_be_printed_as_sql_without_a_database(project: Project) -> None:
    result = project.run(*INI, "upgrade", "head", "--sql", DATABASE_URL="postgresql://u@localhost:1/none")
    assert "CREATE TABLE sys_user" in result.stdout, result.stderr


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
