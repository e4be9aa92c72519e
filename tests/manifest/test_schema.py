"""The schemas in `schemas/` are what the models say: fresh, draft-07, and good for an editor."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from provision.errors import Problem
from provision.kinds.derive import BUILT_IN
from provision.kinds.text import MEANINGS
from provision.manifest.draft07 import draft07
from provision.manifest.schema import render, schemas, stale, write
from provision.manifest.yaml_reader import read_documents
from provision.reconcile.job import vocabularies
from provision.reconcile.request import Request
from tests.kinds.verdicts import schema_accepts

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMAS = schemas(BUILT_IN.values())
# What the repository's own provision.toml binds: the built-in kinds, and two that their classes describe.
PROJECT = asyncio.run(vocabularies(Request(here=REPOSITORY, environ={})))
ALL_SCHEMAS = schemas(PROJECT)
MANIFESTS = sorted((REPOSITORY / "manifests").rglob("*.yaml"))
# "JSON Schema" and "JSON Schema Validation", draft-07, and the one word of VS Code's that we add.
KEYWORDS = {
    *(
        "$schema",
        "$id",
        "$ref",
        "$comment",
        "title",
        "description",
        "default",
        "definitions",
        "type",
        "enum",
        "const",
    ),
    *("maxLength", "minLength", "pattern", "items", "uniqueItems", "maxItems", "minItems", "required", "properties"),
    *("maxProperties", "patternProperties", "additionalProperties", "propertyNames", "dependencies", "if", "then"),
    *("else", "allOf", "anyOf", "oneOf", "not", "patternErrorMessage", "minimum", "maximum"),
}


def inner_schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all within it."""
    yield schema
    for keyword, value in schema.items():
        if keyword in {"properties", "patternProperties", "definitions"}:
            found = list(value.values())
        elif keyword in {"items", "not", "if", "then", "propertyNames"}:
            found = [value]
        else:
            found = value if keyword in {"allOf", "anyOf", "oneOf"} else []
        for each in found:
            yield from inner_schemas(each)


def test_the_committed_schemas_are_fresh() -> None:
    """Where this fails, run `make schemas`."""
    assert stale(REPOSITORY / "schemas", PROJECT) == []


def test_there_is_one_schema_for_all_kinds_one_for_each_and_one_for_policies() -> None:
    """By the names that people put after `$schema=`."""
    names = ["manifest.schema.json", "apikey.schema.json", "user.schema.json", "policy.schema.json"]
    assert list(SCHEMAS) == names


def test_a_kind_that_is_called_policy_keeps_its_schema() -> None:
    """That of our policies gives way."""
    kind = replace(BUILT_IN["User"], name="Policy")
    assert schemas([kind])["policy.schema.json"]["title"] == "A manifest of the kind Policy"


def test_the_order_of_kinds_does_not_matter() -> None:
    """The text is the same however the vocabularies come."""
    backwards = schemas(reversed(list(BUILT_IN.values())))
    assert [render(schema) for schema in backwards.values()] == [render(schema) for schema in SCHEMAS.values()]


@pytest.mark.parametrize("schema", ALL_SCHEMAS.values(), ids=ALL_SCHEMAS)
def test_a_schema_is_draft_07_and_nothing_newer(schema: dict[str, Any]) -> None:
    """No keyword of a later draft, nothing beside a reference, every mapping closed, no null as a default."""
    Draft7Validator.check_schema(schema)
    for inner in inner_schemas(schema):
        assert set(inner) <= KEYWORDS
        assert len(inner) == 1 or "$ref" not in inner
        assert inner.get("default", "none") is not None
        if {"properties", "patternProperties"} & inner.keys() and inner.get("type") == "object":
            assert inner["additionalProperties"] is False


@pytest.mark.parametrize("schema", ALL_SCHEMAS.values(), ids=ALL_SCHEMAS)
def test_every_pattern_is_explained_in_words(schema: dict[str, Any]) -> None:
    """An editor shows these, and `provision validate` the same ones."""
    for inner in inner_schemas(schema):
        assert "pattern" not in inner or inner["pattern"] in MEANINGS
        assert ("pattern" in inner) == ("patternErrorMessage" in inner)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_manifest_of_the_repository_validates(path: Path) -> None:
    """The examples that people copy are right in their editors."""
    for document in read_documents(path.read_bytes(), file=path.name):
        assert not isinstance(document, Problem)
        assert Draft7Validator(ALL_SCHEMAS["manifest.schema.json"]).is_valid(document.data)


def test_a_kind_with_a_required_field_requires_its_spec() -> None:
    """In the schema for all kinds this depends on the kind."""
    document = {"apiVersion": "provision/v1", "kind": "User", "metadata": {"name": "x"}}
    assert schema_accepts(document, "manifest.schema.json")
    assert not schema_accepts(document | {"kind": "ApiKey"}, "manifest.schema.json")


def test_what_is_written_is_not_stale(tmp_path: Path) -> None:
    """The folder is made; writing again changes nothing."""
    folder = tmp_path / "new" / "schemas"
    assert stale(folder, BUILT_IN.values()) == sorted(SCHEMAS)
    assert [path.name for path in write(folder, BUILT_IN.values())] == list(SCHEMAS)
    assert stale(folder, BUILT_IN.values()) == []
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert {path: path.read_bytes() for path in write(folder, BUILT_IN.values())} == before


def test_a_file_that_is_missing_or_differs_is_stale(tmp_path: Path) -> None:
    """One byte is enough."""
    user, key, _ = (write(tmp_path, BUILT_IN.values())[index] for index in (2, 1, 0))
    user.unlink()
    key.write_bytes(key.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(tmp_path, BUILT_IN.values()) == ["apikey.schema.json", "user.schema.json"]


def test_the_schema_of_a_kind_that_is_gone_is_stale_until_written(tmp_path: Path) -> None:
    """Only what bears our mark: other schemas in the folder are left alone."""
    write(tmp_path, BUILT_IN.values())
    gone, foreign = tmp_path / "group.schema.json", tmp_path / "other.schema.json"
    gone.write_text(render(SCHEMAS["user.schema.json"]))
    foreign.write_text("{}")
    assert stale(tmp_path, BUILT_IN.values()) == ["group.schema.json"]
    write(tmp_path, BUILT_IN.values())
    assert stale(tmp_path, BUILT_IN.values()) == []
    assert foreign.exists()


def test_draft_07_keeps_what_stands_beside_a_reference() -> None:
    """A draft-07 reader passes over anything beside `$ref`, so that it moves inside."""
    schema = draft07({"$ref": "#/definitions/X", "description": "why", "default": None, "title": "X"})
    assert schema == {"description": "why", "allOf": [{"$ref": "#/definitions/X"}]}


def test_a_field_named_like_a_keyword_is_kept() -> None:
    """`title` and `default` are dropped as keywords, not as the names of fields."""
    properties = {"title": {"type": "string", "title": "Title"}, "default": {"type": "string", "default": None}}
    text = {"type": "string"}
    assert draft07({"properties": properties}) == {"properties": {"title": text, "default": text}}


def test_a_nullable_choice_stays_one_of_two() -> None:
    """`enum` would refuse null if the two were merged."""
    choice = {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}
    assert draft07(choice) == choice
    assert draft07({"anyOf": [{"type": "string"}, {"type": "null"}]}) == {"type": ["string", "null"]}
