"""From a checked manifest to resources: its own, and those of the documents written inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from provision.core.address import Address, split_key
from provision.core.keys import is_named_by_reference
from provision.core.state import Lifecycle, OnRemove, Resource
from provision.core.value import Value, canonical_json
from provision.errors import Position, Problem
from provision.kinds.kind import Kind, Kinds
from provision.kinds.secret_spec import SecretRequest, SecretSpec
from provision.kinds.spec import LifecycleSpec, Metadata, Spec
from provision.manifest.document import Document, dotted
from provision.manifest.terms import issues, rule_of, unfit_terms

if TYPE_CHECKING:

    class Manifest(Spec):
        """What `Vocabulary.manifest` makes, for the type checker."""

        kind: str
        metadata: Metadata
        spec: Spec


# Most manifests say nothing of it, and share one for each way of removal.
_UNSAID: Final = {way: LifecycleSpec().lifecycle(way) for way in OnRemove}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One resource, and the secrets that it declares."""

    resource: Resource
    secrets: tuple[SecretRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What a resource has from the document it stands in."""

    position: Position
    labels: Mapping[str, str]
    lifecycle: Lifecycle
    previously: tuple[str, ...] = ()


def declare(model: Spec, document: Document, kinds: Kinds) -> Iterator[Declared | Problem]:
    """The resource of a document, and one for each document inside it, which shares its labels and lifecycle."""
    manifest = cast("Manifest", model)
    kind, metadata = kinds[manifest.kind], manifest.metadata
    said = "lifecycle" in metadata.model_fields_set
    context = _Context(
        position=document.locate(),
        labels=metadata.labels,
        lifecycle=metadata.lifecycle.lifecycle(kind.on_remove) if said else _UNSAID[kind.on_remove],
        previously=tuple(metadata.previously),
    )
    yield from _misplaced(metadata, kind, document)
    spec = manifest.spec.written()
    if torn := list(_torn(kind, spec, metadata.name, document)):
        yield from torn
        return
    address = Address(kind.name, _key(kind, spec, metadata.name))
    yield from _unfit_terms(kind, spec, document, ("spec",))
    yield _declared(spec, kind, address, context)
    for field, child in kind.vocabulary.inline.items():
        for index, item in enumerate(spec.get(field) or ()):
            inside = replace(
                context,
                position=document.locate(("spec", field, index)),
                lifecycle=replace(context.lifecycle, ignore_changes=frozenset()),
                previously=(),
            )
            written = item.written()
            yield from _unfit_terms(kinds[child], written, document, ("spec", field, index))
            yield _declared(written, kinds[child], Address(child, (*address.key, item.name)), inside)


def _key(kind: Kind, spec: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The parts of an address: what the spec says of the key, then the name."""
    return tuple(part for _, _, parts in _parts(kind, spec, name) for part in parts)


def _parts(kind: Kind, spec: Mapping[str, Any], name: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Each field of the key, how many parts of an address it makes, and those that are written."""
    shape = kind.shape
    for field, width in zip(shape.key, shape.widths or (1,) * len(shape.key), strict=True):
        value = name if field == shape.key[-1] else spec.get(field)
        text = value if isinstance(value, str) else canonical_json(value)
        yield field, width, split_key(text) if width > 1 else (text,)


def _torn(kind: Kind, spec: Mapping[str, Any], name: str, document: Document) -> Iterator[Problem]:
    """Names of resources with a key of several parts that have more or fewer of them."""
    for field, width, parts in _parts(kind, spec, name) if kind.shape.widths else ():
        if len(parts) != width:
            path = ("metadata", "name") if field == kind.shape.key[-1] else ("spec", field)
            yield Problem(
                message=f"a {kind.shape.references[field]} is named by the {width} parts of its key",
                position=document.locate(path),
                path=".".join(path),
                hint="write a slash between them, and %2F for one that is in them",
            )


def _declared(given: Mapping[str, Any], kind: Kind, address: Address, context: _Context) -> Declared:
    fields: dict[str, Value] = {name: given[name] for name in kind.plain_fields if name in given}
    for name in kind.shape.links:
        if fields.get(name) is not None:
            fields[name] = sorted(cast("list[str]", fields[name]))
    defaulted = {name: value for name, value in kind.held.items() if name not in given}
    secrets = {name: cast("SecretSpec", given[name]) for name in kind.secrets if name in given}
    terms = issues(kind, given)
    resource = Resource(
        address=address,
        fields=fields | defaulted,
        position=context.position,
        secrets={name: rule_of(secret, terms[name]) for name, secret in secrets.items()},
        defaulted=frozenset(defaulted),
        previously=context.previously,
        labels=context.labels,
        lifecycle=context.lifecycle,
    )
    requests = (
        SecretRequest(
            address=address,
            field=name,
            spec=secret,
            binding=kind.binding.fields[name],
            position=context.position,
            deliver_to=terms[name].deliver_to,
            deliver_path="spec.deliver_to" if kind.vocabulary.terms == name else f"spec.{name}.deliver_to",
        )
        for name, secret in secrets.items()
    )
    return Declared(resource=resource, secrets=tuple(requests))


def _unfit_terms(
    kind: Kind, given: Mapping[str, Any], document: Document, place: tuple[str | int, ...]
) -> Iterator[Problem]:
    for path, message, hint in unfit_terms(kind, given) if kind.secrets else ():
        whole = (*place, *path)
        yield Problem(message=message, position=document.locate(whole), path=dotted(whole), hint=hint)


def _misplaced(metadata: Metadata, kind: Kind, document: Document) -> Iterator[Problem]:
    """What the metadata says that this kind cannot do."""
    yield from _unknown_ignored(metadata, kind, document)
    disables = metadata.lifecycle.on_remove == OnRemove.DISABLE.value and "on_remove" in (
        metadata.lifecycle.model_fields_set
    )
    if disables and kind.shape.disable is None:
        yield Problem(
            message=f"a {kind.name} cannot be disabled: provision.toml does not say how",
            position=document.locate(("metadata", "lifecycle", "on_remove")),
            path="metadata.lifecycle.on_remove",
            hint="write delete or abandon, or bind on_remove.disable",
        )
    if metadata.previously and is_named_by_reference(kind.shape):
        yield Problem(
            message=f"a {kind.name} has the name of another resource, and is renamed with it",
            position=document.locate(("metadata", "previously")),
            path="metadata.previously",
            hint=f"write previously in the manifest of the {kind.shape.references[kind.shape.key[-1]]}",
        )


def _unknown_ignored(metadata: Metadata, kind: Kind, document: Document) -> Iterator[Problem]:
    ignored = metadata.lifecycle.ignore_changes
    known = {*kind.plain_fields, *kind.secrets} if ignored and not kind.vocabulary.is_open else {*ignored}
    for index, name in enumerate(ignored):
        if name not in known:
            path = ("metadata", "lifecycle", "ignore_changes", index)
            yield Problem(
                message=f"{kind.name} has no field {name} to ignore",
                position=document.locate(path),
                path=f"metadata.lifecycle.ignore_changes[{index}]",
                hint=f"one of: {', '.join(sorted(known))}",
            )
