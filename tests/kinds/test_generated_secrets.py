"""Secrets that we make: what a manifest may ask for, what is said when it may not, and what the diff sees of them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from provision.core.state import SecretUpdate
from provision.kinds.secret_generate import ALPHABETS, KeyGenerateSpec, PasswordGenerateSpec
from provision.kinds.secret_rules import ROUNDS
from provision.kinds.secret_spec import SECRET_SPECS, PasswordSpec, SecretSpec
from provision.manifest.explain import words
from provision.secrets.codecs import CODECS
from provision.secrets.mint import mint_password

PASSWORDS = [*ROUNDS, "plaintext"]
KEYS = ["sha256", "hmac_sha256"]


def refused(spec: type[SecretSpec], declared: Any) -> tuple[str, str]:
    """The message and the hint that `provision validate` shows."""
    with pytest.raises(ValidationError) as caught:
        spec.model_validate(declared)
    [finding] = caught.value.errors(include_input=False, include_url=False)
    return words(finding)


@pytest.mark.parametrize("codec", PASSWORDS)
def test_a_password_is_generated_with_24_letters_and_digits_unless_it_says_otherwise(codec: str) -> None:
    made = SECRET_SPECS[codec].model_validate({"generate": {}})
    assert made.given() is None
    wanted = made.generated()
    assert isinstance(wanted, PasswordGenerateSpec)
    assert (wanted.length, len(wanted.characters())) == (24, 62)


@pytest.mark.parametrize("codec", PASSWORDS)
@pytest.mark.parametrize(
    ("asked", "characters"),
    [
        ({"alphabet": "hex", "length": 20}, "0123456789abcdef"),
        ({"alphabet": "printable"}, "".join(map(chr, range(33, 127)))),
        ({"alphabet": "abcd", "length": 40}, "abcd"),
        ({"alphabet": "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", "length": 16}, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
    ],
)
def test_a_password_has_the_alphabet_and_length_that_were_asked_for_and_its_codec_takes_it(
    codec: str, asked: dict[str, Any], characters: str
) -> None:
    wanted = SECRET_SPECS[codec].model_validate({"generate": asked}).generated()
    assert isinstance(wanted, PasswordGenerateSpec)
    assert wanted.characters() == characters
    assert CODECS[codec].complaint(mint_password(wanted.length, wanted.characters())) is None


@pytest.mark.parametrize("codec", KEYS)
def test_a_key_is_generated_with_its_prefix_and_nothing_is_compared_later(codec: str) -> None:
    made = SECRET_SPECS[codec].model_validate({"generate": {"prefix": "acme_live"}})
    assert made.generated() == KeyGenerateSpec(prefix="acme_live")
    assert made.given() is None
    assert made.rule().update is SecretUpdate.ON_CREATE
    assert SECRET_SPECS[codec].model_validate({"from": {"env": "KEY"}}).rule().update is SecretUpdate.ALWAYS
    assert SECRET_SPECS[codec].model_validate({"hash": "0" * 64}).rule().update is SecretUpdate.ALWAYS


@pytest.mark.parametrize("codec", SECRET_SPECS)
def test_what_comes_from_a_source_is_not_generated(codec: str) -> None:
    assert SECRET_SPECS[codec].model_validate({"from": {"env": "X"}}).generated() is None


@pytest.mark.parametrize("codec", PASSWORDS)
def test_a_generated_password_is_set_once_and_once_more_with_another_version(codec: str) -> None:
    for more in ({}, {"update": "on_create"}):
        rule = SECRET_SPECS[codec].model_validate({"generate": {}, "version": "2"} | more).rule()
        assert (rule.update, rule.version) == (SecretUpdate.ON_CREATE, "2")


@pytest.mark.parametrize("codec", PASSWORDS)
def test_a_generated_password_cannot_be_kept_as_declared(codec: str) -> None:
    assert refused(SECRET_SPECS[codec], {"generate": {}, "update": "always"}) == (
        "what is generated is set once, and update: always would keep a value that nobody has",
        "leave update out; raise version to have a new one",
    )


@pytest.mark.parametrize(
    ("asked", "bits"),
    [
        ({"alphabet": "hex", "length": 19}, "a password of 19 such characters has 76 bits of entropy"),
        ({"alphabet": "abcd"}, "a password of 24 such characters has 48 bits of entropy"),
        ({"alphabet": "0123456789"}, "a password of 24 such characters has 79 bits of entropy"),
        ({"alphabet": "x", "length": 72}, "a password of 72 such characters has 0 bits of entropy"),
    ],
)
def test_too_little_entropy_is_refused_with_how_much_it_is(asked: dict[str, Any], bits: str) -> None:
    hint = "80 are the least: raise length, or widen alphabet"
    assert refused(PasswordSpec, {"generate": asked}) == (bits, hint)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"alphabet": "abca"}, "holds a character twice"),
        ({"alphabet": "a b"}, "not an alphabet"),
        ({"alphabet": "letters"}, "holds a character twice"),
    ],
)
def test_what_is_no_alphabet_is_refused_with_a_hint(asked: dict[str, Any], message: str) -> None:
    found, hint = refused(PasswordSpec, {"generate": asked})
    assert found == message
    assert hint


def test_exactly_one_way_to_a_secret_is_taken() -> None:
    message = "needs exactly one of: from, hash, generate"
    assert refused(PasswordSpec, {}) == (message, "write from or hash or generate")
    assert refused(PasswordSpec, {"from": {"env": "X"}, "generate": {}})[0] == message


@pytest.mark.parametrize("codec", ROUNDS)
def test_only_what_is_read_and_kept_as_declared_is_hashed_anew(codec: str) -> None:
    source = {"from": {"env": "X"}}
    spec = SECRET_SPECS[codec]
    assert spec.model_validate(source | {"update": "always", "rehash": True}).rehashes() is True
    assert spec.model_validate(source | {"update": "always"}).rehashes() is False
    message, hint = refused(spec, source | {"rehash": True})
    assert message == "rehash belongs beside from and update: always"
    assert hint == "only a password that is read, and kept as declared, can be hashed anew"


def test_no_named_alphabet_holds_a_space_or_a_character_twice() -> None:
    for characters in ALPHABETS.values():
        assert len(set(characters)) == len(characters)
        assert all("!" <= character <= "~" for character in characters)
