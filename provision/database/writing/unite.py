"""The rows of an association: who is tied to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert

from provision.core.address import Address
from provision.core.value import NOW
from provision.database.binding.bound import BoundLink
from provision.database.writing.attempt import Attempts, Item, executed
from provision.database.writing.batches import batches


class Pair(NamedTuple):
    """What the association's two columns hold, and whose list names the one in the other."""

    address: Address
    path: str
    source: Any
    target: Any


async def tie(attempts: Attempts, link: BoundLink, pairs: Iterable[Pair]) -> None:
    """Add these pairs, with what else a new row of the association holds; RowsRefusedError with those to blame."""
    others = {field.column.key: field.codec.stored(NOW) if value == NOW else value for field, value in link.values}
    for batch in batches(pairs):
        items = [
            Item(pair.address, {link.source.key: pair.source, link.target.key: pair.target, **others}, path=pair.path)
            for pair in batch
        ]
        await attempts.make(items, executed(attempts.session, insert(link.table)))
    attempts.settle()


async def untie(attempts: Attempts, link: BoundLink, pairs: Iterable[Pair]) -> None:
    """Delete these pairs; RowsRefusedError with those to blame."""
    statement = delete(link.table).where(link.source == bindparam("s"), link.target == bindparam("t"))
    for batch in batches(pairs):
        items = [Item(pair.address, {"s": pair.source, "t": pair.target}, path=pair.path) for pair in batch]
        await attempts.make(items, executed(attempts.session, statement))
    attempts.settle()


async def untie_all(attempts: Attempts, link: BoundLink, sources: Mapping[Address, Any]) -> None:
    """Delete every pair of these rows; RowsRefusedError with those to blame."""
    statement = delete(link.table).where(link.source == bindparam("s"))
    for batch in batches(sources.items()):
        items = [Item(address, {"s": source}) for address, source in batch]
        await attempts.make(items, executed(attempts.session, statement))
    attempts.settle()
