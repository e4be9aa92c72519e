"""References by name: every one has to lead to something that is declared, and there when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from provision.core.address import Address
from provision.core.keys import named, owners_of
from provision.core.plan import Action, Change
from provision.core.rename import Resources
from provision.core.shape import Shapes
from provision.core.state import Presence, Resource, Row
from provision.core.value import Fields
from provision.errors import Problem


def references_of(resource: Resource, shapes: Shapes) -> Iterator[tuple[str, Address]]:
    """The fields of a resource that name others, each with the address it names."""
    yield from _named(resource.address, resource.fields, shapes)


def unresolved(resources: Resources, shapes: Shapes) -> Iterator[Problem]:
    """References to what is not declared, or is declared absent while the resource itself stays."""
    for resource in resources.values():
        if resource.lifecycle.state is Presence.ABSENT:
            continue
        for name, target in references_of(resource, shapes):
            found = resources.get(target)
            if shapes[target.kind].lookup:
                continue
            if found is None:
                message, hint = f"{target} is not declared", f"declare it, or correct the name in {name}"
            elif found.lifecycle.state is Presence.ABSENT:
                message, hint = f"{target} is declared absent ({found.position})", "declare this one absent too"
            else:
                continue
            yield Problem(message=message, position=resource.position, path=f"spec.{name}", hint=hint)


def looked_up(resources: Resources, shapes: Shapes) -> Iterator[Address]:
    """What the resources name of the kinds whose rows nobody declares."""
    kinds = {name for name, shape in shapes.items() if shape.lookup}
    for resource in resources.values() if kinds else ():
        yield from (target for _, target in references_of(resource, shapes) if target.kind in kinds)


def dangling(changes: Iterable[Change], rows: Mapping[Address, Row], shapes: Shapes) -> Iterator[Problem]:
    """Changes after which a row would refer to nothing: its target is deleted, or is neither there nor created."""
    by_address = {change.address: change for change in changes}
    deleted = {address: change for address, change in by_address.items() if change.action is Action.DELETE}
    created = {address for address, change in by_address.items() if change.action is Action.CREATE}
    for address, change in by_address.items():
        written: Fields = {item.name: item.after for item in change.fields}
        for name, target in _named(address, written, shapes):
            arrives = name in written or change.makes_row or change.action is Action.RENAME
            stays = target in rows and target not in deleted
            if arrives and not stays and target not in created:
                yield Problem(
                    message=f"{target} is not in the database, or will be deleted, and this run does not create it",
                    position=change.position,
                    path=f"spec.{name}",
                    hint=f"rows of the kind {target.kind} are made by the application: is the name right?"
                    if shapes[target.kind].lookup
                    else f"with state: created it is made only once: set it to present, or remove {address}",
                )
    # Only a deletion makes it worth a walk through all rows.
    for row in rows.values() if deleted else ():
        if row.address not in deleted:
            yield from _left_behind(row, by_address.get(row.address), deleted, shapes)


def _left_behind(
    row: Row, change: Change | None, deleted: Mapping[Address, Change], shapes: Shapes
) -> Iterator[Problem]:
    written = {item.name for item in change.fields} if change else set()
    for name, target in _named(row.address, row.fields, shapes):
        if target in deleted and name not in written:
            yield Problem(
                message=f"{target} would be deleted, and {row.address}, which stays, refers to it",
                position=deleted[target].position,
                hint=f"delete {row.address} as well (on_remove: delete; with its manifest gone, --prune), "
                "or disable instead",
            )


def _named(address: Address, fields: Fields, shapes: Shapes) -> Iterator[tuple[str, Address]]:
    yield from owners_of(address, shapes)
    shape = shapes[address.kind]
    for group in (shape.references, shape.links):
        for name, kind in group.items():
            for target in named(kind, fields.get(name), shapes):
                yield name, target
