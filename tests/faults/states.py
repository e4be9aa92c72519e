"""Manifests of 500 resources, and what a database holds of them: all that is not made anew in each run."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.mysql import speak_standard_sql
from tests.project import Project

USERS = 250
# bcrypt, cost 4; of nothing in particular.
HASH = "$2b$04$WDbBNqVqLNKRv5cS3WhHSuYnVL2yZ.Ah1vMy3Y8yv3IIuWuo4cUuC"


Table = list[tuple[Any, ...]] | None


@dataclass(frozen=True, slots=True)
class State:
    """The rows of the application and of the ledger, each table as a sorted list; None for a table that is not there.

    Left out is what each run makes anew: numbers, UUIDs, times. What they connect is put in their place.
    """

    users: Table
    keys: Table
    resources: Table
    runs: Table
    changes: Table


def read_state(project: Project) -> State:
    """Everything that matters in a project's database, of whichever kind it is.

    MySQL commits at every CREATE TABLE: an incomplete or empty ledger is the same as none there.
    """
    return asyncio.run(_read(project.url))


async def _read(url: str) -> State:
    engine = speak_standard_sql(create_async_engine(url, poolclass=NullPool))
    async with engine.connect() as connection:
        there = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()).issuperset(_TABLES))
        nothing: Table = [] if url.startswith("mysql") else None
        tables = [
            sorted(map(_timeless, await connection.execute(text(query))), key=str) if wanted else nothing
            for query, wanted in ((_USERS, True), (_KEYS, True), *((query, there) for query in _LEDGER))
        ]
    return State(*tables)


def _timeless(row: Iterable[Any]) -> tuple[Any, ...]:
    """The row without the moments that the ledger remembers, and the digests, which are of one run or database."""
    return tuple(_DIGEST.sub("D", _MOMENT.sub("T", value)) if isinstance(value, str) else value for value in row)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_DIGEST = re.compile(r"sha256:[0-9a-f]{16,64}")
_USERS = "SELECT username, nickname, password, email, status, is_superuser, is_staff FROM sys_user"
_KEYS = """
SELECT u.username, k.name, k.key_hash, k.is_active, k.revoked_at IS NULL, k.generation, CAST(k.scopes AS CHAR(100))
FROM sys_api_key k JOIN sys_user u ON u.id = k.user_id
"""
# The row that a record points at, by its names of today, stands for its number.
_RESOURCES = """
SELECT r.project, r.address, r.table_name, r.fields, r.secrets, r.labels, r.state, r.on_remove, r.prevent_removal,
       r.source, run.fingerprint, u.username, owner.username, k.name
FROM provision_resource r JOIN provision_run run ON run.id = r.run_id
LEFT JOIN sys_user u ON r.table_name = 'sys_user' AND r.row_key = '[' || u.id || ']'
LEFT JOIN sys_api_key k ON r.table_name = 'sys_api_key' AND r.row_key = '[' || k.id || ']'
LEFT JOIN sys_user owner ON owner.id = k.user_id
"""
_RUNS = "SELECT project, added, changed, removed FROM provision_run"
_CHANGES = """
SELECT c.position, c.address, c.action, c.fields, c.source
FROM provision_change c JOIN provision_run r ON r.id = c.run_id
"""
_LEDGER = (_RESOURCES, _RUNS, _CHANGES)
_TABLES = {"provision_version", "provision_run", "provision_resource", "provision_change"}


def first_manifests() -> str:
    """250 users with a password and a key each."""
    return "".join(_user(number) for number in range(USERS))


def second_manifests() -> str:
    """The same company later: people renamed, changed, swapped, gone in each way, and new ones."""
    return "".join(_later())


def _later() -> Iterator[str]:
    for number in range(USERS):
        match number % 10:
            case 0:  # gone, by the recorded on_remove: every other one deleted, the others disabled
                continue
            case 1:
                yield _user(number, name=f"renamed-{number:03}", previously=f"user-{number:03}")
            case 2:
                yield _user(number, nickname="Somebody Else")
            case 3:  # exchanged with the next one
                yield _user(number, email=number + 1)
            case 4:
                yield _user(number, email=number - 1)
            case 5:
                yield _user(number, key_seed="another key")
            case _:
                yield _user(number)
    for number in range(USERS, USERS + 40):
        yield _user(number)


def _user(  # one line of a table each
    number: int,
    *,
    name: str = "",
    previously: str = "",
    nickname: str = "A Person",
    email: int | None = None,
    key_seed: str = "key",
) -> str:
    name = name or f"user-{number:03}"
    on_remove = "delete" if number % 20 == 0 else "disable"
    former = f", previously: [{previously}]" if previously else ""
    digest = hashlib.sha256(f"{key_seed} {number}".encode()).hexdigest()
    return f"""\
---
apiVersion: provision/v1
kind: User
metadata: {{name: {name}, lifecycle: {{on_remove: {on_remove}}}{former}}}
spec:
  nickname: {nickname}
  email: user-{number if email is None else email}@example.com
  is_superuser: {"true" if number == 7 else "false"}
  password: {{hash: "{HASH}"}}
---
apiVersion: provision/v1
kind: ApiKey
metadata: {{name: ci, lifecycle: {{on_remove: {on_remove}}}}}
spec: {{user: {name}, key: {{hash: {digest}}}}}
"""
