"""The kinds of a project: the built-in vocabularies, bound as provision.toml says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from provision.core.shape import KindShape, creation_order
from provision.errors import InvalidInputError, Problem
from provision.kinds.api_key import ApiKeySpec
from provision.kinds.kind import Kind, Kinds, Vocabulary
from provision.kinds.secret_rules import unfit_secrets
from provision.kinds.user import UserSpec
from provision.settings import KindBinding, Settings, settings_problem

BUILT_IN = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(name="User", spec=UserSpec, inline={"api_keys": "ApiKey"}),
        Vocabulary(name="ApiKey", spec=ApiKeySpec),
    )
}
MAX_KEY_PARTS = 2

# A place in the binding, what is wrong with it, and a hint.
Mistake = tuple[tuple[str, ...], str, str]


def kinds_of(settings: Settings) -> Kinds:
    """Bind every kind of the settings; raises InvalidInputError with the lines of provision.toml that are wrong."""
    problems = [
        settings_problem(settings, ("kinds", name, *path), message, hint)
        for name, binding in settings.kinds.items()
        for path, message, hint in _mistakes(name, binding, settings)
    ]
    if problems:
        raise InvalidInputError(problems)
    kinds = {name: _bound(BUILT_IN[name], binding) for name, binding in settings.kinds.items()}
    try:
        creation_order({name: kind.shape for name, kind in kinds.items()})
    except ValueError as error:
        raise InvalidInputError([Problem(message=str(error), path="kinds")]) from None
    return kinds


def _bound(vocabulary: Vocabulary, binding: KindBinding) -> Kind:
    spec = vocabulary.spec.model_fields
    return Kind(
        vocabulary=vocabulary,
        binding=binding,
        shape=KindShape(
            name=vocabulary.name,
            key=tuple(binding.key),
            references={name: reference.kind for name, reference in binding.references.items()},
            disable=binding.on_remove.disable,
            administrators=binding.administrators,
        ),
        privileges={name: spec[name].default for name in binding.privileges},
        secrets=frozenset(name for name, field in binding.fields.items() if field.secret),
    )


def _mistakes(name: str, binding: KindBinding, settings: Settings) -> Iterator[Mistake]:
    vocabulary = BUILT_IN.get(name)
    if vocabulary is None:
        yield (), f"there is no kind {name}", f"the kinds are: {', '.join(sorted(BUILT_IN))}"
        return
    yield from _unknown_fields(vocabulary, binding)
    yield from _unusable_key(binding)
    yield from _untranslatable(vocabulary, binding)
    yield from unfit_secrets(binding)
    for field, reference in binding.references.items():
        if reference.kind not in settings.kinds:
            yield ("references", field, "kind"), f"the kind {reference.kind} is not bound", "bind it under [kinds]"
    for child in vocabulary.inline.values():
        if child not in settings.kinds:
            yield (), f"{name} needs the kind {child}, which is not bound", f"add [kinds.{child}]"


def _unknown_fields(vocabulary: Vocabulary, binding: KindBinding) -> Iterator[Mistake]:
    spec = vocabulary.spec.model_fields
    known = f"the fields of {vocabulary.name} are: {', '.join(sorted(spec))}"
    for place in ("fields", "references"):
        for field in getattr(binding, place):
            if field not in spec:
                yield (place, field), f"{vocabulary.name} has no field {field}", known
    for field in binding.privileges:
        if field not in spec or spec[field].default is None:
            yield ("privileges",), f"{field} has no safe value in {vocabulary.name}", known
    for field in binding.administrators or {}:
        if field not in spec:
            yield ("administrators", field), f"{vocabulary.name} has no field {field}", known


def _untranslatable(vocabulary: Vocabulary, binding: KindBinding) -> Iterator[Mistake]:
    """Words that are written, but for which `values` has nothing to store."""
    spec = vocabulary.spec.model_fields
    translated = {name: field.values for name, field in binding.fields.items() if field.values is not None}
    for name, values in translated.items():
        for word in _words(spec[name].annotation) if name in spec else ():
            if word not in values:
                yield ("fields", name, "values"), f"{word} has no stored value", f"add it, as in {word} = 1"
    places: dict[tuple[str, ...], Mapping[str, Any]] = {
        ("on_remove", "disable"): binding.on_remove.disable,
        ("administrators",): binding.administrators or {},
    }
    for place, fields in places.items():
        for name, word in fields.items():
            if name in translated and word not in translated[name]:
                yield (*place, name), f"{name} is never {word!r}", f"one of: {', '.join(sorted(translated[name]))}"


def _words(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _unusable_key(binding: KindBinding) -> Iterator[Mistake]:
    if len(binding.key) > MAX_KEY_PARTS:
        yield ("key",), "a key has at most two parts, the first a reference", ""
    elif len(binding.key) == MAX_KEY_PARTS and binding.key[0] not in binding.references:
        yield ("key",), f"{binding.key[0]} comes first in the key, so it has to be a reference", "see references"
