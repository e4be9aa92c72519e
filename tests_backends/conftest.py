"""The databases of the other tests, and each example in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import (
    database_url,
    postgres_database,
    postgres_server,
    postgres_url,
    pytest_configure,
    sqlite_url,
)
from tests_backends.example import CopyExample, Example, copy_example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

__all__ = ["database_url", "postgres_database", "postgres_server", "postgres_url", "pytest_configure", "sqlite_url"]


@pytest.fixture
def example_of(tmp_path: Path) -> CopyExample:
    """Copies an example by its name, to work on the database of a URL."""

    def copied(name: str, url: str) -> Example:
        return copy_example(name, tmp_path / name, url)

    return copied


@pytest.fixture
def url_with_citext(postgres_server: Server, postgres_url: str) -> str:
    """The URL of a fresh PostgreSQL database, where the extension citext can be had; a server may lack it."""
    if not postgres_server.execute("SELECT FROM pg_available_extensions WHERE name = 'citext'"):
        pytest.skip("this server has no extension citext")
    return postgres_url
