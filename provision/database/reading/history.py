"""Reading the ledger's history: which runs there were, and what they changed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, null, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.moment import spelled
from provision.core.value import Fields
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import among
from provision.database.ledger import CHAINED, CHANGE, RUN, ledger_exists, ledger_is_current
from provision.errors import DatabaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run that wrote something, as the ledger has it; moments are RFC 3339 text.

    From `seq` on everything is None in a run from before version 0003 of the ledger.
    """

    id: str
    project: str
    started_at: str
    actor: str
    commit: str | None
    tool_version: str
    fingerprint: str
    added: int
    changed: int
    removed: int
    seq: int | None
    written_at: str | None
    command: str | None
    branch: str | None
    job_url: str | None
    details: str | None
    hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """One change of a run. `fields` holds objects: of fields (`name`, then `before` and `after`, or `sensitive` and
    perhaps a digest as `after`), of generations (`retired`, `reason`), and of a former address (`previous`).
    """

    run: str
    position: int
    address: str
    action: str
    fields: list[dict[str, Any]]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs: by these ids, whose id begins so, by whom, begun from one moment and before another, how many."""

    ids: Collection[str] | None = None
    prefix: str = ""
    actor: str | None = None
    since: str | None = None
    until: str | None = None
    limit: int | None = None


ALL = Wanted()
# What a run's hash covers of each change, in this order.
CHANGE_COLUMNS = ("position", "address", "action", "fields", "source")


def chained_columns(run: PastRun) -> Fields:
    """What a run's hash covers of its row: every column but the hash."""
    columns = asdict(run)
    del columns["hash"]
    return columns


async def read_runs(session: AsyncSession, project: str, wanted: Wanted = ALL) -> list[PastRun]:
    """The project's runs, the newest first, in one query; none where there is no ledger yet."""
    if not await ledger_exists(session):
        return []
    chained, dialect = await ledger_is_current(session), name_of(session)
    query = select(*_run_columns(dialect, chained=chained)).where(RUN.c.project == project)
    for condition in _conditions(wanted, dialect):
        query = query.where(condition)
    result = await session.execute(_newest_first(query, chained=chained).limit(wanted.limit))
    return [_past_run(row._mapping) for row in result]  # noqa: SLF001  SQLAlchemy's public name for it


async def read_changes(
    session: AsyncSession,
    project: str,
    *,
    runs: Collection[str] | None = None,
    addresses: Collection[str] | None = None,
) -> list[PastChange]:
    """The changes of these runs, or at these addresses, or both, the oldest first, in one query."""
    if not await ledger_exists(session):
        return []
    dialect = name_of(session)
    query = select(CHANGE).join(RUN, RUN.c.id == CHANGE.c.run_id).where(RUN.c.project == project)
    if runs is not None:
        query = query.where(among([CHANGE.c.run_id], {(run,) for run in runs}, dialect))
    if addresses is not None:
        query = query.where(among([CHANGE.c.address], {(address,) for address in addresses}, dialect))
    order = [RUN.c.seq.is_not(None), RUN.c.seq] if await ledger_is_current(session) else []
    result = await session.execute(query.order_by(*order, RUN.c.started_at, CHANGE.c.run_id, CHANGE.c.position))
    return [_past_change(row) for row in result]


async def runs_touching(session: AsyncSession, project: str, pattern: str) -> set[str]:
    """The runs that changed any address that a glob names, in one query."""
    if not await ledger_exists(session):
        return set()
    # What the database compares, case or none, leaves more than enough; the glob decides.
    plain = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    query = select(CHANGE.c.run_id, CHANGE.c.address).join(RUN, RUN.c.id == CHANGE.c.run_id).distinct()
    query = query.where(RUN.c.project == project, CHANGE.c.address.startswith(plain, autoescape=True))
    return {run for run, address in await session.execute(query) if fnmatchcase(address, pattern)}


def _run_columns(dialect: str, *, chained: bool) -> list[ColumnElement[Any]]:
    """The columns of a PastRun, null where the ledger is older; moments in SQLite as the text that it keeps."""
    columns: list[ColumnElement[Any]] = []
    for name in PastRun.__slots__:
        column: ColumnElement[Any] = RUN.c[name] if chained or name not in CHAINED else null()
        if dialect == "sqlite" and name.endswith("_at"):
            # Whatever somebody has put there is read, and not only what is a moment.
            column = type_coerce(column, Text)
        columns.append(column.label(name))
    return columns


def _past_run(row: Any) -> PastRun:
    """A run from a row with the columns above."""
    values = dict(row)
    for name in ("started_at", "written_at"):
        values[name] = _moment(values[name])
    return PastRun(**values)


def _moment(found: Any) -> Any:
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            return found
    if not isinstance(found, datetime):
        return found
    return spelled(found if found.tzinfo else found.replace(tzinfo=UTC))


def _conditions(wanted: Wanted, dialect: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.ids is not None:
        conditions.append(among([RUN.c.id], {(run,) for run in wanted.ids}, dialect))
    if wanted.prefix:
        conditions.append(RUN.c.id.startswith(wanted.prefix, autoescape=True))
    if wanted.actor is not None:
        conditions.append(RUN.c.actor == wanted.actor)
    if wanted.since is not None:
        conditions.append(RUN.c.started_at >= datetime.fromisoformat(wanted.since))
    if wanted.until is not None:
        conditions.append(RUN.c.started_at < datetime.fromisoformat(wanted.until))
    return conditions


def _newest_first(query: Select[Any], *, chained: bool) -> Select[Any]:
    order = [RUN.c.seq.is_(None), RUN.c.seq.desc()] if chained else []
    return query.order_by(*order, RUN.c.started_at.desc(), RUN.c.id)


def _past_change(row: Any) -> PastChange:
    fields: Any = None
    with suppress(ValueError, TypeError):
        fields = json.loads(row.fields)
    if not isinstance(fields, list):
        raise DatabaseError(
            f"the history of run {row.run_id} is damaged at position {row.position}",
            hint="provision history verify names all that was tampered with",
        )
    return PastChange(
        run=row.run_id,
        position=row.position,
        address=row.address,
        action=row.action,
        fields=fields,
        source=row.source,
    )
