"""Models and schemas accept and refuse the same documents, but for the rules that no schema can say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import event, given, settings

from provision.errors import Problem
from provision.manifest.schema import BEYOND_JSON_SCHEMA
from provision.manifest.yaml_reader import read_documents
from tests.kinds.documents import documents
from tests.kinds.spoilt import spoilt_documents
from tests.kinds.verdicts import CALENDAR as NO_SUCH_DAY
from tests.kinds.verdicts import ENTROPY, MODELS, findings, model_accepts, schema_accepts

HEAD = "apiVersion: provision/v1\nmetadata: {name: alice}\n"
USER = HEAD + "kind: User\n"
KEY = HEAD + "kind: ApiKey\nspec: {user: bob}\n"
CALENDAR = [
    f"{HEAD}kind: ApiKey\nspec: {{user: bob, expires_at: {instant!r}}}\n"
    for instant in (
        "2027-02-30T00:00:00Z",
        "2027-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    )
]
GUESSED = [
    f"{USER}spec: {{password: {{generate: {{{options}}}}}}}\n"
    for options in ("length: 19, alphabet: hex", "alphabet: abcd", "length: 72, alphabet: ab", "alphabet: a")
]
YAML = [f"{USER}kind: User\n", f"{USER}spec: {{}}\n<<: {{spec: {{}}}}\n", f"{USER}spec: !!map {{}}\n"]
LATER = {
    "ignored fields": [USER.replace("alice", "alice, lifecycle: {ignore_changes: [shoe_size]}")],
    "addresses": [f"{USER}---\n{USER}", f"{USER}spec: {{api_keys: [{{name: x}}, {{name: x, scopes: []}}]}}\n"],
    "former names": [USER.replace("alice", "alice, previously: [alice]")],
    "references": [KEY],
    "unique values": [f"{USER}spec: {{email: a@b.de}}\n---\n{USER.replace('alice', 'bob')}spec: {{email: a@b.de}}\n"],
    "terms": [KEY.replace("bob", "bob, rotate: {every: 1d, overlap: 2d}")],
    "places": [
        f"{USER}spec: {{password: {{generate: {{}}, deliver_to: [{{file: {{path: ../../../../etc/x}}}}]}}}}\n"
    ],
    "secrets": [f"{USER}spec: {{password: {{from: {{env: NOT_SET}}}}}}\n"],
}


@settings(max_examples=100)
@given(documents)
def test_both_accept_a_valid_document(document: dict[str, Any]) -> None:
    """Valid by a strategy that does not know the patterns."""
    assert findings(document, document["kind"]) == []
    assert schema_accepts(document, "manifest.schema.json")


@settings(max_examples=400)
@given(spoilt_documents())
def test_both_say_the_same_of_a_spoilt_document(document: Any) -> None:
    """The schema of a kind says what its model says, and the one for all kinds what any of them says."""
    verdicts = {kind: model_accepts(document, kind) for kind in MODELS}
    assert {kind: schema_accepts(document, f"{kind.lower()}.schema.json") for kind in MODELS} == verdicts
    assert schema_accepts(document, "manifest.schema.json") == any(verdicts.values())
    event(f"accepted: {any(verdicts.values())}")


def test_every_rule_beyond_json_schema_has_examples_here() -> None:
    """Who adds a rule to the list adds its proof."""
    assert {"calendar", "entropy", "YAML", *LATER} == set(BEYOND_JSON_SCHEMA)


@pytest.mark.parametrize("text", CALENDAR)
def test_a_day_outside_the_calendar_is_refused_by_the_model_alone(text: str) -> None:
    """A pattern cannot count the days of a month."""
    document = yaml.safe_load(text)
    assert schema_accepts(document, "manifest.schema.json")
    assert [finding["msg"] for finding in findings(document, "ApiKey")] == [f"Value error, {NO_SUCH_DAY}"]


@pytest.mark.parametrize("text", GUESSED)
def test_a_password_that_is_easily_guessed_is_refused_by_the_model_alone(text: str) -> None:
    """A schema takes no logarithm."""
    document = yaml.safe_load(text)
    assert schema_accepts(document, "manifest.schema.json")
    [finding] = findings(document, "User")
    assert ENTROPY in finding["msg"]


@pytest.mark.parametrize("text", YAML)
def test_what_is_wrong_with_the_yaml_is_refused_by_the_reader_alone(text: str) -> None:
    """A schema sees what a parser made of the text."""
    assert schema_accepts(yaml.safe_load(text), "manifest.schema.json")
    assert any(isinstance(found, Problem) for found in read_documents(text.encode(), file="a.yaml"))


@pytest.mark.parametrize("text", [text for texts in LATER.values() for text in texts])
def test_what_needs_more_than_the_document_is_left_to_later_stages(text: str) -> None:
    """Other documents, the bindings, the secrets' sources: neither schema nor model can know them."""
    for document in yaml.safe_load_all(text):
        assert schema_accepts(document, "manifest.schema.json")
        assert findings(document, document["kind"]) == []
