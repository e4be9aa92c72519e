"""Turning pydantic's findings into problems that a person understands; values never appear in them."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from provision.errors import Problem
from provision.kinds.hash_forms import not_accepted
from provision.kinds.secret_spec import SECRET_SPECS
from provision.kinds.text import meaning_of
from provision.manifest.document import Document, dotted
from provision.manifest.limits import MAX_PROBLEMS
from provision.manifest.refusals import MORE_PROBLEMS

Path = tuple[str | int, ...]

# pydantic's error types (docs.pydantic.dev, "Validation errors"), in our words: message and hint.
WORDS = {
    "missing": ("is missing", "add it"),
    "string_type": ("must be text", "put it in quotes"),
    "bool_type": ("must be true or false", "write one of these two words, without quotes"),
    "int_type": ("must be a whole number", "write it without quotes"),
    "list_type": ("must be a list", "write its items below it, each after a dash"),
    "dict_type": ("must be a mapping", "write its keys below it, indented"),
    "model_type": ("must be a mapping", "write its keys below it, indented"),
    "too_short": ("must not be empty", "write at least one item"),
    "string_too_short": ("must not be empty", "give it a value, or leave it out"),
}

_SOURCE_OR_HASH = "never stands in a manifest: write from: {env: NAME}, or hash: …"
# Where people write the secret itself: what to say for each model of a secret.
SECRETS = {
    **{spec.__name__: f"a password {_SOURCE_OR_HASH}" for spec in SECRET_SPECS.values()},
    "KeySpec": f"a key {_SOURCE_OR_HASH}",
    "PlaintextSpec": "a secret never stands in a manifest: write from: {env: NAME}",
}
# What to say in place of a mapping, by the model of the mapping.
MAPPINGS = {**SECRETS, "AgeSpec": "write age: {file: PATH}, or age: {text: …} with the armored text"}


def explain(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[Problem]:
    """One problem for each finding, at the line and column of the key or value that is wrong, up to MAX_PROBLEMS."""
    for number, item in enumerate(error.errors(include_input=False, include_url=False)):
        if number == MAX_PROBLEMS:  # to find a place takes as long as the document is
            yield Problem(message=MORE_PROBLEMS.message, position=document.locate(), hint=MORE_PROBLEMS.hint)
            return
        path = tuple(part for part in item["loc"] if part != "[key]")
        unknown = item["type"] == "extra_forbidden"
        is_key = unknown or "[key]" in item["loc"]
        message, hint = _unknown_key(path, model) if unknown else words(item)
        if item["type"] == "string_pattern_mismatch":
            pattern = item["ctx"]["pattern"]
            message, hint = not_accepted(pattern, _value_at(document.data, path)) or (message, hint)
        if item["type"] == "string_type":
            hint = _how_to_write_text(_value_at(document.data, path))
        where = path[:-1] if item["type"] == "missing" else path
        yield Problem(message=message, position=document.locate(where, key=is_key), path=dotted(path), hint=hint)


def words(item: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and a hint, for one finding."""
    context = item.get("ctx", {})
    match item["type"]:
        case "model_type" if hint := _how_to_write(context["class_name"]):
            found = "must be a mapping", hint
        case "string_pattern_mismatch":
            pattern = context["pattern"]
            found = meaning_of(pattern) or ("does not have the right form", f"it must match {pattern}")
        case "literal_error":
            found = f"must be {context['expected']}", "write one of these"
        case "string_too_long":
            found = f"is longer than {context['max_length']} characters", "shorten it"
        case "greater_than_equal":
            found = f"is less than {context['ge']}", "raise it"
        case "less_than_equal":
            found = f"is more than {context['le']}", "lower it"
        case "too_long":
            found = f"has more than {context['max_length']} items", "remove some"
        case "value_error":
            found = str(context["error"]), getattr(context["error"], "hint", "")
        case kind:
            found = WORDS.get(kind, (item["msg"][:1].lower() + item["msg"][1:], ""))
    return found


def _how_to_write(model: str) -> str:
    """The hint for a model, whose name may say in front which other hashes a secret takes; else nothing."""
    return next((hint for name, hint in MAPPINGS.items() if model == name or model.endswith(f"Or{name}")), "")


def _how_to_write_text(value: object) -> str:
    if value is None:
        return "give it a value, or leave it out"
    return "write one text here" if isinstance(value, (list, dict)) else WORDS["string_type"][1]


def _value_at(data: Any, path: Path) -> object:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part]
    return data


def _unknown_key(path: Path, model: type[BaseModel]) -> tuple[str, str]:
    known = _keys_at(path[:-1], model)
    close = get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"the keys here are: {', '.join(known)}"
    return "unknown key", hint if known else "remove it"


def _keys_at(path: Path, model: type[BaseModel]) -> list[str]:
    for part in path:
        if isinstance(part, int):
            continue
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        inner = _model_in(fields[part].annotation) if part in fields else None
        if inner is None:
            return []
        model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
