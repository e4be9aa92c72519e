"""What a manifest says of delivery: the models and their schemas agree, and every refusal tells what to write."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from provision.kinds import delivery_text
from provision.kinds.delivery_spec import Deliveries, DeliverySpec
from provision.manifest.draft07 import draft07
from provision.manifest.explain import words
from tests.kinds.verdicts import as_ecmascript
from tests.project import REPOSITORY

ADAPTER: TypeAdapter[list[DeliverySpec]] = TypeAdapter(Deliveries)
SCHEMA = Draft7Validator(as_ecmascript(draft07(ADAPTER.json_schema(ref_template="#/definitions/{model}"))))
AGE = "age1pglhs4uykmh5wgr303ud3lkzwcp2ap6q05cnga0qgempy256d9nsag5h8c"
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@rosa"
RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== bob"
RIGHT: list[dict[str, Any]] = [
    {"file": {"path": "secrets/ci.key"}},
    {"file": {"path": "ci.env", "format": "env", "name": "ACME_TOKEN"}},
    {"file": {"path": "ci.json", "format": "json", "name": "acme token"}},
    {"age_file": {"path": "ci.age", "recipients": [AGE, ED25519, RSA], "armor": False}},
    {"kubernetes_secret": {"path": "k8s/ci.yaml", "name": "acme-ci.prod", "namespace": "default", "key": ".npmrc"}},
    {"kubernetes_secret": {"path": "ci.yaml", "name": "1", "key": "a..b"}},
    {"command": ["vault", "kv", "put", "secret/ci", "token=-"]},
    {"github_output": {"name": "acme_token"}},
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "needs exactly one of"),
    (RIGHT[0] | RIGHT[7], "needs exactly one of"),
    ({"file": {"path": ""}}, "must not be empty"),
    ({"file": {"path": "a\nb"}}, "not a file's path"),
    ({"file": {"path": "a", "name": "A"}}, "name belongs beside"),
    ({"file": {"path": "a", "format": "raw", "name": "A"}}, "name belongs beside"),
    ({"file": {"path": "a", "format": "env"}}, "format: env needs a name"),
    ({"file": {"path": "a", "format": "json"}}, "format: json needs a name"),
    ({"file": {"path": "a", "format": "toml", "name": "A"}}, "must be 'raw', 'env' or 'json'"),
    ({"file": {"path": "a", "format": "env", "name": "1A"}}, "not the name of an environment variable"),
    ({"file": {"path": "a", "format": "env", "name": "A\n"}}, "not the name of an entry"),
    ({"file": {"path": "a", "format": "json", "name": ""}}, "not the name of an entry"),
    ({"age_file": {"path": "a", "recipients": []}}, "must not be empty"),
    ({"age_file": {"path": "a", "recipients": [AGE, AGE]}}, "holds the same item twice"),
    ({"age_file": {"path": "a", "recipients": [AGE + "q"]}}, "not a public key"),
    ({"age_file": {"path": "a", "recipients": ["AGE-SECRET-KEY-1QQQ"]}}, "not a public key"),
    ({"age_file": {"path": "a", "recipients": ["ssh-dss AAAAB3NzaC1kc3MAAACB"]}}, "not a public key"),
    ({"age_file": {"path": "a", "recipients": [ED25519 + "\n" + AGE]}}, "not a public key"),
    ({"kubernetes_secret": {"path": "a", "name": "Acme", "key": "k"}}, "not the name of a Kubernetes object"),
    ({"kubernetes_secret": {"path": "a", "name": "a.-b", "key": "k"}}, "not the name of a Kubernetes object"),
    ({"kubernetes_secret": {"path": "a", "name": "a" * 254, "key": "k"}}, "is longer than 253"),
    (
        {"kubernetes_secret": {"path": "a", "name": "a", "namespace": "a.b", "key": "k"}},
        "not the name of a Kubernetes n",
    ),
    ({"kubernetes_secret": {"path": "a", "name": "a", "key": "..k"}}, "not a key of a Kubernetes"),
    ({"kubernetes_secret": {"path": "a", "name": "a", "key": "."}}, "not a key of a Kubernetes"),
    ({"command": []}, "must not be empty"),
    ({"command": ["vault", ""]}, "not an argument"),
    ({"command": ["vault", "a\0"]}, "not an argument"),
    ({"command": "vault kv put"}, "must be a list"),
    ({"github_output": {"name": "a b"}}, "not the name of an output"),
    ({"github_output": {"name": "a<<EOF"}}, "not the name of an output"),
]
PATTERNS = {
    delivery_text.KUBERNETES_LABEL_PATTERN: "acme-ci",
    delivery_text.KUBERNETES_NAME_PATTERN: "acme-ci.prod",
    delivery_text.KUBERNETES_KEY_PATTERN: ".a_b-c..d",
    delivery_text.RECIPIENT_PATTERN: ED25519,
    delivery_text.OUTPUT_PATTERN: "acme_token",
    delivery_text.ARGUMENT_PATTERN: "token=-",
    delivery_text.ENTRY_PATTERN: "acme token",
}


def findings(items: Any) -> list[tuple[str, str]]:
    """What the model finds wrong, with the hints that people read."""
    try:
        ADAPTER.validate_python(items)
    except ValidationError as error:
        return [words(item) for item in error.errors(include_url=False)]
    return []


@pytest.mark.parametrize("item", RIGHT, ids=str)
def test_every_sink_is_declared_as_the_guide_shows(item: dict[str, Any]) -> None:
    assert findings([item]) == []
    assert SCHEMA.is_valid([item])
    [spec] = ADAPTER.validate_python([item])
    assert [spec.sink()] == list(item)


@pytest.mark.parametrize(("item", "message"), WRONG, ids=str)
def test_a_wrong_declaration_is_refused_by_both_with_a_hint(item: dict[str, Any], message: str) -> None:
    found = findings([item])
    assert found
    assert found[0][0].startswith(message)
    assert all(hint for _, hint in found)
    assert not SCHEMA.is_valid([item])


def test_a_list_without_items_is_refused_by_both() -> None:
    assert findings([]) == [("must not be empty", "write at least one item")]
    assert not SCHEMA.is_valid([])


def test_every_list_in_the_guide_is_right() -> None:
    guide = (REPOSITORY / "docs" / "guides" / "delivery.md").read_text(encoding="utf-8")
    lists = [yaml.safe_load(block)["deliver_to"] for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)]
    assert [findings(items) for items in lists] == [[]] * len(lists)
    assert {name for items in lists for item in items for name in item} == set(DeliverySpec.choices)


def test_what_is_left_out_has_the_safe_default() -> None:
    [file, age] = ADAPTER.validate_python([RIGHT[0], {"age_file": {"path": "a", "recipients": [AGE]}}])
    assert (file.file.format, age.age_file.armor) == ("raw", True)


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_pattern_means_the_same_to_pydantic_to_editors_and_to_python(pattern: str, data: st.DataObject) -> None:
    right = PATTERNS[pattern]
    start = data.draw(st.integers(0, len(right)))
    end = data.draw(st.integers(start, min(start + 2, len(right))))
    inserted = data.draw(st.sampled_from([*".-_/+= \n\0\x7f\x85aAé0", "", "..", "\u2028"]))
    changed = right[:start] + inserted + right[end:]
    adapter: TypeAdapter[str] = TypeAdapter(
        next(kind for kind in vars(delivery_text).values() if _pattern(kind) == pattern)
    )
    try:
        adapter.validate_python(changed)
        accepted = True
    except ValidationError:
        accepted = False
    assert accepted is (re.fullmatch(pattern.removeprefix("^").removesuffix("$"), changed) is not None)
    assert Draft7Validator(as_ecmascript(adapter.json_schema())).is_valid(changed) is accepted


def _pattern(kind: object) -> str | None:
    return next((item.pattern for item in getattr(kind, "__metadata__", ()) if hasattr(item, "pattern")), None)
