"""What is wrong with a binding, as far as provision.toml alone tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from provision.kinds.derive import BUILT_IN, is_built_in, is_written
from provision.kinds.secret_rules import unfit_secrets
from provision.settings import FieldBinding, KindBinding, ReferenceBinding, Settings

# A place in the binding, what is wrong with it, and a hint.
Mistake = tuple[tuple[str, ...], str, str]


def mistakes(name: str, binding: KindBinding, settings: Settings) -> Iterator[Mistake]:
    """Every mistake in the binding of a kind."""
    yield from _table(name, binding)
    yield from _key(binding)
    yield from _removal(binding)
    yield from _untranslatable(name, binding)
    yield from _privileges(name, binding)
    yield from unfit_secrets(binding)
    yield from _expiry(binding)
    for field, reference in binding.references.items():
        yield from _reference(field, reference, binding, settings)
    for field, bound in binding.fields.items():
        yield from _field(field, bound, binding)


def _table(name: str, binding: KindBinding) -> Iterator[Mistake]:
    if (binding.model is None) is (binding.table is None):
        yield (), "needs either model or table", 'as in model = "package.module:Class" or table = "schema.name"'
    if binding.spec == "builtin" and name not in BUILT_IN:
        yield ("spec",), f"there is no built-in spec for {name}", f"only for {' and '.join(sorted(BUILT_IN))}"


def _key(binding: KindBinding) -> Iterator[Mistake]:
    if len(set(binding.key)) != len(binding.key):
        yield ("key",), "names a field twice", "each field once"
    for field in binding.key:
        bound, reference = binding.fields.get(field), binding.references.get(field)
        if reference and reference.through:
            yield ("key",), f"{field} is a list of names, and a key holds one value for each field", ""
        if bound and (bound.secret or bound.hidden or bound.read_only or bound.constant is not None):
            yield ("key",), f"{field} is part of the key, so people have to write it", "see fields"
        if bound and bound.private:
            yield ("key",), f"{field} is part of the key, which every report shows", "take private = false"


def _expiry(binding: KindBinding) -> Iterator[Mistake]:
    name = binding.expires
    if name is None:
        return
    bound = binding.fields.get(name, FieldBinding())
    hint = 'name a field that people write, as in expires = "expires_at"'
    if name in binding.key or name in binding.references or bound.secret or not is_written(bound):
        yield ("expires",), f"{name} cannot be the moment at which a row expires", hint
    if bound.values is not None:
        yield ("expires",), f"{name} holds words, and no moment that could be compared", hint


def _removal(binding: KindBinding) -> Iterator[Mistake]:
    removal = binding.on_remove
    if binding.lookup:
        if removal.disable is not None or removal.default is not None:
            yield ("on_remove",), "rows that are only looked up are not removed", "remove on_remove, or lookup"
        return
    if removal.disable is None and removal.default is None:
        hint = 'on_remove.disable = { is_active = false }, or on_remove.default = "delete" or "abandon"'
        yield (), "does not say what becomes of a row whose manifest is gone", hint
    if removal.disable is None and removal.default == "disable":
        yield ("on_remove", "default"), "says disable, and nothing says how", "add on_remove.disable = { … }"


def _reference(
    field: str, reference: ReferenceBinding, binding: KindBinding, settings: Settings
) -> Iterator[Mistake]:
    place = ("references", field)
    if reference.kind not in settings.kinds:
        yield (*place, "kind"), f"the kind {reference.kind} is not bound", "bind it under [kinds]"
    if (reference.column is None) is (reference.through is None):
        yield place, "needs either column or through", 'as in column = "user_id" or through = "user_role"'
    if not reference.through and (reference.source or reference.target or reference.set):
        yield place, "source, target and set belong beside through", "for a single reference, column is all"
    if field in binding.fields:
        yield ("fields", field), f"{field} is a reference", "say it in one of the two places"


def _field(field: str, bound: FieldBinding, binding: KindBinding) -> Iterator[Mistake]:
    place = ("fields", field)
    if bound.generate and (bound.default is not None or bound.constant is not None):
        yield place, "generate, default and constant exclude each other", "keep one of them"
    if bound.secret and (bound.values is not None or bound.constant is not None or bound.type):
        yield place, "a secret has no values, constant or type", "keep secret alone"
    for name in ("prefix", "last_four", "changed_at"):
        if getattr(bound, name) and not bound.secret:
            yield (*place, name), f"{name} belongs beside secret", 'as in secret = "sha256"'
    if bound.ignore_case and field not in binding.key:
        yield (*place, "ignore_case"), f"{field} is no part of the key", "only keys are compared that way"
    if bound.timezone and not _is_timezone(bound.timezone):
        yield (*place, "timezone"), f"{bound.timezone} is not a time zone known here", "as in Europe/Berlin"


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _privileges(name: str, binding: KindBinding) -> Iterator[Mistake]:
    spec = BUILT_IN[name].spec.model_fields if is_built_in(name, binding) and name in BUILT_IN else None
    for field in binding.privileges:
        bound = binding.fields.get(field, FieldBinding())
        if spec is not None and field in spec:
            if spec[field].default is None:
                yield ("privileges",), f"{field} has no safe value in {name}", f"known: {', '.join(sorted(spec))}"
        elif bound.values is not None and not _is_word(bound.default, bound.values):
            yield ("privileges",), f"{field} has no safe value", f"add it: fields.{field}.default = …"
    for field in binding.administrators or {}:
        if field in binding.key or binding.fields.get(field, FieldBinding()).secret:
            yield ("administrators", field), f"{field} is part of the key, or a secret", "name a plain field"


def _is_word(value: Any, values: Mapping[str, Any]) -> bool:
    return isinstance(value, str) and value in values


def _untranslatable(name: str, binding: KindBinding) -> Iterator[Mistake]:
    """Words that are written, but for which `values` has nothing to store."""
    spec = BUILT_IN[name].spec.model_fields if is_built_in(name, binding) and name in BUILT_IN else {}
    translated = {field: bound.values for field, bound in binding.fields.items() if bound.values is not None}
    for field, values in translated.items():
        for word in _words(spec[field].annotation) if field in spec else ():
            if word not in values:
                yield ("fields", field, "values"), f"{word} has no stored value", f"add it, as in {word} = 1"
        if len({repr(stored) for stored in values.values()}) != len(values):
            yield ("fields", field, "values"), "two words stand for the same stored value", "one word for each"
    places: dict[tuple[str, ...], Mapping[str, Any]] = {
        ("on_remove", "disable"): binding.on_remove.disable or {},
        ("administrators",): binding.administrators or {},
    }
    for place, fields in places.items():
        for field, word in fields.items():
            if field in translated and word not in translated[field]:
                yield (*place, field), f"{field} is never {word!r}", f"one of: {', '.join(sorted(translated[field]))}"


def _words(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()
