"""References by name: every one has to lead to a resource that is declared and stays."""

from __future__ import annotations

from collections.abc import Iterator

from provision.core.address import Address
from provision.core.rename import Resources, owner_of
from provision.core.shape import Shapes
from provision.core.state import Presence, Resource
from provision.errors import Problem


def references_of(resource: Resource, shapes: Shapes) -> Iterator[tuple[str, Address]]:
    """The fields of a resource that name others, each with the address it names."""
    shape = shapes[resource.address.kind]
    owner = owner_of(resource.address, shapes)
    if owner is not None:
        yield shape.key[0], owner
    for name, kind in shape.references.items():
        value = resource.fields.get(name)
        if isinstance(value, str):
            yield name, Address(kind, (value,))


def unresolved(resources: Resources, shapes: Shapes) -> Iterator[Problem]:
    """References to what is not declared, or is declared absent while the resource itself stays."""
    for resource in resources.values():
        if resource.lifecycle.state is Presence.ABSENT:
            continue
        for name, target in references_of(resource, shapes):
            found = resources.get(target)
            if found is None:
                message, hint = f"{target} is not declared", f"declare it, or correct the name in {name}"
            elif found.lifecycle.state is Presence.ABSENT:
                message, hint = f"{target} is declared absent ({found.position})", "declare this one absent too"
            else:
                continue
            yield Problem(message=message, position=resource.position, path=f"spec.{name}", hint=hint)
