"""Carrying out a plan: in its order, in batches, each of one statement however many rows it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address, Slot
from provision.core.keys import named
from provision.core.plan import Action, Change, Plan
from provision.core.secret import StoredSecret
from provision.core.state import PrimaryKey, Row
from provision.database.binding.bound import Bindings, Bound, BoundField
from provision.database.writing.attempt import Attempts, Item
from provision.database.writing.batches import BATCH
from provision.database.writing.blame import Blame
from provision.database.writing.create import insert_rows, make_instances
from provision.database.writing.deferred import Dangling, dangling, late_refusals
from provision.database.writing.placeholder import nobodys
from provision.database.writing.rekey import rekey
from provision.database.writing.statements import Update, delete_rows, held_by, update_rows
from provision.database.writing.unite import Pair, tie, untie, untie_all
from provision.database.writing.values import Cell, Values, carried

Written = dict[Address, PrimaryKey]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is carried out: the plan, the rows that it was computed from, and the hashes to store."""

    plan: Plan
    rows: Mapping[Address, Row]
    secrets: Mapping[Slot, StoredSecret]


async def write_rows(session: AsyncSession, work: Work, bindings: Bindings, progress: Progress) -> Written:
    """Write every change; returns the primary key of each row known afterwards, the new ones included."""
    writer = _Writer(session, work, bindings, progress)
    before = await dangling(session)
    await writer.vacate()
    await writer.rename()
    await writer.retire()
    coming = [change for change in work.plan.changes if not change.action.is_removal]
    going = [change for change in work.plan.changes if change.action.is_removal]
    for kind, group in groupby(coming, key=lambda change: change.address.kind):
        changes = list(group)
        await writer.create(bindings[kind], [item for item in changes if item.makes_row])
        await writer.update(bindings[kind], [item for item in changes if not item.makes_row])
    await writer.write_deferred()
    await writer.give_back()
    await writer.link(coming)
    await writer.unlink(change for change in going if change.action is Action.DELETE)
    for kind, group in groupby(going, key=lambda change: change.address.kind):
        changes = list(group)
        await writer.update(bindings[kind], [item for item in changes if item.action is not Action.DELETE])
        await writer.delete(bindings[kind], [item for item in changes if item.action is Action.DELETE])
    await writer.look_ahead(before)
    return writer.keys


class _Writer:
    """The statements, and the primary keys that one step makes for the next."""

    def __init__(self, session: AsyncSession, work: Work, bindings: Bindings, progress: Progress) -> None:
        self._session = session
        self._work = work
        self._bindings = bindings
        self._progress = progress
        self._attempts = Attempts(session, Blame(session, work.plan, bindings))
        self._done = 0
        self._lent: list[tuple[Address, Cell]] = []
        self.keys: Written = {address: row.primary_key for address, row in work.rows.items()}
        self._values = Values(bindings, work.secrets, self.keys, frozenset(work.plan.deferred))

    async def vacate(self) -> None:
        """Empty the fields whose values change hands in this run, or that tie rows together which go.

        Which secrets change hands, nobody may know; so it is all unique ones that change or go while others arrive.
        """
        for name, bound in self._bindings.items():
            changes = [change for change in self._work.plan.changes if change.address.kind == name]
            for field in (secret.value for secret in bound.secrets.values() if secret.value.column.unique):
                await self._vacate_secrets(bound, field, changes)
        written = {(change.address, item.name) for change in self._work.plan.changes for item in change.fields}
        gone = {change.address for change in self._work.plan.changes if change.action is Action.DELETE}
        lent = {slot for slot in self._work.plan.vacate if slot not in written and slot[0] not in gone}
        slots = sorted(self._work.plan.vacate, key=lambda slot: (slot[0].kind, slot[1]))
        for (kind, name), group in groupby(slots, key=lambda slot: (slot[0].kind, slot[1])):
            bound = self._bindings[kind]
            field = bound.references[name].field if name in bound.references else bound.fields[name]
            addresses = [address for address, _ in group]
            await self._remember(bound, field, [address for address in addresses if (address, name) in lent])
            await self._empty(bound, field, addresses)

    async def _empty(self, bound: Bound, field: BoundField, addresses: Iterable[Address]) -> None:
        rows = [Update(address, self.keys[address], [Cell(field, nobodys(field.column))]) for address in addresses]
        await update_rows(self._attempts, bound, rows)

    async def _remember(self, bound: Bound, field: BoundField, addresses: Iterable[Address]) -> None:
        """Look up what these rows hold, which this run only borrows."""
        for address in addresses:
            held = await held_by(self._session, bound, field, self.keys[address])
            self._lent.append((address, Cell(field, held)))

    async def give_back(self) -> None:
        """Restore what was emptied for others alone."""
        for address, cell in self._lent:
            row = Update(address, self.keys[address], [cell])
            await update_rows(self._attempts, self._bindings[address.kind], [row])

    async def rename(self) -> None:
        """Rename the rows whose name is their primary key, before anything is written that refers to them."""
        for kind, bound in self._bindings.items():
            if any(part.column is bound.name.column for part in bound.primary_key):
                renamed = [
                    change
                    for change in self._work.plan.changes
                    if change.address.kind == kind and change.action is Action.RENAME
                ]
                await self._write(bound, {change.address: list(self._values.of_name(change)) for change in renamed})
        await self._rename_older()

    async def _rename_older(self) -> None:
        """The former generations of a key keep its name: else nobody would find them when they are to stop."""
        for change in self._work.plan.changes:
            row = self._work.rows.get(change.address)
            if change.action is Action.RENAME and row is not None and row.older:
                cells = list(self._values.of_name(change))
                rows = [Update(change.address, older.primary_key, cells) for older in row.older]
                await update_rows(self._attempts, self._bindings[change.address.kind], rows if cells else [])

    async def _vacate_secrets(self, bound: Bound, field: BoundField, changes: Sequence[Change]) -> None:
        arriving = [change for change in changes if any(item.sensitive for item in change.fields)]
        leaving = [change for change in changes if change.action is Action.DELETE]
        leaving += [change for change in arriving if change.primary_key and not change.makes_row]
        if arriving and len({change.address for change in (*arriving, *leaving)}) > 1:
            await self._empty(bound, field, [change.address for change in leaving])

    async def retire(self) -> None:
        """Stop former generations from working, before there is a new one: an index may allow one at a time."""
        for kind, group in groupby(self._work.plan.changes, key=lambda change: change.address.kind):
            bound = self._bindings[kind]
            retired = [(change, item) for change in group for item in change.retires]
            rows = [
                Update(change.address, item.primary_key, list(self._values.of_retirement(change, item)))
                for change, item in retired
            ]
            await update_rows(self._attempts, bound, rows)

    async def create(self, bound: Bound, changes: Sequence[Change]) -> None:
        """Make new rows: through the mapped class, if there is one, so that its defaults and events hold."""
        make = make_instances if bound.model else insert_rows

        async def write(items: Sequence[Item]) -> Mapping[Address, PrimaryKey]:
            rows = [(item.parameters, item.cells) for item in items]
            return await make(self._session, bound, rows, self._bindings)

        for batch in _independent(bound, changes):
            items = [Item(change.address, change, list(self._values.of_new(change))) for change in batch]
            self.keys |= await self._attempts.make(items, write) or {}
            if self._attempts.has_refused and bound.kind.name in bound.shape.references.values():
                break  # what comes may refer to what was refused
            self._advance(len(batch))
        self._attempts.settle()

    async def update(self, bound: Bound, changes: Sequence[Change]) -> None:
        """Change the rows that were found, those first of which the same columns change."""
        await self._write(
            bound, {change.address: list(self._values.of_change(change)) for change in changes if change.primary_key}
        )
        self._advance(len(changes))

    async def write_deferred(self) -> None:
        """Write the references that had to wait until all rows were there."""
        waiting = set(self._work.plan.deferred)
        rows: dict[str, list[Update]] = {}
        for change in self._work.plan.changes:
            for item in change.fields:
                if (change.address, item.name) in waiting:
                    cells = list(self._values.of_reference(change.address, item.name, item.after))
                    row = Update(change.address, self.keys[change.address], cells)
                    rows.setdefault(change.address.kind, []).append(row)
        for kind, of_kind in rows.items():
            await update_rows(self._attempts, self._bindings[kind], of_kind)

    async def link(self, changes: Iterable[Change]) -> None:
        """Bring the associations up to date: what a list no longer names goes, what it names now comes."""
        old: dict[tuple[str, str], list[Pair]] = {}
        new: dict[tuple[str, str], list[Pair]] = {}
        for change in changes:
            bound = self._bindings[change.address.kind]
            for item in (*change.fields, *carried(change)):
                if item.name in bound.links:
                    before, after = set(_names(item.before)), set(_names(item.after))
                    before = set() if change.makes_row else before
                    place, source = (bound.kind.name, item.name), bound.stored_key(self.keys[change.address])[0]
                    link, row = bound.links[item.name], self._work.rows.get(change.address)
                    held = partial(self._values.held_by_link, link, row.held.get(item.name, {}) if row else {})
                    pair = partial(Pair, change.address, f"spec.{item.name}", source)
                    old.setdefault(place, []).extend(pair(held(name)) for name in sorted(before - after))
                    new.setdefault(place, []).extend(pair(held(name)) for name in sorted(after - before))
        for pairs, write in ((old, untie), (new, tie)):
            for (kind, name), of_link in pairs.items():
                await write(self._attempts, self._bindings[kind].links[name], of_link)

    async def unlink(self, changes: Iterable[Change]) -> None:
        """Take rows that go out of the associations, before any goes: lists do not count in the order of kinds."""
        for kind, group in groupby(changes, key=lambda change: change.address.kind):
            bound = self._bindings[kind]
            sources = {change.address: bound.stored_key(self.keys[change.address])[0] for change in group}
            for link in bound.links.values():
                await untie_all(self._attempts, link, sources)

    async def delete(self, bound: Bound, changes: Sequence[Change]) -> None:
        """Delete rows by their primary keys, and every other generation of them."""
        keys = {change.address: self.keys[change.address] for change in changes}
        await delete_rows(self._attempts, bound, keys, self._advance)

    async def look_ahead(self, before: Dangling) -> None:
        """Refuse what the commit would, before anything of this run is staged or remembered."""
        tables = {name: bound.table for name, bound in self._bindings.items()}
        late = await late_refusals(self._session, tables.values(), before)
        ours = [change for change in self._work.plan.changes if change.address in self.keys]
        for error, rows in late:
            stored = set(rows)
            table = error.facts.table if error.facts else ""
            for change in ours:
                bound = self._bindings[change.address.kind]
                if bound.table.name == table and bound.stored_key(self.keys[change.address]) in stored:
                    await self._attempts.refuse(Item(change.address, None), error)
            if not self._attempts.has_refused:
                raise error
        self._attempts.settle()

    async def _write(self, bound: Bound, rows: Mapping[Address, list[Cell]]) -> None:
        known = [Update(address, self.keys[address], cells) for address, cells in rows.items() if cells]
        await update_rows(self._attempts, bound, known)
        rekey(self.keys, rows, bound, self._bindings)

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress(self._done, len(self._work.plan.changes))


def _independent(bound: Bound, changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Batches in which no row refers to another one of the same batch; rows of a tree stand in its order."""
    shape = bound.shape
    own = [name for name, kind in shape.references.items() if kind == shape.name]
    batch: list[Change] = []
    pending: set[Address] = set()
    for change in changes:
        targets = {
            to
            for item in (change.fields if own else ())
            if item.name in own
            for to in named(shape.name, item.after, {shape.name: shape})
        }
        if len(batch) == BATCH or targets & pending:
            yield batch
            batch, pending = [], set()
        batch.append(change)
        pending.add(change.address)
    if batch:
        yield batch


def _names(value: Any) -> Iterator[str]:
    yield from value or ()
