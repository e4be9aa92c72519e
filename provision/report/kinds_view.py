"""The kinds of a project as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from provision.report.escape import line_of_data, printable

LEGEND = "* has to be there when a row is made    [] a list of names"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceView:
    """A field that names another kind, or a list of them."""

    field: str
    kind: str
    is_list: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A plain field."""

    field: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    """A secret field, and how it is stored."""

    field: str
    codec: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KindView:
    """One kind: where its rows are, what its manifests say, and what becomes of a row whose manifest goes."""

    kind: str
    stored_in: str
    key: tuple[str, ...]
    references: tuple[ReferenceView, ...]
    fields: tuple[FieldView, ...]
    secrets: tuple[SecretView, ...]
    on_remove: str


def as_text(kinds: Sequence[KindView]) -> Iterator[str]:
    """A small table for each kind, and what its marks mean."""
    for kind in kinds:
        yield f"{line_of_data(kind.kind)}  {printable(kind.stored_in)}"
        for label, value in _rows(kind):
            yield f"  {label:<12}{printable(value)}"
        yield ""
    yield LEGEND


def as_json(kinds: Sequence[KindView]) -> Iterator[str]:
    """One JSON object, in ASCII."""
    yield json.dumps({"kinds": [asdict(kind) for kind in kinds]}, indent=2).replace("##", "#\\u0023")


def _rows(kind: KindView) -> Iterator[tuple[str, str]]:
    yield "key", ", ".join(kind.key)
    if kind.references:
        yield "references", ", ".join(_reference(item) for item in kind.references)
    if kind.fields:
        yield "fields", ", ".join(item.field + "*" * item.required for item in kind.fields)
    if kind.secrets:
        yield "secrets", ", ".join(f"{item.field}{'*' * item.required} ({item.codec})" for item in kind.secrets)
    yield "on_remove", kind.on_remove


def _reference(item: ReferenceView) -> str:
    return f"{item.field}{'*' * item.required} -> {item.kind}{'[]' * item.is_list}"
