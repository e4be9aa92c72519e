"""What we make ourselves: keys in GitHub's form, and passwords of an alphabet, each character as likely as any."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.key_form import BASE62, inspect_key
from provision.core.secret import Secret
from provision.secrets.codecs import CODECS
from provision.secrets.mint import mint_key, mint_password
from provision.settings import FieldBinding

# Chi-squared of the 99.9999 % quantile for 61 and 93 degrees of freedom is 134 and 181.
FAR = 200


def test_a_key_has_its_prefix_and_a_right_checksum() -> None:
    key = mint_key("acme_live").reveal()
    assert inspect_key(key).prefix == "acme_live"
    assert len(key) == len("acme_live_") + 36


def test_no_two_keys_are_the_same() -> None:
    assert len({mint_key("acme").reveal() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("alphabet", [BASE62, "".join(map(chr, range(33, 127))), "0123456789abcdef"])
def test_every_character_is_as_likely_as_any_other(alphabet: str) -> None:
    """Remainders of bytes without rejection would make the first 8 of 62 a quarter likelier."""
    counts = Counter("".join(mint_password(72, alphabet).reveal() for _ in range(2_000)))
    expected = 72 * 2_000 / len(alphabet)
    assert sum((counts[character] - expected) ** 2 / expected for character in alphabet) < FAR


@given(length=st.integers(1, 72), alphabet=st.text("".join(map(chr, range(33, 127))), min_size=2).map(set))
def test_a_password_has_its_length_and_is_of_its_alphabet(length: int, alphabet: set[str]) -> None:
    if len(alphabet) < 2:
        return
    password = mint_password(length, "".join(sorted(alphabet))).reveal()
    assert len(password) == length
    assert set(password) <= alphabet


@pytest.mark.parametrize("prefix", ["", "acme_", "a b", "a" * 17])
def test_a_key_is_not_made_with_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix of a key"):
        mint_key(prefix)


@pytest.mark.parametrize("alphabet", ["", "a", "aa", "abca", "abä"])
def test_a_password_is_not_made_of_what_is_no_alphabet(alphabet: str) -> None:
    with pytest.raises(ValueError, match="not an alphabet"):
        mint_password(24, alphabet)


def test_what_was_made_is_not_shown() -> None:
    assert repr([mint_key("acme"), mint_password(24, BASE62)]) == "[(sensitive), (sensitive)]"


def test_a_minted_key_is_stored_with_its_whole_prefix_for_people() -> None:
    key = mint_key("acme_live")
    stored = CODECS["sha256"].store(key, FieldBinding())
    assert CODECS["sha256"].complaint(key) is None
    assert (stored.prefix, stored.last_four) == ("acme_live", key.reveal()[-4:])


def test_a_key_of_another_make_is_still_known_by_what_precedes_its_first_underscore() -> None:
    secret = mint_key("acme_live").reveal()[:-1]
    stored = CODECS["sha256"].store(Secret(secret), FieldBinding())
    assert stored.prefix == "acme"
