"""The ledger: three tables of ours beside the application's, and what they remember."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy import inspect as inspect_connection
from sqlalchemy.dialects.mysql import DATETIME, LONGTEXT
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address, parse_address
from provision.core.state import Lifecycle, OnRemove, Presence, PrimaryKey, Record, SecretRecord
from provision.core.value import Value, canonical_json
from provision.database.dialects.dialect import MYSQL_FAMILY
from provision.database.dialects.keyset import among
from provision.errors import DatabaseError

metadata = MetaData()
# What is remembered of a secret as a text.
_TEXTS = ("version", "set_at", "pending", "fingerprint")
# MySQL's DATETIME drops microseconds, and its TEXT ends after 64 KiB.
Moment = DateTime(timezone=True).with_variant(DATETIME(fsp=6), *MYSQL_FAMILY)
LongText = Text().with_variant(LONGTEXT(), *MYSQL_FAMILY)

RUN = Table(
    "provision_run",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("project", String(64), nullable=False, index=True),
    Column("started_at", Moment, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("commit", String(64)),
    Column("tool_version", String(32), nullable=False),
    Column("fingerprint", String(80), nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    # From here on null in rows of older versions.
    Column("seq", Integer),
    Column("written_at", Moment),
    Column("command", String(32)),
    Column("branch", String(255)),
    Column("job_url", LongText),
    Column("details", LongText),
    Column("hash", String(80)),
    Index("uq_provision_run_seq", "project", "seq", unique=True),
)
# The columns of RUN that the versions before 0003 lack.
CHAINED = ("seq", "written_at", "command", "branch", "job_url", "details", "hash")

RESOURCE = Table(
    "provision_resource",
    metadata,
    Column("project", String(64), primary_key=True),
    Column("address", String(512), primary_key=True),
    Column("table_name", String(255), nullable=False),
    Column("row_key", String(255), nullable=False),
    Column("fields", LongText, nullable=False),
    Column("secrets", LongText, nullable=False),
    Column("labels", LongText, nullable=False),
    Column("state", String(16), nullable=False),
    Column("on_remove", String(16), nullable=False),
    Column("prevent_removal", Boolean, nullable=False),
    Column("source", LongText, nullable=False),
    Column("run_id", String(36), ForeignKey(RUN.c.id), nullable=False),
    UniqueConstraint("table_name", "row_key", name="uq_provision_resource_row"),
)

CHANGE = Table(
    "provision_change",
    metadata,
    Column("run_id", String(36), ForeignKey(RUN.c.id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("address", String(512), nullable=False, index=True),
    Column("action", String(16), nullable=False),
    Column("fields", LongText, nullable=False),
    Column("source", LongText, nullable=False),
)

VERSION_TABLE = "provision_version"
HEAD = "0003"
# Versions whose tables this program reads as they are; the next apply brings them to HEAD.
READABLE = ("0001", "0002", HEAD)


async def ledger_exists(session: AsyncSession) -> bool:
    """Whether the ledger is there; raises DatabaseError when it is of a version that this program cannot read."""
    return await _version(session) in READABLE


async def _version(session: AsyncSession) -> str | None:
    connection = await session.connection()
    if not await connection.run_sync(lambda sync: inspect_connection(sync).has_table(VERSION_TABLE)):
        return None
    version = await connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  a constant
    number: str | None = version.scalar_one_or_none()
    if number is not None and number > HEAD:
        raise DatabaseError(
            f"the ledger has version {number}, this program knows up to {HEAD}", hint="upgrade provision"
        )
    return number


async def ledger_is_current(session: AsyncSession) -> bool:
    """Whether the ledger is of the version that this program writes."""
    return await _version(session) == HEAD


async def run_exists(session: AsyncSession, run_id: str) -> bool:
    """Whether the run with this id was committed."""
    return await ledger_exists(session) and bool(await session.scalar(select(RUN.c.id).where(RUN.c.id == run_id)))


async def read_records(session: AsyncSession, project: str) -> dict[Address, Record]:
    """Everything that this project manages, in one query."""
    columns = [column for column in RESOURCE.columns if column.name not in ("project", "table_name", "run_id")]
    result = await session.execute(select(*columns).where(RESOURCE.c.project == project))
    lifecycles: dict[tuple[str, str, bool], Lifecycle] = {}
    records = (_record(row, lifecycles) for row in result.mappings())
    return {record.address: record for record in records}


async def other_managers(
    session: AsyncSession, project: str, table: str, keys: Mapping[PrimaryKey, Address]
) -> Iterator[tuple[Address, str]]:
    """Which of these rows another project manages, and which one."""
    rows = {row_key(key): address for key, address in keys.items()}
    found = await session.execute(
        select(RESOURCE.c.row_key, RESOURCE.c.project)
        .where(RESOURCE.c.project != project, RESOURCE.c.table_name == table)
        .where(among([RESOURCE.c.row_key], _single(rows), _dialect(session)))
    )
    return ((rows[key], owner) for key, owner in found)


def row_key(primary_key: PrimaryKey) -> str:
    """A primary key as the ledger writes it."""
    return canonical_json([part if isinstance(part, int) else str(part) for part in primary_key])


def _single(keys: Collection[str]) -> list[tuple[str]]:
    return [(key,) for key in keys]


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name


def _record(row: RowMapping, lifecycles: dict[tuple[str, str, bool], Lifecycle]) -> Record:
    how = (row["state"], row["on_remove"], row["prevent_removal"])
    lifecycle = lifecycles.get(how)
    if lifecycle is None:
        lifecycle = lifecycles[how] = Lifecycle(
            state=Presence(row["state"]),
            on_remove=OnRemove(row["on_remove"]),
            prevent_removal=row["prevent_removal"],
        )
    return Record(
        address=parse_address(row["address"]),
        primary_key=tuple(json.loads(row["row_key"])),
        fields=json.loads(row["fields"]),
        secrets=read_secrets(row["secrets"]),
        labels=_small(row["labels"]),
        lifecycle=lifecycle,
        source=row["source"],
    )


_EMPTY: dict[str, Any] = {}
_NO_SECRET: Mapping[str, SecretRecord] = {}
_UNMARKED = SecretRecord()


@lru_cache(maxsize=1024)
def read_secrets(text: str) -> Mapping[str, SecretRecord]:
    """What is remembered of the secrets of a resource, from the text that `written_secrets` makes.

    Most resources have the same.
    """
    if text == "{}":
        return _NO_SECRET
    return {name: _secret(found) for name, found in json.loads(text).items()}


def written_secrets(secrets: Mapping[str, SecretRecord]) -> str:
    """A JSON object: for each secret null, its version as a text, or an object with all that is remembered."""
    return canonical_json({name: _remembered(secret) for name, secret in secrets.items()})


def _remembered(secret: SecretRecord) -> Value:
    known = {name: value for name in _TEXTS if (value := getattr(secret, name)) is not None}
    if secret.retiring:
        known["retiring"] = {str(generation): at for generation, at in secret.retiring.items()}
    if known.keys() <= {"version"}:
        return secret.version
    return known


def _secret(found: Any) -> SecretRecord:
    if not isinstance(found, dict):
        return _UNMARKED if found is None else SecretRecord(version=found)
    retiring = {int(generation): at for generation, at in found.get("retiring", {}).items()}
    return SecretRecord(**{name: found.get(name) for name in _TEXTS}, retiring=retiring)


def _small(text: str) -> dict[str, Any]:
    return _EMPTY if text == "{}" else json.loads(text)
