"""Writing the ledger: who manages which row now, and what this run did; in the transaction of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address, Slot
from provision.core.chain import secret_digest
from provision.core.moment import whole
from provision.core.plan import Change, Plan
from provision.core.rotation import remember
from provision.core.secret import StoredSecret
from provision.core.state import PrimaryKey, Record, Resource, SecretRecord, Snapshot
from provision.core.value import Value, canonical_json
from provision.database.binding.bound import Bindings
from provision.database.dialects.keyset import delete_among
from provision.database.ledger import CHANGE, RESOURCE, row_key, written_secrets
from provision.database.reading.history import PastRun
from provision.database.writing.run import Deed, Run, insert_run
from provision.kinds.secret_rules import PLAINTEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was done: the plan and its fingerprint, what was declared and found, and the primary keys after it all.

    `fingerprints` are keyed ones of the secrets that were written or verified, `stored` is what was written of them.
    """

    plan: Plan
    fingerprint: str
    resources: Mapping[Address, Resource]
    found: Snapshot
    keys: Mapping[Address, PrimaryKey]
    fingerprints: Mapping[Slot, str] = field(default_factory=dict)
    stored: Mapping[Slot, StoredSecret] = field(default_factory=dict)


async def write_ledger(session: AsyncSession, run: Run, applied: Applied, bindings: Bindings) -> PastRun:
    """Add the run and its changes, and bring our records up to date; returns the run as it is kept."""
    entries = list(_entries(run, applied, bindings))
    changes = list(_changes(run, applied, bindings))
    deed = Deed(fingerprint=applied.fingerprint, counts=applied.plan.summary(), changes=changes)
    written = await insert_run(session, run, deed)
    await _forget(session, run, applied, entries)
    connection = await session.connection()
    if entries:
        await connection.execute(insert(RESOURCE), entries)
    if changes:
        await connection.execute(insert(CHANGE), changes)
    return written


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


def _changes(run: Run, applied: Applied, bindings: Bindings) -> Iterator[dict[str, Any]]:
    for position, change in enumerate(applied.plan.changes):
        yield {
            "run_id": run.id,
            "position": position,
            "address": str(change.address),
            "action": change.action.value,
            "fields": canonical_json(list(_details(run, change, applied, bindings))),
            "source": change.source,
        }


def _details(run: Run, change: Change, applied: Applied, bindings: Bindings) -> Iterator[Value]:
    if change.previous:
        yield {"previous": str(change.previous)}
    fields = bindings[change.address.kind].kind.binding.fields
    for item in (*change.fields, *change.metadata):
        if not item.sensitive:
            private: dict[str, Value] = {"private": True} if item.private else {}
            yield {"name": item.name, "before": item.before, "after": item.after, **private}
            continue
        stored = applied.stored.get((change.address, item.name))
        if stored is None or fields[item.name].secret == PLAINTEXT:
            yield {"name": item.name, "sensitive": True}
        else:
            digest = secret_digest(run.id, str(change.address), item.name, stored.reveal())
            yield {"name": item.name, "sensitive": True, "after": digest}
    for former in change.retires:
        yield {"retired": former.generation, "reason": former.reason}
