"""Reading the rows of the addresses we ask about: one query for each kind, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.state import PrimaryKey, Record, Row, Snapshot
from provision.database.binding.bound import Bindings
from provision.database.clock import read_clock
from provision.database.ledger import other_managers
from provision.database.reading.power import holds_power
from provision.database.reading.reader import Reader, with_links


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What to look at: which addresses, the declared ones among them, which secrets' stored hashes, what the ledger
    says, and whether to lock.
    """

    addresses: Collection[Address]
    declared: Collection[Address]
    secrets: Collection[tuple[Address, str]]
    records: Mapping[Address, Record]
    project: str
    ledger: bool
    lock_rows: bool = False


async def observe(session: AsyncSession, inquiry: Inquiry, bindings: Bindings) -> Snapshot:
    """Find the rows, who else manages any of them, and how many administrators there are."""
    rows: dict[Address, Row] = {}
    by_kind: dict[str, list[tuple[str, ...]]] = {}
    for address in inquiry.addresses:
        by_kind.setdefault(address.kind, []).append(address.key)
    for name in sorted(by_kind):
        reader = Reader(bindings[name], bindings, {field for at, field in inquiry.secrets if at.kind == name})
        found = await reader.read(session, by_kind[name], lock_rows=inquiry.lock_rows)
        found = _once(found, inquiry.declared)
        rows |= await with_links(session, bindings[name], found, bindings)
    return Snapshot(
        rows=rows,
        records=inquiry.records,
        foreign=await _foreign(session, inquiry, rows.values(), bindings),
        administrators=await _administrators(session, bindings),
        now=await read_clock(session),
    )


def _once(rows: dict[Address, Row], declared: Collection[Address]) -> dict[Address, Row]:
    """Each row under one name: the declared one, where it was asked for under several that the database equates."""
    known: dict[PrimaryKey, Address] = {}
    for address, row in rows.items():
        if row.primary_key not in known or address in declared:
            known[row.primary_key] = address
    return rows if len(known) == len(rows) else {address: rows[address] for address in known.values()}


async def _foreign(
    session: AsyncSession, inquiry: Inquiry, rows: Iterable[Row], bindings: Bindings
) -> Mapping[Address, str]:
    """Rows that are there but not in our records may be another project's."""
    if not inquiry.ledger:
        return {}
    unknown: dict[str, dict[PrimaryKey, Address]] = {}
    for row in rows:
        record = inquiry.records.get(row.address)
        if record is None or record.primary_key != row.primary_key:
            table = bindings[row.address.kind].table.fullname
            unknown.setdefault(table, {})[row.primary_key] = row.address
    found: dict[Address, str] = {}
    for table, keys in sorted(unknown.items()):
        found |= dict(await other_managers(session, inquiry.project, table, keys))
    return found


async def _administrators(session: AsyncSession, bindings: Bindings) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for name, bound in bindings.items():
        condition = holds_power(bound)
        if condition is not None:
            query = select(func.count()).select_from(bound.table).where(condition, *bound.filters())
            counts[name] = await session.scalar(query) or 0
    return counts
