"""From a checked manifest to resources: its own, and those of the documents written inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from provision.core.address import Address
from provision.core.state import Lifecycle, Resource
from provision.core.value import Value
from provision.errors import Position, Problem
from provision.kinds.kind import Kind, Kinds
from provision.kinds.secret_spec import SecretRequest, SecretSpec
from provision.kinds.spec import LifecycleSpec, Metadata, Spec
from provision.manifest.document import Document

if TYPE_CHECKING:

    class Manifest(Spec):
        """What `Vocabulary.manifest` makes, for the type checker."""

        kind: str
        metadata: Metadata
        spec: Spec


# Most manifests say nothing of it, and share one.
_UNSAID: Final = LifecycleSpec().lifecycle()


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
    context = _Context(
        position=document.locate(),
        labels=metadata.labels,
        lifecycle=metadata.lifecycle.lifecycle() if "lifecycle" in metadata.model_fields_set else _UNSAID,
        previously=tuple(metadata.previously),
    )
    yield from _unknown_ignored(metadata, kind, document)
    owner = (getattr(manifest.spec, kind.owner),) if kind.owner else ()
    address = Address(kind.name, (*owner, metadata.name))
    yield _declared(manifest.spec, kind, address, context)
    for field, child in kind.vocabulary.inline.items():
        for index, item in enumerate(getattr(manifest.spec, field) or ()):
            inside = replace(
                context,
                position=document.locate(("spec", field, index)),
                lifecycle=replace(context.lifecycle, ignore_changes=frozenset()),
                previously=(),
            )
            yield _declared(item, kinds[child], Address(child, (*address.key, item.name)), inside)


def _declared(spec: Spec, kind: Kind, address: Address, context: _Context) -> Declared:
    given = spec.model_fields_set
    fields: dict[str, Value] = {name: getattr(spec, name) for name in kind.plain_fields if name in given}
    defaulted = {name: value for name, value in kind.privileges.items() if name not in given}
    secrets = {name: cast("SecretSpec", getattr(spec, name)) for name in kind.secrets if name in given}
    resource = Resource(
        address=address,
        fields=fields | defaulted,
        position=context.position,
        secrets={name: secret.rule() for name, secret in secrets.items()},
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
        )
        for name, secret in secrets.items()
    )
    return Declared(resource=resource, secrets=tuple(requests))


def _unknown_ignored(metadata: Metadata, kind: Kind, document: Document) -> Iterator[Problem]:
    ignored = metadata.lifecycle.ignore_changes
    known = {*kind.plain_fields, *kind.secrets} if ignored else set()
    for index, name in enumerate(ignored):
        if name not in known:
            path = ("metadata", "lifecycle", "ignore_changes", index)
            yield Problem(
                message=f"{kind.name} has no field {name} to ignore",
                position=document.locate(path),
                path=f"metadata.lifecycle.ignore_changes[{index}]",
                hint=f"one of: {', '.join(sorted(known))}",
            )
