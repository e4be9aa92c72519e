"""Hashes in other forms than the codec's own, which the binding says that the application verifies."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from provision.errors import Position
from provision.kinds.hash_forms import HASH_PATTERNS, hash_meaning, hash_pattern, not_accepted
from provision.kinds.secret_rules import ROUNDS
from provision.kinds.secret_spec import SECRET_SPECS, SecretSpec, secret_spec
from provision.manifest.document import Document
from provision.manifest.draft07 import draft07
from provision.manifest.explain import explain
from provision.manifest.yaml_reader import read_documents
from provision.settings import FieldBinding
from tests.kinds.verdicts import as_ecmascript
from tests.secrets.vectors import ALL, VECTORS


def bound(codec: str, *accepts: str) -> type[SecretSpec]:
    return secret_spec(FieldBinding.model_validate({"secret": codec, "accepts": list(accepts)}))


def accepts(spec: type[SecretSpec], declared: Any) -> bool:
    try:
        spec.model_validate(declared)
    except ValidationError:
        return False
    return True


def problem(spec: type[SecretSpec], text: str) -> str:
    """What `provision validate` says of a secret."""
    [document] = read_documents(text.encode(), file="a.yaml")
    assert isinstance(document, Document)
    with pytest.raises(ValidationError) as caught:
        spec.model_validate(document.data)
    [found] = explain(caught.value, document, spec)
    assert found.position == Position(file="a.yaml", line=1, column=7)
    return f"{found.path}: {found.message}. Hint: {found.hint}"


def test_a_pattern_is_known_for_each_codec_of_passwords() -> None:
    assert HASH_PATTERNS.keys() == ROUNDS.keys()


@pytest.mark.parametrize("codecs", [*combinations(HASH_PATTERNS, 2), tuple(HASH_PATTERNS)])
def test_a_field_takes_the_hashes_of_its_codec_and_of_those_that_it_accepts_alone(codecs: tuple[str, ...]) -> None:
    spec = bound(*codecs)
    schema = Draft7Validator(as_ecmascript(TypeAdapter(spec).json_schema()))
    for codec, stored in ALL:
        assert accepts(spec, {"hash": stored}) is (codec in codecs)
        assert schema.is_valid({"hash": stored}) is (codec in codecs)
        if codec in codecs:
            given = spec.model_validate({"hash": stored}).given()
            assert given is not None
            assert given.reveal() == stored


@given(data=st.data())
def test_a_spoilt_hash_means_the_same_to_the_model_and_the_schema(data: st.DataObject) -> None:
    spec = bound("bcrypt", "argon2", "django")
    schema = Draft7Validator(as_ecmascript(TypeAdapter(spec).json_schema()))
    stored = data.draw(st.sampled_from([stored for _, stored in ALL]))
    at = data.draw(st.integers(0, len(stored)))
    spoilt = stored[:at] + data.draw(st.sampled_from([*'$|^()",=09aZ\n', "", "$$"])) + stored[at + 1 :]
    assert accepts(spec, {"hash": spoilt}) is schema.is_valid({"hash": spoilt})


def test_the_order_of_the_forms_makes_no_other_model() -> None:
    """So that the schemas of two kinds have one definition for the same thing."""
    assert bound("bcrypt", "argon2", "pbkdf2") is bound("bcrypt", "pbkdf2", "argon2")
    assert bound("bcrypt") is SECRET_SPECS["bcrypt"]
    names = [bound("bcrypt", other).__name__ for other in ROUNDS if other != "bcrypt"]
    assert names[0] == "Argon2BcryptOrPasswordSpec"
    assert len({*names, *(spec.__name__ for spec in SECRET_SPECS.values())}) == len(names) + 8


def test_the_rest_of_a_password_is_as_before() -> None:
    spec = bound("bcrypt", "argon2").model_validate({"from": {"env": "X"}, "update": "always", "version": "2"})
    assert spec.rule().version == "2"
    assert not accepts(bound("bcrypt", "argon2"), {"hash": VECTORS["bcrypt"][0], "generate": {}})


def test_a_known_form_that_is_not_accepted_is_said_with_what_to_add() -> None:
    argon2, bcrypt, django, unknown = VECTORS["argon2"][0], VECTORS["bcrypt"][0], VECTORS["django"][0], "$6$x"
    said = "which provision.toml does not say this application takes. Hint: add"
    rest = "if it does, or give a hash that it takes"
    assert problem(bound("bcrypt"), f"hash: {argon2}") == (
        f'hash: an argon2 hash, {said} accepts = ["argon2"] to its field {rest}'
    )
    assert (
        problem(bound("argon2", "scrypt"), f"hash: {bcrypt}")
        == f'hash: a bcrypt hash, {said} "bcrypt" to accepts {rest}'
    )
    assert problem(bound("bcrypt"), f"hash: {django}").startswith(f"hash: a password hash of Django, {said} ")
    assert problem(bound("bcrypt"), f"hash: {unknown}").startswith("hash: not a bcrypt hash. Hint: ")
    assert problem(bound("pbkdf2", "bcrypt", "argon2"), f"hash: {unknown}") == (
        "hash: not a bcrypt hash, an argon2 hash or a pbkdf2 hash."
        " Hint: provision hash-password makes one; its --codec: bcrypt, argon2, pbkdf2"
    )


def test_no_message_repeats_the_hash() -> None:
    for codec, stored in ALL:
        for other in ROUNDS:
            said = not_accepted(hash_pattern([other]), stored)
            assert (said is None) is False or codec == other
            assert stored not in str(said)


def test_what_is_no_pattern_of_hashes_is_not_explained_here() -> None:
    assert hash_meaning("^x$") is None
    assert not_accepted("^x$", VECTORS["bcrypt"][0]) is None
    assert not_accepted(hash_pattern(["bcrypt"]), 7) is None


@pytest.mark.parametrize("codecs", [("bcrypt",), ("bcrypt", "argon2"), tuple(HASH_PATTERNS)])
def test_an_editor_is_told_the_same(codecs: tuple[str, ...]) -> None:
    schema = draft07({"type": "string", "pattern": hash_pattern(codecs)})
    meaning = hash_meaning(hash_pattern(codecs))
    assert meaning is not None
    assert schema["patternErrorMessage"] == "{}. Hint: {}".format(*meaning)


@pytest.mark.parametrize("others", [(), ("argon2",)])
def test_a_password_written_in_clear_is_told_how_to_write_it(others: tuple[str, ...]) -> None:
    [document] = read_documents(b"hash: x", file="a.yaml")
    assert isinstance(document, Document)
    with pytest.raises(ValidationError) as caught:
        bound("bcrypt", *others).model_validate("hunter2")
    [found] = explain(caught.value, document, bound("bcrypt", *others))
    assert found.hint == "a password never stands in a manifest: write from: {env: NAME}, or hash: …"
