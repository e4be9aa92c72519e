"""Fixtures of the backend's tests: a copied project, and an engine on a migrated database of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from backend import load_all_models
from backend.core.database_url import parse_url
from backend.database.db import create_tables, make_engine
from tests.backend.project import Project, copied_project

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, empty database of each kind that the reference backend's settings take: MySQL is none."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the backend, with nothing configured."""
    folder = tmp_path / "project"
    folder.mkdir()
    return copied_project(folder)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine as the backend makes it, on an empty database: once SQLite, once PostgreSQL."""
    load_all_models()
    engine = make_engine(parse_url(database_url))
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session on a database with all tables; what it did is rolled back."""
    await create_tables(engine)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
