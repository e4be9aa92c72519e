"""Writing the ledger: who manages which row now, and what this run did; in the transaction of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.moment import whole
from provision.core.plan import Change, FieldChange, Plan, Retirement
from provision.core.rotation import remember
from provision.core.state import PrimaryKey, Record, Resource, SecretRecord, Snapshot
from provision.core.value import Value, canonical_json
from provision.database.binding.bound import Bindings
from provision.database.dialects.keyset import delete_among
from provision.database.ledger import CHANGE, RESOURCE, RUN, row_key, written_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Who applies, from what, with which program."""

    id: str
    project: str
    started_at: datetime
    actor: str
    commit: str | None
    tool_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was done: the plan, the declared resources, what was found, and the primary keys after the writes.

    `fingerprints` are keyed ones of the secrets that were written or verified.
    """

    plan: Plan
    resources: Mapping[Address, Resource]
    found: Snapshot
    keys: Mapping[Address, PrimaryKey]
    fingerprints: Mapping[tuple[Address, str], str] = field(default_factory=dict)


async def write_ledger(session: AsyncSession, run: Run, applied: Applied, bindings: Bindings) -> None:
    """Add the run and its changes, and bring our records up to date."""
    entries = list(_entries(run, applied, bindings))
    await session.execute(insert(RUN).values(**_run(run, applied.plan)))
    await _forget(session, run, applied, entries)
    connection = await session.connection()
    if entries:
        await connection.execute(insert(RESOURCE), entries)
    if applied.plan.changes:
        await connection.execute(insert(CHANGE), list(_changes(run, applied.plan.changes)))


async def _forget(session: AsyncSession, run: Run, applied: Applied, entries: list[dict[str, Any]]) -> None:
    """Delete our records at every address that changes, and anybody's record of the rows that are ours now."""
    dialect = session.get_bind().dialect.name
    gone = {change.address for change in applied.plan.changes} | applied.plan.moved.keys()
    gone |= {change.previous for change in applied.plan.changes if change.previous}
    gone |= set(applied.plan.moved.values())
    addresses = [(str(address),) for address in gone]
    at_addresses = delete_among(RESOURCE, [RESOURCE.c.address], addresses, dialect)
    await session.execute(at_addresses.where(RESOURCE.c.project == run.project))
    rows = [(entry["table_name"], entry["row_key"]) for entry in entries]
    if rows:
        columns = [RESOURCE.c.table_name, RESOURCE.c.row_key]
        await session.execute(delete_among(RESOURCE, columns, rows, dialect))


def _entries(run: Run, applied: Applied, bindings: Bindings) -> Iterator[dict[str, Any]]:
    changed = {change.address for change in applied.plan.changes}
    for change in applied.plan.changes:
        if not change.action.is_removal:
            yield _entry(run, _record(change, applied, run), bindings)
    for address in applied.plan.moved.values():
        if address not in changed:
            record = applied.found.records[address]
            key = applied.keys.get(address, record.primary_key)
            yield _entry(run, replace(record, primary_key=key), bindings)


def _record(change: Change, applied: Applied, run: Run) -> Record:
    resource = applied.resources[change.address]
    return Record(
        address=change.address,
        primary_key=applied.keys[change.address],
        fields=resource.fields,
        secrets=dict(_secrets(change, applied, run)),
        labels=resource.labels,
        lifecycle=resource.lifecycle,
        source=change.source,
    )


def _secrets(change: Change, applied: Applied, run: Run) -> Iterator[tuple[str, SecretRecord]]:
    address, found = change.address, applied.found
    row, record = found.rows.get(address), found.records.get(address)
    known = record.secrets if row and record and record.is_of(row) else {}
    for name, secret in remember(change, applied.resources[address], known, now=whole(found.now), run=run.id).items():
        fingerprint = applied.fingerprints.get((address, name))
        yield name, replace(secret, fingerprint=fingerprint) if fingerprint else secret


def _entry(run: Run, record: Record, bindings: Bindings) -> dict[str, Any]:
    return {
        "project": run.project,
        "address": str(record.address),
        "table_name": bindings[record.address.kind].table.fullname,
        "row_key": row_key(record.primary_key),
        "fields": canonical_json(record.fields),
        "secrets": written_secrets(record.secrets),
        "labels": canonical_json(record.labels),
        "state": record.lifecycle.state.value,
        "on_remove": record.lifecycle.on_remove.value,
        "prevent_removal": record.lifecycle.prevent_removal,
        "source": record.source,
        "run_id": run.id,
    }


def _run(run: Run, plan: Plan) -> dict[str, Any]:
    summary = plan.summary()
    return {
        "id": run.id,
        "project": run.project,
        "started_at": run.started_at,
        "actor": run.actor,
        "commit": run.commit,
        "tool_version": run.tool_version,
        "fingerprint": plan.fingerprint(),
        "added": summary.add,
        "changed": summary.change,
        "removed": summary.remove,
    }


def _changes(run: Run, changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    for position, change in enumerate(changes):
        yield {
            "run_id": run.id,
            "position": position,
            "address": str(change.address),
            "action": change.action.value,
            "fields": canonical_json(
                [*map(_field, (*change.fields, *change.metadata)), *map(_retired, change.retires)]
            ),
            "source": change.source,
        }


def _retired(item: Retirement) -> Value:
    return {"retired": item.generation, "reason": item.reason}


def _field(item: FieldChange) -> Value:
    if item.sensitive:
        return {"name": item.name, "sensitive": True}
    return {"name": item.name, "before": item.before, "after": item.after}
