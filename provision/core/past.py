"""The history of one resource: its changes under all the names that it has had. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provision.core.account import Mark
from provision.core.address import Address
from provision.core.deed import Deed
from provision.core.keys import owners_of, with_owners
from provision.core.plan import Action
from provision.core.shape import Shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change of the history, and the run that made it."""

    mark: Mark
    deed: Deed


def history_of(address: Address, entries: Iterable[Entry], shapes: Shapes) -> Iterator[Entry]:
    """The changes of the resource that has this address, the newest first as they come, back to its making.

    It follows the former names of the resource and of those whose names are part of its own.
    """
    for entry in entries:
        deed = entry.deed
        if deed.address == address:
            yield entry
            if deed.action is Action.CREATE:
                return
        if deed.previous is not None:
            address = _before(address, deed.address, deed.previous, shapes)


def names_of(addresses: Iterable[Address], deeds: Iterable[Deed], shapes: Shapes) -> set[Address]:
    """These addresses, those of their owners, and all former ones that the renames among the deeds tell of."""
    renames = [(deed.address, deed.previous) for deed in deeds if deed.previous is not None]
    found: set[Address] = set()
    pending = list(addresses)
    while pending:
        address = pending.pop()
        if address in found or len(address.key) != shapes[address.kind].width:
            continue
        found.add(address)
        pending += [owner for _, owner in owners_of(address, shapes)]
        pending += [_before(address, today, former, shapes) for today, former in renames]
    return found


def _before(address: Address, today: Address, former: Address, shapes: Shapes) -> Address:
    """The address before this rename: its own, or that of an owner."""
    if address == today:
        return former
    return with_owners(address, shapes, lambda owner: _before(owner, today, former, shapes))
