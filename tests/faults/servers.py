"""The server behind a test's database, where there is one."""

from __future__ import annotations

from typing import cast

import pytest

from tests.mysql import MySQLServer
from tests.postgres import Server

AnyServer = Server | MySQLServer


def server_of(request: pytest.FixtureRequest, url: str) -> AnyServer | None:
    """The server of this URL, from its fixture; None for SQLite."""
    if url.startswith("sqlite"):
        return None
    name = "postgres_server" if url.startswith("postgresql") else "mysql_server"
    return cast("AnyServer", request.getfixturevalue(name))
