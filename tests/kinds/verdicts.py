"""What the models and the schemas say of a document."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft7Validator
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provision.kinds.derive import BUILT_IN
from provision.manifest.schema import schemas

MODELS = {name: vocabulary.manifest() for name, vocabulary in BUILT_IN.items()}
CALENDAR = "no such date or time in the calendar"
ENTROPY = "bits of entropy"
# What a model says of the rules that no schema can express.
BEYOND_A_SCHEMA = (CALENDAR, ENTROPY)


def findings(document: Any, kind: str) -> list[ErrorDetails]:
    """What the model of a kind finds wrong with a document."""
    try:
        MODELS[kind].model_validate(document)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def model_accepts(document: Any, kind: str) -> bool:
    """Whether the model of a kind takes a document, but for what no schema can say."""
    return all(any(rule in finding["msg"] for rule in BEYOND_A_SCHEMA) for finding in findings(document, kind))


def schema_accepts(document: Any, file: str) -> bool:
    """Whether one of our schemas takes a document."""
    return VALIDATORS[file].is_valid(document)


def as_ecmascript(schema: Any) -> Any:
    """The same schema with patterns that mean in Python what they mean in ECMA-262, which JSON Schema prescribes.

    Python's `$` also matches before a line break at the end, so `jsonschema` would take `"alice\\n"` for a name; in
    ECMA-262, as in pydantic's Rust, it matches at the very end alone. The keys of `patternProperties`, by which
    `additionalProperties` goes too, are patterns as well.
    """
    match schema:
        case dict():
            return {keyword: _value(keyword, value) for keyword, value in schema.items()}
        case list():
            return [as_ecmascript(item) for item in schema]
        case _:
            return schema


def _value(keyword: str, value: Any) -> Any:
    if keyword == "patternProperties":
        return {_ending(pattern): as_ecmascript(schema) for pattern, schema in value.items()}
    return _ending(value) if keyword == "pattern" else as_ecmascript(value)


def _ending(pattern: str) -> str:
    assert pattern.endswith("$")
    return pattern.removesuffix("$") + r"\Z"


VALIDATORS = {file: Draft7Validator(as_ecmascript(schema)) for file, schema in schemas(BUILT_IN.values()).items()}
