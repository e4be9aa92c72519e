"""The floor: what the fastest sane script would do. `python -m benchmarks.floor plan|create FOLDER URL`.

PyYAML's C parser builds the documents and asyncpg talks to the database, without an ORM and in one statement. Nothing
is checked, compared, locked or remembered: `plan` only reads what a comparison would need, and `create` writes the
users' rows and no ledger.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import yaml

from benchmarks.peak import report

# The columns of the rows that `provision plan` compares, and their keys.
SELECT = """
    SELECT username, id, nickname, email, phone, avatar, status, is_superuser, is_staff, is_multi_login
    FROM sys_user WHERE username = ANY($1)
"""
# The columns of a new row that are not null; COPY need not name the others.
COLUMNS = (
    *("uuid", "username", "nickname", "password", "email", "status", "is_superuser", "is_staff", "is_multi_login"),
    *("join_time", "last_password_changed_time", "created_time"),
)
STATUS = {"active": 1, "disabled": 0}


def parse(folder: Path) -> list[dict[str, Any]]:
    """Every document of every file."""
    documents: list[dict[str, Any]] = []
    for file in sorted(folder.glob("*.yaml")):
        documents += yaml.load_all(file.read_bytes(), Loader=yaml.CSafeLoader)
    return documents


async def plan(documents: list[dict[str, Any]], url: str) -> int:
    """Read the row of each user; returns the number of statements."""
    connection = await asyncpg.connect(url)
    await connection.fetch(SELECT, [document["metadata"]["name"] for document in documents])
    await connection.close()
    return 1


async def create(documents: list[dict[str, Any]], url: str) -> int:
    """Write a row for each user; returns the number of statements."""
    connection = await asyncpg.connect(url)
    await connection.copy_records_to_table("sys_user", records=rows(documents), columns=COLUMNS)
    await connection.close()
    return 1


def rows(documents: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The values of COLUMNS for each user."""
    for document in documents:
        spec, now = document["spec"], datetime.now(UTC)
        yield (
            str(uuid4()),
            document["metadata"]["name"],
            spec["nickname"],
            spec["password"]["hash"],
            spec.get("email"),
            STATUS[spec.get("status", "active")],
            spec.get("is_superuser", False),
            spec.get("is_staff", False),
            spec.get("is_multi_login", False),
            now,
            now,
            now,
        )


def main() -> None:
    """Do one of the two jobs."""
    job, folder, url = sys.argv[1:]
    work = {"plan": plan, "create": create}[job]
    report(statements=asyncio.run(work(parse(Path(folder)), url)))


if __name__ == "__main__":
    main()
