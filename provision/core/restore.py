"""Undoing one change of a run: the resource that would have to be declared, or why nothing can be done. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from provision.core.address import Address
from provision.core.deed import Deed
from provision.core.keys import named, reference_to, with_owners
from provision.core.plan import Action
from provision.core.shape import KindShape, Shapes
from provision.core.state import Presence, Record, Resource, Row, SecretRule, Snapshot
from provision.core.value import NOW, Value, same
from provision.errors import Position

LEFT = "left as it is"
_NOT_MANAGED = "{} is not managed any more, left as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is there now: `back` gives the former names of what gets them back.

    `superseded` are addresses whose resource was removed or made anew after the run that is undone.
    """

    snapshot: Snapshot
    shapes: Shapes
    back: Mapping[Address, Address]
    superseded: frozenset[Address]

    def address_then(self, address: Address) -> Address:
        """The address once names are given back, its owners' names among them."""
        return self.back.get(address) or with_owners(address, self.shapes, self.address_then)

    def value_then(self, shape: KindShape, name: str, value: Value) -> Value:
        """The value of a field, which names others by their names of today, once those are given back."""
        kind = shape.references.get(name) or shape.links.get(name)
        if kind is None or value is None:
            return value
        names = [reference_to(self.address_then(target)) for target in named(kind, value, self.shapes)]
        return names[0] if name in shape.references else sorted(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What undoes one change: a resource to declare, or a record to remove, and what people should know."""

    resource: Resource | None = None
    removes: bool = False
    remarks: tuple[str, ...] = ()


def undo(deed: Deed, scene: Scene) -> Undone:
    """What undoes this change, as far as it can be undone."""
    address = deed.address
    if address in scene.superseded:
        return _said(f"{address} was removed or made anew since, {LEFT}")
    match deed.action:
        case Action.ADOPT | Action.RENAME | Action.UPDATE:
            return _undo_writes(deed, scene)
        case Action.DISABLE:
            return _undo_writes(deed, scene) if address in scene.snapshot.records else _enable(deed, scene)
        case Action.CREATE if address in scene.snapshot.records:
            return Undone(removes=True)
        case Action.CREATE | Action.DELETE | Action.ABANDON | Action.ROTATE | Action.RETIRE:
            return _said(_final(deed))


def _final(deed: Deed) -> str:
    """Why nothing undoes this change."""
    return {
        Action.DELETE: f"{deed.address} was deleted, which a rollback cannot undo: {_apply_again(deed)}",
        Action.ABANDON: f"{deed.address} was let go, and its row not touched: {_apply_again(deed)}",
        Action.ROTATE: f"{deed.address} was rotated, which a rollback cannot undo: its new key stays",
        Action.RETIRE: f"former generations of {deed.address} were revoked, which a rollback cannot undo",
    }.get(deed.action, _NOT_MANAGED.format(deed.address))


def _undo_writes(deed: Deed, scene: Scene) -> Undone:
    record, row = scene.snapshot.records.get(deed.address), scene.snapshot.rows.get(deed.address)
    if record is None:
        return _said(_NOT_MANAGED.format(deed.address))
    if row is None:
        return _said(f"the row of {deed.address} is gone")
    if not record.is_of(row):
        return _said(f"the row of {deed.address} is another one now, {LEFT}")
    if record.lifecycle.state is Presence.CREATED:
        return _said(f"{deed.address} has state: created by now, {LEFT}")
    values = dict(_restored(deed, row, scene, record.fields))
    remarks = tuple(_remarks(deed, row, scene, record.fields))
    renamed = deed.address in scene.back
    if deed.action is Action.RENAME and not renamed:
        taken = f", {deed.previous}, is taken" if deed.previous else " was not noted by that run"
        remarks = (f"{deed.address} keeps its name: the former one{taken}", *remarks)
    if not values and not renamed:
        return Undone(remarks=remarks)
    return Undone(resource=_resource(deed, record, values, scene), remarks=remarks)


def _enable(deed: Deed, scene: Scene) -> Undone:
    """A row that was disabled and let go: it is managed again, with the fields that disabled it alone."""
    row = scene.snapshot.rows.get(deed.address)
    if row is None:
        return _said(f"the row of {deed.address} is gone: {_apply_again(deed)}")
    values = dict(_restored(deed, row, scene, row.fields))
    remarks = tuple(_remarks(deed, row, scene, row.fields))
    if not values:
        return Undone(remarks=remarks)
    resource = Resource(address=scene.address_then(deed.address), fields=values, position=position_of(deed.source))
    known = f"{deed.address} is managed again, of it only {', '.join(values)}: {_apply_again(deed)}"
    return Undone(resource=resource, remarks=(*remarks, known))


def _restored(deed: Deed, row: Row, scene: Scene, ours: Collection[str]) -> Iterator[tuple[str, Value]]:
    """The fields that get their former values."""
    for name, (before, _) in deed.fields.items():
        if name in row.fields and not same(row.fields[name], before) and not _obstacle(deed, name, row, scene, ours):
            yield name, before


def _remarks(deed: Deed, row: Row, scene: Scene, ours: Collection[str]) -> Iterator[str]:
    """Why fields that are not as before are left as they are."""
    for name, (before, _) in deed.fields.items():
        if name in row.fields:
            why = "" if same(row.fields[name], before) else _obstacle(deed, name, row, scene, ours)
        else:
            why = _of_metadata(name)
        if why:
            yield f"{name} of {deed.address} {why}, {LEFT}"
    for generation in deed.retired:
        yield f"generation {generation} of {deed.address} stays revoked"


def _obstacle(deed: Deed, name: str, row: Row, scene: Scene, ours: Collection[str]) -> str:
    """Why a field is not restored; empty when it can be."""
    before, after = deed.fields[name]
    if name not in ours:
        return "is not managed any more"
    if not _is_as_left(row.fields[name], after):
        return "was changed since"
    shape = scene.shapes[deed.address.kind]
    kind = shape.references.get(name) or shape.links.get(name)
    for target in named(kind, before, scene.shapes) if kind else ():
        if target not in scene.snapshot.rows:
            return f"referred to {target}, which is not there any more"
    return ""


def _is_as_left(found: Value, after: Value) -> bool:
    """Whether a field is as the run left it; it wrote a moment where the ledger says `now`."""
    return found is not None if after == NOW else same(found, after)


def _of_metadata(name: str) -> str:
    return "is a matter of the manifest" if name == "labels" or name.startswith("lifecycle.") else ""


def _resource(deed: Deed, record: Record, values: Mapping[str, Value], scene: Scene) -> Resource:
    """The record as a declaration: all but the restored fields are remembered as they are, and left alone."""
    others = {*record.fields, *record.secrets} - values.keys()
    shape, fields = scene.shapes[deed.address.kind], {**record.fields, **values}
    return Resource(
        address=scene.address_then(deed.address),
        fields={name: scene.value_then(shape, name, value) for name, value in fields.items()},
        position=position_of(record.source),
        secrets={name: SecretRule(version=known.version) for name, known in record.secrets.items()},
        previously=(deed.address.key[-1],) if deed.address in scene.back else (),
        labels=record.labels,
        lifecycle=replace(record.lifecycle, ignore_changes=frozenset(others)),
    )


def position_of(source: str) -> Position:
    """The place that the ledger's `file:line` names."""
    file, _, line = source.rpartition(":")
    return Position(file=file, line=int(line)) if file and line.isdigit() else Position(file=source, line=0)


def _apply_again(deed: Deed) -> str:
    return f"apply its manifest again ({deed.source})" if deed.source else "apply its manifest again"


def _said(remark: str) -> Undone:
    return Undone(remarks=(remark,))
