"""An engine for one connection: no pool, no cached statements, no values in errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from provision.database.claim import Claim
from provision.database.dialects.dialect import Purpose, dialect_of
from provision.database.errors import translated
from provision.database.retry import with_retries
from provision.database.target import Target
from provision.errors import UnreachableError

_READER = Claim(project="", seconds=30)


def make_engine(target: Target, purpose: Purpose, claim: Claim = _READER) -> AsyncEngine:
    """An engine of one connection, whose errors and logs name no values; locks are waited for as the claim says."""
    dialect = dialect_of(target.url.get_backend_name())
    # It prints a traceback when a lost connection cannot be closed; what is lost with it is told by us.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    arguments = dialect.arguments(claim)
    with _options_of_the_url():
        engine = create_async_engine(target.url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    dialect.prepare(engine, purpose, claim.seconds)
    return engine


async def connect(session: AsyncSession, purpose: Purpose) -> None:
    """Open the connection and begin the transaction; a server that takes no connections just now is asked again."""
    dialect = dialect_of(session.get_bind().dialect.name)

    async def attempt() -> None:
        with translated(), _options_of_the_url():
            await session.connection(execution_options=dialect.options(purpose))

    await with_retries(attempt)
    dialect.require_version(session.get_bind().dialect)


@contextmanager
def _options_of_the_url() -> Iterator[None]:
    """The driver takes the URL's query as arguments, whose names or values it may refuse."""
    try:
        yield
    except (TypeError, ValueError):
        raise UnreachableError(
            "the database URL has an option that the driver does not know", hint="see what follows its question mark"
        ) from None
