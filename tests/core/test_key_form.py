"""A key's form is checked offline, and what is wrong is said without repeating any of it."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provision.core.key_form import BASE62, checksum, inspect_key, is_prefix

RANDOM = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"
KEY = f"acme_{RANDOM}0mLq17"
randoms = st.text(BASE62, min_size=30, max_size=30)
prefixes = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,4}(_[A-Za-z0-9]{1,4}){0,2}", fullmatch=True)


def test_the_checksum_is_that_of_github() -> None:
    """The vector of GitHub's own, computed once more."""
    assert checksum(RANDOM) == "0mLq17"


@given(random=randoms)
def test_the_checksum_is_the_crc32_in_six_digits_of_base_62(random: str) -> None:
    digits = checksum(random)
    assert len(digits) == 6
    assert sum(BASE62.index(digit) * 62**place for place, digit in enumerate(reversed(digits))) == crc32(
        random.encode()
    )


@given(prefix=prefixes, random=randoms)
def test_a_key_is_right_and_has_its_whole_prefix(prefix: str, random: str) -> None:
    found = inspect_key(f"{prefix}_{random}{checksum(random)}")
    assert (found.prefix, found.is_right, found.complaint, found.hint) == (prefix, True, "", "")


@given(random=randoms, at=st.integers(0, 35), other=st.sampled_from(BASE62))
def test_one_changed_character_is_always_found(random: str, at: int, other: str) -> None:
    """A CRC tells every change of up to 32 bits in a row, of which a character is eight."""
    body = random + checksum(random)
    assume(body[at] != other)
    found = inspect_key(f"acme_{body[:at]}{other}{body[at + 1 :]}")
    assert (found.prefix, found.complaint) == (None, "has a checksum that does not fit")


@pytest.mark.parametrize("at", range(36))
def test_every_change_of_any_one_character_of_a_key_is_found(at: int) -> None:
    body = KEY.removeprefix("acme_")
    for other in BASE62.replace(body[at], ""):
        assert not inspect_key(f"acme_{body[:at]}{other}{body[at + 1 :]}").is_right


@given(random=randoms, at=st.integers(0, 34))
def test_two_characters_that_changed_places_are_found(random: str, at: int) -> None:
    body = random + checksum(random)
    assume(body[at] != body[at + 1])
    assert not inspect_key(f"acme_{body[:at]}{body[at + 1]}{body[at]}{body[at + 2 :]}").is_right


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        (" " + KEY, "holds spaces, line breaks or characters beyond ASCII"),
        (KEY + "\n", "holds spaces, line breaks or characters beyond ASCII"),
        (KEY.replace("0", "\uff10"), "holds spaces, line breaks or characters beyond ASCII"),
        (KEY.replace("acme_", ""), "has no prefix"),
        (KEY.replace("acme", ""), "has a prefix of another form"),
        (KEY.replace("acme", "1acme"), "has a prefix of another form"),
        (KEY.replace("acme", "ac__me"), "has a prefix of another form"),
        (KEY.replace("acme", "ac-me"), "has a prefix of another form"),
        (KEY.replace("acme", "ac!me"), "has a prefix of another form"),
        (KEY.replace("acme", "ac~me"), "has a prefix of another form"),
        (KEY.replace("acme", "a" * 17), "has a prefix of another form"),
        (KEY[:-1], "has 35 characters after its prefix, and 36 are right"),
        (KEY + "7", "has 37 characters after its prefix, and 36 are right"),
        (KEY[:-1] + "8", "has a checksum that does not fit"),
        (KEY.replace("zQ", "z-"), "has a checksum that does not fit"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_with_a_hint(text: str, complaint: str) -> None:
    found = inspect_key(text)
    assert (found.prefix, found.complaint) == (None, complaint)
    assert found.hint


@given(text=st.text(max_size=60))
def test_any_text_is_judged_and_none_is_repeated(text: str) -> None:
    found = inspect_key(text)
    assert found.is_right is not bool(found.complaint)
    assert len(text) < 5 or text not in repr(found)


@pytest.mark.parametrize("prefix", ["a", "acme", "ghp", "acme_live", "A1_b2_C3", "a" * 16])
def test_a_prefix_is_letters_and_digits_parted_by_underscores(prefix: str) -> None:
    assert is_prefix(prefix)


@pytest.mark.parametrize("prefix", ["", "_a", "a_", "a__b", "1a", "a-b", "ä", "a b", "a\n", "a" * 17])
def test_what_is_no_prefix_is_none(prefix: str) -> None:
    assert not is_prefix(prefix)
