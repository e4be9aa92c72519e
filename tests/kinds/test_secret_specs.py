"""What a manifest writes for a secret, by the codec that it is bound to."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from provision.core.state import SecretUpdate
from provision.kinds import hash_text
from provision.kinds.secret_spec import SECRET_SPECS, SecretSpec
from provision.kinds.text import MEANINGS
from provision.manifest.explain import SECRETS
from provision.settings.binding import Codec
from tests.kinds.verdicts import as_ecmascript
from tests.secrets.vectors import ALL, UNUSABLE, VECTORS

PATTERNS = {
    "bcrypt": hash_text.BCRYPT_PATTERN,
    "argon2": hash_text.ARGON2_PATTERN,
    "scrypt": hash_text.SCRYPT_PATTERN,
    "pbkdf2": hash_text.PBKDF2_PATTERN,
    "django": hash_text.DJANGO_PATTERN,
    "werkzeug": hash_text.WERKZEUG_PATTERN,
    "sha256": hash_text.SHA256_PATTERN,
    "hmac_sha256": hash_text.SHA256_PATTERN,
}
FROM = {"from": {"env": "SECRET"}}
SCHEMAS = {
    codec: Draft7Validator(as_ecmascript(TypeAdapter(spec).json_schema())) for codec, spec in SECRET_SPECS.items()
}


def accepts(spec: type[SecretSpec], declared: Any) -> bool:
    try:
        spec.model_validate(declared)
    except ValidationError:
        return False
    return True


def test_every_codec_has_a_spec_and_every_spec_a_name_and_words_of_its_own() -> None:
    assert SECRET_SPECS.keys() == set(get_args(Codec))
    names = {spec.__name__ for spec in SECRET_SPECS.values()}
    assert len(names) == len(set(SECRET_SPECS.values()))
    assert SECRETS.keys() == names
    assert MEANINGS.keys() >= set(PATTERNS.values())


@pytest.mark.parametrize("codec", SECRET_SPECS)
def test_every_secret_may_come_from_a_source_and_from_one_alone(codec: str) -> None:
    for declared, right in ((FROM, True), ({}, False), ("hunter2", False), ({"from": "hunter2"}, False)):
        assert accepts(SECRET_SPECS[codec], declared) is right
        assert SCHEMAS[codec].is_valid(declared) is right
    both = FROM | {"hash": VECTORS.get(codec, ("0" * 64,))[0]}
    assert not accepts(SECRET_SPECS[codec], both)
    assert not SCHEMAS[codec].is_valid(both)


@pytest.mark.parametrize(("codec", "stored"), ALL)
def test_a_hash_of_the_real_library_is_taken_by_its_own_spec_alone(codec: str, stored: str) -> None:
    for name, spec in SECRET_SPECS.items():
        assert accepts(spec, {"hash": stored}) is (name == codec), name
        assert SCHEMAS[name].is_valid({"hash": stored}) is (name == codec), name


@pytest.mark.parametrize("codec", PATTERNS)
@given(data=st.data())
def test_a_pattern_means_the_same_to_pydantic_and_in_a_schema(codec: str, data: st.DataObject) -> None:
    """A character of a right hash is changed, removed or added."""
    stored = data.draw(st.sampled_from(VECTORS.get(codec, ("0123456789abcdef" * 4,))))
    start = data.draw(st.integers(0, len(stored)))
    end = data.draw(st.integers(start, min(start + 1, len(stored))))
    changed = (
        stored[:start] + data.draw(st.sampled_from([*'!"$.,:=+/-09afzAFZé\n\0 ', "", "00", "$$"])) + stored[end:]
    )
    adapter: TypeAdapter[Any] = TypeAdapter(SECRET_SPECS[codec])
    assert accepts(SECRET_SPECS[codec], {"hash": changed}) is SCHEMAS[codec].is_valid({"hash": changed})
    assert SCHEMAS[codec].is_valid({"hash": changed}) is (re.fullmatch(PATTERNS[codec][1:-1], changed) is not None)
    assert adapter.json_schema()["properties"]["hash"]["pattern"] == PATTERNS[codec]


def test_an_unusable_password_is_no_hash() -> None:
    assert not accepts(SECRET_SPECS["django"], {"hash": UNUSABLE})


@pytest.mark.parametrize("codec", [name for name in PATTERNS if not name.endswith("sha256")])
def test_a_password_is_set_at_creation_unless_it_says_otherwise(codec: str) -> None:
    spec = SECRET_SPECS[codec]
    assert spec.model_validate(FROM).rule().update is SecretUpdate.ON_CREATE
    rule = spec.model_validate(FROM | {"update": "always", "version": "2"}).rule()
    assert (rule.update, rule.version) == (SecretUpdate.ALWAYS, "2")


def test_a_secret_in_plain_text_is_kept_as_declared_unless_it_says_otherwise() -> None:
    spec = SECRET_SPECS["plaintext"]
    assert spec.model_validate(FROM).rule().update is SecretUpdate.ALWAYS
    assert spec.model_validate(FROM | {"update": "on_create"}).rule().update is SecretUpdate.ON_CREATE
    assert spec.model_validate(FROM).given() is None
    assert "hash" not in spec.model_fields
