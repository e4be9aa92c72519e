"""From pydantic's JSON Schema (2020-12) to draft-07, which YAML editors understand, without what is noise to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from provision.kinds.text import meaning_of

Schema = dict[str, Any]

# Where a schema holds others ("JSON Schema Validation", draft-07, section 6): by a name, in a list, or one alone.
_BY_NAME: Final = frozenset({"definitions", "patternProperties", "properties"})
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf"})
_FIRST: Final = ("description", "type", "const", "enum", "default")
_ALONE: Final = frozenset({"additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"})


def draft07(schema: Mapping[str, Any]) -> Schema:
    """Rewrite a schema and all within it; `$defs` become `definitions`, where its references already lead."""
    renamed = {"definitions" if keyword == "$defs" else keyword: value for keyword, value in schema.items()}
    result = {keyword: _inner(keyword, value) for keyword, value in renamed.items()}
    for rule in _RULES:
        rule(result)
    if "$ref" in result and len(result) > 1:  # draft-07 ignores what stands beside a reference
        result["allOf"] = [{"$ref": result.pop("$ref")}]
    return dict(sorted(result.items(), key=_place))


def _place(item: tuple[str, Any]) -> tuple[int, str]:
    """What people look for first; then the alphabet."""
    keyword, _ = item
    return (_FIRST.index(keyword) if keyword in _FIRST else len(_FIRST), keyword)


def _inner(keyword: str, value: Any) -> Any:
    if keyword in _BY_NAME:
        return {name: draft07(schema) for name, schema in value.items()}
    if keyword in _LISTED:
        return [draft07(schema) for schema in value]
    return draft07(value) if keyword in _ALONE and isinstance(value, dict) else value


def _drop_title(schema: Schema) -> None:
    """pydantic makes it of the name, which everybody sees anyway."""
    schema.pop("title", None)


def _drop_omitted(schema: Schema) -> None:
    """A field that is left out is not managed, whereas null is a value: it is nobody's default."""
    if schema.get("default", ...) is None:
        del schema["default"]


def _close_mapping(schema: Schema) -> None:
    """Pydantic refuses keys that do not match their pattern; it does not say so in the schema."""
    if "patternProperties" in schema:
        schema.setdefault("additionalProperties", False)


def _merge_null(schema: Schema) -> None:
    """One schema with two types: an editor says what is wrong with the text, not that neither alternative fits."""
    match schema.get("anyOf"):
        case [{"type": str(name)} as value, {"type": "null"}] if not {"const", "enum"} & value.keys():
            del schema["anyOf"]
            schema.update(value | schema | {"type": [name, "null"]})


def _say_what_is_meant(schema: Schema) -> None:
    """Editors show this in place of the pattern (`patternErrorMessage` of VS Code); others pass over it."""
    meaning = meaning_of(schema["pattern"]) if "pattern" in schema else None
    if meaning:
        message, hint = meaning
        schema["patternErrorMessage"] = f"{message}. Hint: {hint}"


_RULES: Final[tuple[Callable[[Schema], None], ...]] = (
    _drop_title,
    _drop_omitted,
    _close_mapping,
    _merge_null,
    _say_what_is_meant,
)
