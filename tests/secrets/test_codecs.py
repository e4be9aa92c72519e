"""What is stored of a password and of a key, and when two of them match."""

from __future__ import annotations

import pickle
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.core.secret import Secret, StoredSecret
from provision.secrets.codecs import CODECS
from provision.secrets.codecs.password import MAX_BCRYPT_BYTES
from provision.settings import FieldBinding

BCRYPT, SHA256 = CODECS["bcrypt"], CODECS["sha256"]
CHEAP = FieldBinding(rounds=4)
printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=20, max_size=60)
passwords = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=18)


@given(password=passwords, other=passwords)
@settings(max_examples=15)
def test_a_password_that_is_accepted_is_hashed_and_verified(password: str, other: str) -> None:
    assert BCRYPT.complaint(Secret(password)) is None
    stored = BCRYPT.store(Secret(password), CHEAP).reveal()
    assert BCRYPT.matches(Secret(password), stored) is True
    assert BCRYPT.matches(Secret(other), stored) is (other == password)


def test_the_cost_of_a_hash_is_the_bindings() -> None:
    assert BCRYPT.store(Secret("x"), CHEAP).reveal().startswith("$2b$04$")
    assert BCRYPT.store(Secret("x"), FieldBinding()).reveal().startswith("$2b$12$")


@pytest.mark.parametrize(
    ("password", "what"),
    [
        ("", "is empty"),
        ("a\0", "holds a NUL byte"),
        ("\0", "holds a NUL byte"),
        ("a" * (MAX_BCRYPT_BYTES + 1), "has 73 bytes, and bcrypt takes 72"),
        ("🦊" * 19, "has 76 bytes, and bcrypt takes 72"),
        ("\ud800", "is not valid Unicode"),
    ],
)
def test_what_bcrypt_cannot_take_is_complained_about(password: str, what: str) -> None:
    complaint = BCRYPT.complaint(Secret(password))
    assert complaint is not None
    assert complaint[0] == what
    assert complaint[1]


@pytest.mark.parametrize("stored", ["pbkdf2_sha256$1$a$b", "plain", "$2b$04$short", "!", "*"])
def test_a_hash_of_a_form_that_nobody_here_knows_is_neither_a_match_nor_a_mismatch(stored: str) -> None:
    assert BCRYPT.matches(Secret("x"), stored) is None


@given(key=printable, other=printable)
def test_a_key_matches_its_own_digest_alone(key: str, other: str) -> None:
    assert SHA256.complaint(Secret(key)) is None
    stored = SHA256.store(Secret(key), CHEAP)
    assert stored.reveal() == sha256(key.encode()).hexdigest()
    assert stored.last_four == key[-4:]
    assert SHA256.matches(Secret(key), stored.reveal()) is True
    assert SHA256.matches(Secret(other), stored.reveal()) is (other == key)


@pytest.mark.parametrize("stored", ["", "ä", "x" * 64, "A" * 64])
def test_any_stored_text_can_be_compared_with_a_key(stored: str) -> None:
    assert SHA256.matches(Secret("k" * 20), stored) is False


def test_the_prefix_of_a_key_is_short_enough_for_a_column() -> None:
    def prefix(key: str) -> str | None:
        return SHA256.store(Secret(key), CHEAP).prefix

    assert prefix("acme_" + "x" * 30) == "acme"
    assert prefix("sk-live_" + "x" * 30) == "sk-live"
    assert prefix("a" * 17 + "_" + "x" * 30) is None
    assert prefix("_" + "x" * 30) is None
    assert prefix("x" * 30) is None


@pytest.mark.parametrize("secret", [Secret("hunter2"), StoredSecret("hunter2", prefix="acme", last_four="abcd")])
def test_a_secret_shows_itself_to_nobody(secret: Secret | StoredSecret) -> None:
    for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert "hunter2" not in text
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret != Secret("hunter2")
