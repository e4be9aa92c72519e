"""How Alembic runs: on a connection that the caller hands over, on one of its own, or offline as SQL."""

import asyncio
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from backend import load_all_models
from backend.common.model import Base, UTCDateTime
from backend.core.database_url import SettingsError, place

try:
    from backend.database.db import async_engine
except SettingsError as error:
    raise CommandError(str(error)) from None


def is_of_the_application(name: str | None, kind: str, _parents: object) -> bool:
    """Whether autogenerate looks at this object; `provision` keeps tables of its own in the same database."""
    return not (kind == "table" and (name or "").startswith("provision_"))


def render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """The source text of a type of ours in a new migration; False leaves it to Alembic."""
    if kind == "type" and isinstance(item, UTCDateTime):
        autogenerate.imports.add("from backend.common.model import UTCDateTime")
        return "UTCDateTime()"
    return False


def configure(**where: Any) -> None:
    """Run the migrations in the context that `where` gives: `connection`, or `url` for SQL as text."""
    load_all_models()
    context.configure(
        **where,
        target_metadata=Base.metadata,
        include_name=is_of_the_application,
        render_item=render,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def on(connection: Connection) -> None:
    """Run the migrations on `connection`."""
    configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")


async def connect() -> None:
    """Run the migrations on a connection of their own, in one transaction."""
    try:
        async with async_engine.connect():  # apart from the migrations, whose errors keep their tracebacks
            pass
    except (OSError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        raise CommandError(f"cannot reach the {place(async_engine.url)}: {reason}") from None
    async with async_engine.begin() as connection:
        await connection.run_sync(on)
    await async_engine.dispose()


if context.is_offline_mode():
    configure(url=async_engine.url, literal_binds=True, dialect_opts={"paramstyle": "named"})
elif (given := context.config.attributes.get("connection")) is not None:
    on(given)
else:
    asyncio.run(connect())
