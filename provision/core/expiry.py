"""What stops working soon, with nothing in this plan or on its calendar that prevents it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provision.core.address import Address
from provision.core.moment import after, has_come
from provision.core.plan import Change, Expiry
from provision.core.rename import Resources
from provision.core.rotation import is_disabled
from provision.core.shape import KindShape, Shapes
from provision.core.state import Presence, Record, Resource, Row, Snapshot
from provision.core.value import Value


def soon_expired(
    resources: Resources, snapshot: Snapshot, changes: Mapping[Address, Change], shapes: Shapes, seconds: float
) -> Iterator[Expiry]:
    """The declared resources that work now and will have expired so many seconds from now."""
    horizon = after(snapshot.now, seconds)
    for address, resource in resources.items():
        shape, row = shapes[address.kind], snapshot.rows.get(address)
        if shape.expires is None or resource.lifecycle.state is Presence.ABSENT:
            continue
        change = changes.get(address)
        if row is not None and not _works(row, change, shape):
            continue
        at = _expires(shape.expires, row, change)
        if not isinstance(at, str) or not has_come(at, horizon):
            continue
        if not _is_rotated_before(at, resource, snapshot.records.get(address)):
            yield Expiry(address=address, at=at, position=resource.position)


def _works(row: Row, change: Change | None, shape: KindShape) -> bool:
    return (change is not None and change.makes_row) or not is_disabled(row, shape)


def _expires(name: str, row: Row | None, change: Change | None) -> Value:
    written = {item.name: item.after for item in change.fields} if change else {}
    if name in written or row is None or (change is not None and change.makes_row):
        return written.get(name)
    return row.fields.get(name)


def _is_rotated_before(at: str, resource: Resource, record: Record | None) -> bool:
    if resource.lifecycle.state is Presence.CREATED:
        return False  # it is left alone
    for name, rule in resource.secrets.items():
        if name in resource.lifecycle.ignore_changes:
            continue
        remembered = record.secrets.get(name) if record else None
        if rule.rotation and remembered and remembered.set_at:
            return not has_come(at, after(remembered.set_at, rule.rotation.every))
    return False
