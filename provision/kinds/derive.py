"""What people write for a kind, made from its binding, from a built-in spec, and from what its table says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from provision.core.value import Value
from provision.kinds.api_key import ApiKeySpec
from provision.kinds.column import ColumnFacts, Family, TableFacts
from provision.kinds.kind import Vocabulary
from provision.kinds.moments import once_in
from provision.kinds.naming import columns_in_use, field_name
from provision.kinds.scalar_types import annotation_of, can_be_written, canonical
from provision.kinds.secret_spec import secret_spec
from provision.kinds.spec import LongMetadata, Spec
from provision.kinds.text import OMITTED, PART_OF_A_KEY, LongName, LongNames, UnfitError
from provision.kinds.user import UserSpec
from provision.settings import FieldBinding, KindBinding, Settings

BUILT_IN: Mapping[str, Vocabulary] = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(name="User", spec=UserSpec, inline={"api_keys": "ApiKey"}),
        Vocabulary(name="ApiKey", spec=ApiKeySpec, terms="key"),
    )
}
# Keys of which the built-in kinds know how long they are, and that they hold no slash.
USUAL_NAMES = ("username", "name")
# What create_model takes for a field: its type and its default.
Definition = tuple[Any, Any]


def is_built_in(name: str, binding: KindBinding) -> bool:
    """Whether the kind has a spec of ours rather than one that its columns make."""
    if binding.spec is not None:
        return binding.spec == "builtin"
    return name in BUILT_IN and binding.model is not None


def needs_facts(name: str, binding: KindBinding) -> bool:
    """Whether the spec cannot be known without the columns."""
    return not is_built_in(name, binding) or bool(_beyond_built_in(name, binding))


def vocabulary_of(name: str, settings: Settings, facts: TableFacts | None) -> Vocabulary:
    """The vocabulary of a kind; without the facts of its table, one that takes any field beyond what is bound."""
    binding = settings.kinds[name]
    built_in = BUILT_IN.get(name) if is_built_in(name, binding) else None
    fields = dict(_own_fields(built_in, binding, settings)) if built_in else {}
    columns = dict(_from_columns(binding, facts or {}, fields.keys(), all_of_them=built_in is None))
    fields |= columns | dict(_from_binding(binding, {**fields, **columns}))
    is_open = facts is None and needs_facts(name, binding)
    spec = _model(name, built_in, fields, is_open=is_open)
    constants = dict(_constants(binding, facts or {}))
    if built_in is None:
        return Vocabulary(name=name, spec=spec, metadata=LongMetadata, constants=constants, is_open=is_open)
    inline = {field: kind for field, kind in built_in.inline.items() if field in fields}
    metadata = built_in.metadata if binding.key[-1] in USUAL_NAMES else LongMetadata
    return replace(built_in, spec=spec, inline=inline, metadata=metadata, constants=constants, is_open=is_open)


def _constants(binding: KindBinding, facts: TableFacts) -> Iterator[tuple[str, Value]]:
    """Constants in their one spelling; one that does not fit stays as it is, and is a mistake that binding tells."""
    for name, bound in binding.fields.items():
        if bound.constant is None:
            continue
        column = facts.get(bound.column or name)
        try:
            fits = column is not None and can_be_written(column.type) and bound.values is None
            yield name, canonical(bound.constant, column.type, nullable=False) if column and fits else bound.constant
        except UnfitError:
            yield name, bound.constant


def _model(name: str, built_in: Vocabulary | None, fields: Mapping[str, Definition], *, is_open: bool) -> type[Spec]:
    sentence = built_in.spec.__doc__ if built_in else f"A row of the kind {name}."
    base = _OpenSpec if is_open else Spec
    return create_model(f"{name}Spec", __base__=base, __doc__=sentence, **dict(_safe(fields)))


class _OpenSpec(Spec):
    """A spec whose table could not be asked which fields there are."""

    model_config = ConfigDict(extra="allow")


def _beyond_built_in(name: str, binding: KindBinding) -> set[str]:
    """Fields that provision.toml adds to a built-in spec, of which only their column knows what they hold."""
    known = BUILT_IN[name].spec.model_fields.keys() | binding.references.keys() | {binding.key[-1]}
    told = {field for field, bound in binding.fields.items() if is_written(bound) and not bound.secret} - known
    return told | {field for field, bound in binding.fields.items() if bound.constant is not None}


def _own_fields(built_in: Vocabulary, binding: KindBinding, settings: Settings) -> Iterator[tuple[str, Definition]]:
    """The fields of a built-in spec, but for secrets, references and inline documents that are not bound."""
    for name, info in built_in.spec.model_fields.items():
        bound = binding.fields.get(name)
        if name == binding.key[-1] or built_in.inline.get(name, built_in.name) not in settings.kinds:
            continue
        is_secret = bound is not None and bound.secret is not None
        if (name in ("password", "key")) is not is_secret or (bound and not is_written(bound)):
            continue
        if bound and is_secret:
            yield name, (secret_spec(bound, has_terms_beside=built_in.terms == name), info)
        elif name not in binding.references or name in binding.key:
            yield name, (info.rebuild_annotation(), info)


def _from_columns(
    binding: KindBinding, facts: TableFacts, known: Collection[str], *, all_of_them: bool
) -> Iterator[tuple[str, Definition]]:
    """A field for each column that a manifest can write."""
    for field, bound in binding.fields.items():
        column = facts.get(bound.column or field)
        if field in known or field == binding.key[-1] or not is_written(bound) or bound.secret:
            continue
        if column is not None and can_be_written(column.type):
            yield field, _definition(field, column, binding)
    if not all_of_them:
        return
    used = columns_in_use(binding)
    for column_name, column in facts.items():
        is_internal = (
            column.is_generated or column.refers_to or (column.is_primary and column_name not in binding.key)
        )
        if column_name in used or is_internal or not can_be_written(column.type):
            continue
        yield field_name(column_name), _definition(field_name(column_name), column, binding)


def _from_binding(binding: KindBinding, known: Mapping[str, Definition]) -> Iterator[tuple[str, Definition]]:
    """References, secrets and parts of the key, which need no column to be known."""
    for name, reference in binding.references.items():
        if name == binding.key[-1] or name in known:
            continue
        if reference.through:
            yield name, (LongNames, _field(f"Names of the kind {reference.kind}; [] is none."))
        elif name in binding.key:
            yield name, (LongName, Field(description=f"The name of a {reference.kind}; part of the key."))
        else:
            yield name, (LongName | None, _field(f"The name of a {reference.kind}; null is none."))
    for name, bound in binding.fields.items():
        if bound.secret and name not in known:
            yield name, (secret_spec(bound), OMITTED)
    for name in binding.key[:-1]:
        if name not in binding.references:
            yield name, ((known[name][0] if name in known else LongName), Field(description="A part of the key."))


def _definition(name: str, column: ColumnFacts, binding: KindBinding) -> Definition:
    bound = binding.fields.get(name, FieldBinding())
    if bound.values is not None:
        annotation: Any = Literal[tuple(bound.values)]
    else:
        annotation = annotation_of(column.type)
        if bound.timezone is not None:
            annotation = Annotated[annotation, AfterValidator(once_in(bound.timezone))]
        if name in binding.key and column.type.family is Family.TEXT:
            annotation = Annotated[annotation, PART_OF_A_KEY]
        # A value that is null stands in no list of words.
        held = name in binding.privileges or name in binding.key
        annotation = annotation | None if column.nullable and not held else annotation
    if name in binding.privileges:
        return annotation, Field(default=_safe_value(bound), description="A privilege: held at this when left out.")
    return annotation, _field(column.comment)


def _safe_value(bound: FieldBinding) -> Any:
    return False if bound.default is None else bound.default


def _field(description: str) -> Any:
    return Field(default=OMITTED, description=description or None)


def is_written(bound: FieldBinding) -> bool:
    """Whether people write the field."""
    return not (bound.hidden or bound.read_only or bound.constant is not None)


def _safe(fields: Mapping[str, Definition]) -> Iterator[tuple[str, Any]]:
    """The fields under names that a pydantic model can have, with what people write as their aliases."""
    for place, (name, (annotation, default)) in enumerate(fields.items()):
        if name.isidentifier() and not name.startswith("_") and not hasattr(Spec, name):
            yield name, (annotation, default)
            continue
        info = default if isinstance(default, FieldInfo) else Field(default=default)
        yield f"field_{place}", (Annotated[annotation, Field(alias=name)], info)
