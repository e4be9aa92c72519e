"""What has to be declared so that a plan undoes a run: the fields that it changed, as they were before it. Pure.

Only what is still as that run left it is restored: whatever somebody has changed since is left alone, and said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from provision.core.address import Address
from provision.core.deed import Deed
from provision.core.keys import named, owners_of, with_owners
from provision.core.plan import Action, Plan, Reason
from provision.core.restore import Scene, undo
from provision.core.shape import Shapes, creation_order
from provision.core.state import Record, Resource, Snapshot

# Why a row goes that the run had made.
MADE_BY_THAT_RUN = "made by the run that is rolled back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What to ask the planner for: the resources to declare, the records to remove, and what is left as it is.

    `looked_at` are the fields that the run had changed, by which this was decided.
    """

    resources: Mapping[Address, Resource] = field(default_factory=dict)
    removable: frozenset[Address] = frozenset()
    remarks: tuple[str, ...] = ()
    looked_at: Mapping[Address, Collection[str]] = field(default_factory=dict)


def addresses_to_look_up(deeds: Sequence[Deed], records: Mapping[Address, Record], shapes: Shapes) -> set[Address]:
    """Every address to observe: what the run changed and its former names, what that refers to, and what is ours.

    All that is ours is looked at, since a value that is restored may be held by another row by now.
    """
    found = set(records)
    for deed in deeds:
        address = deed.address
        if not _is_known(deed, shapes):
            continue
        found |= {address, *(owner for _, owner in owners_of(address, shapes))}
        if deed.previous is not None:
            found |= {deed.previous, Address(address.kind, (*address.key[:-1], deed.previous.key[-1]))}
        for group in (shapes[address.kind].references, shapes[address.kind].links):
            for name, kind in group.items():
                found |= set(named(kind, deed.fields.get(name, (None, None))[0], shapes))
    return found


def restore(
    deeds: Sequence[Deed], snapshot: Snapshot, shapes: Shapes, gone: frozenset[Address] = frozenset()
) -> Restoration:
    """Undo the deeds of one run; `gone` are addresses that were superseded after it."""
    known = [deed for deed in deeds if _is_known(deed, shapes)]
    back = _renamed_back(known, snapshot, shapes)
    scene = Scene(snapshot=snapshot, shapes=shapes, back=back, superseded=gone)
    done = [(deed, undo(deed, scene)) for deed in known]
    strange = (
        f"{deed.address}: its kind is bound otherwise now, left as it is"
        for deed in deeds
        if not _is_known(deed, shapes)
    )
    return Restoration(
        resources={item.resource.address: item.resource for _, item in done if item.resource is not None},
        removable=frozenset(deed.address for deed, item in done if item.removes),
        remarks=(*_of_secrets(deeds), *strange, *(remark for _, item in done for remark in item.remarks)),
        looked_at={deed.address: deed.fields.keys() for deed in known},
    )


def superseded(later: Iterable[Deed]) -> frozenset[Address]:
    """The addresses whose resource was removed or made anew by these deeds of later runs."""
    return frozenset(deed.address for deed in later if deed.action is Action.CREATE or deed.action.is_removal)


def as_rollback(plan: Plan, run: str) -> Plan:
    """The same plan, to undo this run: with the reasons of a rollback instead of those of manifests that differ."""
    changes = (
        change
        if change.action.is_removal
        else replace(
            change,
            reason=change.reason if change.action is Action.ADOPT else str(Reason.ROLLBACK),
            fields=tuple(replace(item, reason=Reason.ROLLBACK) for item in change.fields),
        )
        for change in plan.changes
    )
    return replace(plan, changes=tuple(changes), undoes=run)


def _is_known(deed: Deed, shapes: Shapes) -> bool:
    """Whether there still is a kind with such addresses."""
    shape = shapes.get(deed.address.kind)
    return shape is not None and len(deed.address.key) == shape.width


def _renamed_back(deeds: Sequence[Deed], snapshot: Snapshot, shapes: Shapes) -> dict[Address, Address]:
    """The names of today and the former ones of those that can get them back, owners first."""
    back: dict[Address, Address] = {}
    rank = {kind: place for place, kind in enumerate(creation_order(shapes))}
    for deed in sorted(deeds, key=lambda item: (rank[item.address.kind], item.address)):
        address, former = deed.address, deed.previous
        if former is None or address not in snapshot.records or address not in snapshot.rows:
            continue
        here = Address(address.kind, (*address.key[:-1], former.key[-1]))
        there = with_owners(here, shapes, lambda owner: back.get(owner, owner))
        if here not in snapshot.rows and there not in snapshot.rows:
            back[address] = there
    return back


def _of_secrets(deeds: Sequence[Deed]) -> Iterator[str]:
    """One sentence for all of them: what was in force before is known to nobody any more."""
    written = [
        f"{name} of {deed.address}" for deed in deeds if deed.action is not Action.CREATE for name in deed.secrets
    ]
    if written:
        yield f"secrets are never rolled back, these stay as they are: {', '.join(written)}"
