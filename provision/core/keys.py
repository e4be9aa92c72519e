"""The parts of a natural key: which of them belong to an owner, and how a reference writes a key as one text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from provision.core.address import Address, join_key, split_key
from provision.core.shape import KindShape, Shapes
from provision.core.value import Value

KeyPart = tuple[str, tuple[str, ...]]


def key_fields(address: Address, shape: KindShape) -> Iterator[KeyPart]:
    """Each field of the key with its part of the address, or its parts where it names a resource with several."""
    if not shape.widths:
        yield from ((field, (part,)) for field, part in zip(shape.key, address.key, strict=True))
        return
    start = 0
    for field, width in zip(shape.key, shape.widths, strict=True):
        yield field, address.key[start : start + width]
        start += width


def owners_of(address: Address, shapes: Shapes) -> tuple[tuple[str, Address], ...]:
    """The resources that the key names, each with the field that names it."""
    shape = shapes[address.kind]
    if shape.references.keys().isdisjoint(shape.key):
        return ()
    return tuple(
        (field, Address(shape.references[field], parts))
        for field, parts in key_fields(address, shape)
        if field in shape.references
    )


def with_owners(address: Address, shapes: Shapes, rename: Callable[[Address], Address]) -> Address:
    """The address with every owner in its key under another name."""
    owners = {field: rename(owner).key for field, owner in owners_of(address, shapes)}
    if not owners:
        return address
    parts = (owners.get(field, own) for field, own in key_fields(address, shapes[address.kind]))
    return Address(address.kind, tuple(part for group in parts for part in group))


def is_named_by_reference(shape: KindShape) -> bool:
    """Whether `metadata.name` itself is the name of another resource."""
    return shape.key[-1] in shape.references


def reference_to(address: Address) -> str:
    """How a field names this resource: by its name, or by the parts of its key with slashes between them."""
    return address.key[0] if len(address.key) == 1 else join_key(address.key)


def referred(kind: str, text: str, shapes: Shapes) -> Address:
    """The address that a field's text names."""
    return Address(kind, (text,) if shapes[kind].width == 1 else split_key(text))


def named(kind: str, value: Value, shapes: Shapes) -> Iterator[Address]:
    """Every address that the value of a reference, or of a list of them, names."""
    if isinstance(value, str):
        yield referred(kind, value, shapes)
    elif isinstance(value, Sequence):
        yield from (referred(kind, str(item), shapes) for item in value)
