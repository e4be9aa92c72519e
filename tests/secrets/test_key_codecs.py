"""Keys with a pepper, and secrets in plain text."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.secret import Secret
from provision.secrets.codecs import CODECS, UnequippedError
from provision.settings import FieldBinding

PEPPER = "0123456789abcdef"
HMAC, PLAINTEXT = CODECS["hmac_sha256"].equipped({"PROVISION_KEY_PEPPER": PEPPER}), CODECS["plaintext"]
NOTHING = FieldBinding()
keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=20, max_size=60)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(key=keys, other=keys)
def test_a_key_matches_its_own_hmac_alone(key: str, other: str) -> None:
    assert HMAC.complaint(Secret(key)) is None
    stored = HMAC.store(Secret(key), NOTHING)
    assert stored.reveal() == hmac.new(PEPPER.encode(), key.encode(), sha256).hexdigest()
    assert stored.last_four == key[-4:]
    assert HMAC.matches(Secret(key), stored.reveal()) is True
    assert HMAC.matches(Secret(other), stored.reveal()) is (other == key)


def test_it_is_the_hmac_of_rfc_4231() -> None:
    """Its test case 1."""
    codec = CODECS["hmac_sha256"].equipped({"PROVISION_KEY_PEPPER": "\x0b" * 20})
    assert codec.store(Secret("Hi There"), NOTHING).reveal() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )


def test_another_pepper_is_another_digest() -> None:
    stored = HMAC.store(Secret("k" * 20), NOTHING).reveal()
    other = CODECS["hmac_sha256"].equipped({"PROVISION_KEY_PEPPER": PEPPER + "x"})
    assert other.matches(Secret("k" * 20), stored) is False
    assert CODECS["sha256"].matches(Secret("k" * 20), stored) is False


def test_a_pepper_that_is_not_utf_8_counts_by_its_bytes() -> None:
    """Python gives its bytes as lone surrogates."""
    codec = CODECS["hmac_sha256"].equipped({"PROVISION_KEY_PEPPER": "\udcff" * 16})
    assert codec.store(Secret("k" * 20), NOTHING).reveal() == hmac.new(b"\xff" * 16, b"k" * 20, sha256).hexdigest()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "hmac_sha256 needs the environment variable PROVISION_KEY_PEPPER"),
        ({"PROVISION_KEY_PEPPER": ""}, "hmac_sha256 needs the environment variable PROVISION_KEY_PEPPER"),
        ({"PROVISION_KEY_PEPPER": PEPPER[1:]}, "the pepper in PROVISION_KEY_PEPPER has fewer than 16 bytes"),
    ],
)
def test_a_pepper_that_is_missing_or_short_is_said_without_it(environ: dict[str, str], message: str) -> None:
    with pytest.raises(UnequippedError) as caught:
        CODECS["hmac_sha256"].equipped(environ)
    assert caught.value.message == message
    assert caught.value.hint == ("export it as the application has it, 16 bytes or more: openssl rand -hex 32")
    assert PEPPER[1:] not in repr(caught.value)


def test_without_a_pepper_nothing_is_hashed() -> None:
    with pytest.raises(UnequippedError):
        CODECS["hmac_sha256"].store(Secret("k" * 20), NOTHING)
    with pytest.raises(UnequippedError):
        CODECS["hmac_sha256"].matches(Secret("k" * 20), "0" * 64)


def test_a_pepper_shows_itself_to_nobody() -> None:
    assert PEPPER not in repr(HMAC) + str(vars(HMAC))


@pytest.mark.parametrize("codec", ["sha256", "hmac_sha256"])
def test_a_key_of_more_than_4096_characters_is_refused(codec: str) -> None:
    assert CODECS[codec].complaint(Secret("k" * 4096)) is None
    assert CODECS[codec].complaint(Secret("k" * 4097)) == (
        "has 4097 characters, and 4096 are the most",
        "a key is short and random",
    )


@given(text=texts, other=texts)
def test_plaintext_is_the_secret_and_matches_it_alone(text: str, other: str) -> None:
    assert PLAINTEXT.complaint(Secret(text)) is None
    stored = PLAINTEXT.store(Secret(text), NOTHING)
    assert stored.reveal() == text
    assert repr(stored) == str(stored) == "(sensitive)"
    assert PLAINTEXT.matches(Secret(text), stored.reveal()) is True
    assert PLAINTEXT.matches(Secret(other), stored.reveal()) is (other == text)


def test_pieces_of_a_plain_key_are_made_for_columns_alone() -> None:
    binding = FieldBinding(prefix="key_prefix", last_four="key_end")
    stored = PLAINTEXT.store(Secret("acme_abcdefgh"), binding)
    assert (stored.prefix, stored.last_four) == ("acme", "efgh")
    stored = PLAINTEXT.store(Secret("acme_abcdefgh"), NOTHING)
    assert (stored.prefix, stored.last_four) == (None, None)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("a\0", "holds a NUL byte"),
        ("\ud800", "is not valid Unicode"),
        ("x" * 4097, "has 4097 bytes, and plaintext takes 4096"),
    ],
)
def test_what_is_no_text_is_not_stored_in_plain_either(text: str, what: str) -> None:
    complaint = PLAINTEXT.complaint(Secret(text))
    assert complaint is not None
    assert complaint[0] == what
