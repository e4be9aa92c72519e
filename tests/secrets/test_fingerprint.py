"""Keyed fingerprints: they tell whether a password or its hash is another one, and tell nothing else to anybody."""

from __future__ import annotations

import hashlib
import hmac
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provision.core.secret import Secret
from provision.errors import InvalidInputError
from provision.secrets.fingerprint import UNREAD, Fingerprints, Likeness, Reading

KEY, OTHER = "k" * 63 + "1", "k" * 63 + "2"
PASSWORD, HASH = "open sesame", "$2b$12$" + "a" * 53
VARIABLE, FORMER = "PROVISION_FINGERPRINT_KEY", "PROVISION_FINGERPRINT_KEY_OLD"
UNCHANGED = Reading(declared=Likeness.SAME, stored=Likeness.SAME)
texts = st.text(max_size=40)


def keyed(key: str = KEY, **environ: str) -> Fingerprints:
    made = Fingerprints.from_environment({VARIABLE: key} | environ)
    assert made is not None
    return made


def problems(**environ: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        Fingerprints.from_environment(environ)
    return [str(problem) for problem in caught.value.problems]


@given(declared=texts, stored=texts)
def test_what_a_fingerprint_was_made_of_is_known_again(declared: str, stored: str) -> None:
    made = keyed().make(Secret(declared), stored)
    assert keyed().read(made, Secret(declared), stored) == UNCHANGED


@given(declared=texts, stored=texts, other=texts)
def test_any_change_of_either_is_told_apart(declared: str, stored: str, other: str) -> None:
    made = keyed().make(Secret(declared), stored)
    if other != declared:
        reading = keyed().read(made, Secret(other), stored)
        assert (reading.declared, reading.stored) == (Likeness.DIFFERENT, Likeness.SAME)
    if other != stored:
        reading = keyed().read(made, Secret(declared), other)
        assert (reading.declared, reading.stored) == (Likeness.SAME, Likeness.DIFFERENT)


@given(value=st.text(min_size=1))
def test_neither_value_stands_for_the_other(value: str) -> None:
    """Where both are the same text, their MACs are not."""
    *_, declared, stored = keyed().make(Secret(value), value).split(":")
    assert declared != stored


def test_the_form_is_the_documented_one() -> None:
    """Computed once more with the library's other interface."""
    version, key_id, nonce, declared, stored = keyed().make(Secret(PASSWORD), HASH).split(":")

    def mac(label: str, value: bytes) -> str:
        return hmac.new(
            KEY.encode(), f"provision fingerprint v1, {label}".encode() + value, hashlib.sha256
        ).hexdigest()

    assert version == "v1"
    assert key_id == mac("key id", b"")[:8]
    assert len(bytes.fromhex(nonce)) == 16
    assert declared == mac("declared\0", bytes.fromhex(nonce) + PASSWORD.encode())[:32]
    assert stored == mac("stored\0", bytes.fromhex(nonce) + HASH.encode())[:32]


def test_users_with_one_password_do_not_look_alike() -> None:
    parts = [keyed().make(Secret(PASSWORD), HASH).split(":")[2:] for _ in range(100)]
    assert len({part for three in parts for part in three}) == 300


@given(declared=st.text(min_size=8), stored=st.text(min_size=8))
def test_neither_value_nor_key_is_in_a_fingerprint_or_shown(declared: str, stored: str) -> None:
    fingerprints = keyed(**{FORMER: OTHER})
    shown = fingerprints.make(Secret(declared), stored) + repr(fingerprints) + str(vars_of(fingerprints))
    assert not any(secret in shown for secret in (declared, stored, KEY, OTHER, KEY.encode().hex()))


def vars_of(fingerprints: Fingerprints) -> list[object]:
    """What a debugger's or a logger's generic dump of the object shows."""
    return [getattr(fingerprints, name) for name in fingerprints.__slots__]


@pytest.mark.parametrize(
    "fingerprint",
    [
        None,
        "",
        "v1",
        "garbage",
        "v1:::::",
        keyed().make(Secret(PASSWORD), HASH).replace("v1", "v2"),
        keyed().make(Secret(PASSWORD), HASH) + "\n",
        keyed().make(Secret(PASSWORD), HASH)[:-1],
        keyed().make(Secret(PASSWORD), HASH).upper(),
        keyed(OTHER).make(Secret(PASSWORD), HASH),
    ],
)
def test_what_these_keys_did_not_make_tells_nothing(fingerprint: str | None) -> None:
    assert keyed().read(fingerprint, Secret(PASSWORD), HASH) == UNREAD == Reading()


@given(text=st.text() | st.from_regex(r"v1(:[0-9a-f]{4,34}){4}", fullmatch=True))
def test_any_text_in_the_ledger_is_read_without_an_error(text: str) -> None:
    assert keyed().read(text, Secret(PASSWORD), HASH) != UNCHANGED


@given(at=st.integers(0, 109), digit=st.sampled_from("0123456789abcdef"))
def test_a_fingerprint_of_which_one_digit_changed_is_never_taken_for_right(at: int, digit: str) -> None:
    made = keyed().make(Secret(PASSWORD), HASH)
    changed = made[:at] + digit + made[at + 1 :]
    assume(changed != made)
    assert keyed().read(changed, Secret(PASSWORD), HASH) != UNCHANGED


def test_a_fingerprint_of_the_former_key_is_read_and_wants_to_be_made_anew() -> None:
    old = keyed(OTHER).make(Secret(PASSWORD), HASH)
    rotating = keyed(**{FORMER: OTHER})
    assert rotating.read(old, Secret(PASSWORD), HASH) == Reading(
        declared=Likeness.SAME, stored=Likeness.SAME, is_old=True
    )
    assert rotating.read(old, Secret("another"), HASH).declared is Likeness.DIFFERENT
    renewed = rotating.make(Secret(PASSWORD), HASH)
    assert rotating.read(renewed, Secret(PASSWORD), HASH) == UNCHANGED
    assert keyed().read(renewed, Secret(PASSWORD), HASH) == UNCHANGED
    assert keyed().read(old, Secret(PASSWORD), HASH) == UNREAD


def test_one_key_under_both_names_is_no_former_one() -> None:
    same = keyed(**{FORMER: KEY})
    assert same.read(keyed().make(Secret(PASSWORD), HASH), Secret(PASSWORD), HASH) == UNCHANGED


@pytest.mark.parametrize("environ", [{}, {VARIABLE: ""}, {f"{VARIABLE}_FILE": ""}, {FORMER: ""}, {"OTHER": KEY}])
def test_no_key_is_no_error(environ: dict[str, str]) -> None:
    assert Fingerprints.from_environment(environ) is None


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_key_from_a_file_is_the_same_as_from_the_environment(tmp_path: Path, ending: str) -> None:
    (tmp_path / "key").write_bytes(f"{KEY}{ending}".encode())
    (tmp_path / "old").write_bytes(OTHER.encode())
    from_files = Fingerprints.from_environment(
        {f"{VARIABLE}_FILE": str(tmp_path / "key"), f"{FORMER}_FILE": str(tmp_path / "old")}
    )
    assert from_files is not None
    assert from_files.read(keyed().make(Secret(PASSWORD), HASH), Secret(PASSWORD), HASH) == UNCHANGED
    assert from_files.read(keyed(OTHER).make(Secret(PASSWORD), HASH), Secret(PASSWORD), HASH).is_old


def test_thirty_two_bytes_are_enough_and_thirty_one_are_not() -> None:
    assert keyed("ä" * 16).make(Secret(PASSWORD), HASH).startswith("v1:")
    assert problems(**{VARIABLE: "ä" * 15 + "a"}) == [
        f"the key of {VARIABLE} has fewer than 32 bytes. Hint: make one with: openssl rand -hex 32"
    ]


def test_what_is_wrong_with_both_keys_is_said_at_once(tmp_path: Path) -> None:
    assert problems(**{VARIABLE: KEY, f"{VARIABLE}_FILE": "x", f"{FORMER}_FILE": str(tmp_path / "gone")}) == [
        f"both {VARIABLE} and {VARIABLE}_FILE are set. Hint: keep one of the two",
        f"the file of {FORMER}_FILE cannot be read: no such file or directory. Hint: check {tmp_path / 'gone'}",
    ]


def test_a_former_key_without_a_current_one_is_a_problem() -> None:
    assert problems(**{FORMER: KEY}) == [
        f"{FORMER} is set, and {VARIABLE} is not. Hint: set {VARIABLE} to the new key, or to this one"
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has fewer than 32 bytes"),
        (b"short\n", "has fewer than 32 bytes"),
        (b"\xff" * 40, "is not UTF-8 text"),
        (b"k" * 70_000, "is larger than 64 KiB"),
    ],
)
def test_a_file_that_holds_no_key_is_a_problem(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "key").write_bytes(content)
    [problem] = problems(**{f"{VARIABLE}_FILE": str(tmp_path / "key")})
    assert message in problem
    assert ". Hint: " in problem
    assert "short" not in problem


def test_a_file_that_is_none_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in ((tmp_path, "is a directory"), (tmp_path / "pipe", "is a pipe"), (Path("a\0b"), "")):
        [problem] = problems(**{f"{VARIABLE}_FILE": str(path)})
        assert message in problem


def test_a_key_whose_bytes_are_no_text_is_taken_as_it_is() -> None:
    """Python escapes such bytes of the environment (PEP 383)."""
    odd = (b"\xff" * 32).decode("utf-8", "surrogateescape")
    assert keyed(odd).read(keyed(odd).make(Secret(PASSWORD), HASH), Secret(PASSWORD), HASH) == UNCHANGED


def test_keys_are_not_equal_by_value_and_their_text_is_in_no_copy_of_them() -> None:
    assert keyed() != keyed()
    assert "k" * 63 not in repr(keyed())
    with pytest.raises(TypeError, match="a secret is not serialised"):
        pickle.dumps(keyed())
