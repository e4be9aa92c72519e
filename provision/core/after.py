"""What will be there after the run: each row as it was found, overlaid with what the plan writes to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provision.core.address import Address, join_key
from provision.core.keys import key_fields
from provision.core.plan import Action, Change, Plan
from provision.core.planner import Question
from provision.core.rename import follow
from provision.core.shape import KindShape
from provision.core.state import Presence, Record, Resource, Row, SecretRule, Snapshot
from provision.core.value import NOW, Fields, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """One resource around the run, in the manifest's terms and free of secrets.

    `before` are the fields of the row found, `after` those it will have; None where there is, or will be, no row.
    What a new row gets from the database alone is not among them. `secrets` are the rules of those that a manifest
    declares. `is_declared` says whether a manifest wants it there, `is_managed` whether the ledger will know it.
    """

    address: Address
    before: Fields | None
    after: Fields | None
    change: Change | None
    labels: Mapping[str, str]
    secrets: Mapping[str, SecretRule]
    is_declared: bool
    is_managed: bool
    source: str

    @property
    def stays(self) -> bool:
        """Whether it will be there as something of ours, so that what holds for every resource holds for it."""
        return self.after is not None and (self.is_declared or self.is_managed)


def after_state(plan: Plan, question: Question) -> Iterator[After]:
    """Each resource that the run is about, what it removes among them: declared ones first, then those remembered.

    Rows that are only referred to are none of them. Of a rotation that was asked for, it is the rotated ones alone.
    """
    snapshot = follow(question.resources, question.snapshot, question.shapes).snapshot
    changes = {change.address: change for change in plan.changes}
    for address in _addresses(plan, question, snapshot):
        shape, row, change = question.shapes[address.kind], snapshot.rows.get(address), changes.get(address)
        if row is None and change is None:
            continue
        resource, record = question.resources.get(address), snapshot.records.get(address)
        leaves = change is not None and change.action.is_removal
        yield After(
            address=address,
            before=None if row is None else _spelled(row.fields, address, shape),
            after=_after(address, row, change, shape, snapshot.now),
            change=change,
            labels=_labels(resource, record),
            secrets=resource.secrets if resource else {},
            is_declared=resource is not None and resource.lifecycle.state is not Presence.ABSENT,
            is_managed=not leaves and (record is not None or change is not None),
            source=_source(resource, record),
        )


def _addresses(plan: Plan, question: Question, snapshot: Snapshot) -> Iterator[Address]:
    if question.forced:
        yield from (address for address in question.resources if address in question.forced)
        return
    yield from question.resources
    asked = question.removable
    removable = None if asked is None else {plan.moved.get(address, address) for address in asked}
    for address in snapshot.records:
        if address not in question.resources and (removable is None or address in removable):
            yield address


def _after(address: Address, row: Row | None, change: Change | None, shape: KindShape, now: str) -> Fields | None:
    """The fields that its row will have; None where no row will be there."""
    found: Fields | None = row.fields if row else None
    if change is None:
        after = found
    elif change.action is Action.DELETE or (found is None and not change.makes_row):
        after = None
    else:
        kept = change.carried if change.makes_row else found or {}
        after = {**kept, **_written(change, shape, now)}
    return None if after is None else _spelled(after, address, shape)


def _written(change: Change, shape: KindShape, now: str) -> dict[str, Value]:
    disable = shape.disable or {}
    return {
        item.name: now if item.after == NOW and disable.get(item.name) == NOW else item.after
        for item in change.fields
        if not item.sensitive
    }


def _spelled(fields: Fields, address: Address, shape: KindShape) -> Fields:
    """The fields with those of the key that a manifest writes beside them: all but its name."""
    if len(shape.key) == 1:
        return fields
    owners = {name: parts[0] if len(parts) == 1 else join_key(parts) for name, parts in key_fields(address, shape)}
    return {**fields, **{name: owners[name] for name in shape.key[:-1]}}


def _labels(resource: Resource | None, record: Record | None) -> Mapping[str, str]:
    if resource is not None:
        return resource.labels
    return record.labels if record else {}


def _source(resource: Resource | None, record: Record | None) -> str:
    if resource is not None:
        return f"{resource.position.file}:{resource.position.line}"
    return record.source if record else ""
