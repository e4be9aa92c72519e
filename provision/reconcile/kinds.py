"""What `provision kinds` shows: the bound kinds, with what their tables say of them."""

from __future__ import annotations

from provision.core.shape import KindShape
from provision.core.state import OnRemove
from provision.database.binding.bound import Bound
from provision.kinds.kind import Kind
from provision.reconcile.job import open_site
from provision.reconcile.request import Request
from provision.report.kinds_view import FieldView, KindView, ReferenceView, SecretView
from provision.report.values import shown


async def list_kinds(request: Request) -> list[KindView]:
    """Every kind of the project, by name; the database is asked for those alone that no class describes."""
    site = await open_site(request)
    return [_view(bound) for _, bound in sorted(site.bindings.items())]


def _view(bound: Bound) -> KindView:
    kind, shape = bound.kind, bound.shape
    plain = [name for name in kind.plain_fields if name in bound.fields and name not in kind.vocabulary.constants]
    return KindView(
        kind=kind.name,
        stored_in=kind.binding.model or kind.binding.table or "",
        key=shape.key,
        references=_references(kind, shape),
        # A privilege has a safe value where a manifest leaves it out.
        fields=tuple(
            FieldView(field=name, required=name in shape.required and name not in kind.privileges)
            for name in sorted(plain)
        ),
        secrets=tuple(
            SecretView(field=name, codec=str(kind.binding.fields[name].secret), required=name in shape.required)
            for name in sorted(kind.secrets)
        ),
        on_remove=_on_remove(kind),
    )


def _references(kind: Kind, shape: KindShape) -> tuple[ReferenceView, ...]:
    return tuple(
        ReferenceView(
            field=name,
            kind=reference.kind,
            is_list=name in shape.links,
            required=name in shape.required or name in shape.key,
        )
        for name, reference in sorted(kind.binding.references.items())
    )


def _on_remove(kind: Kind) -> str:
    if kind.shape.lookup:
        return "never: its rows are looked up, and not declared"
    how = kind.binding.on_remove.disable
    said = ", ".join(f"{name} = {shown(value)}" for name, value in (how or {}).items())
    if kind.on_remove is OnRemove.DISABLE:
        return f"disable ({said})"
    return f"{kind.on_remove.value}, or disable ({said})" if how else kind.on_remove.value
