"""Passwords in the forms of other people's tables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.core.secret import Secret
from provision.errors import ProvisionError
from provision.kinds.secret_rules import ROUNDS
from provision.secrets.codecs import CODECS, UnequippedError
from provision.secrets.forms import form
from provision.secrets.verifier import verify
from provision.settings import FieldBinding
from tests.secrets.vectors import ALL, PASSWORD, UNUSABLE, VECTORS

PASSWORDS = sorted(ROUNDS)
WRITTEN = {
    "bcrypt": r"\$2b\$04\$.{53}",
    "argon2": r"\$argon2id\$v=19\$m=65536,t=1,p=4\$[^$]{22}\$[^$]{43}",
    "scrypt": r"\$scrypt\$ln=10,r=8,p=1\$[^$]{22}\$[^$]{43}",
    "pbkdf2": r"\$pbkdf2-sha256\$1000\$[^$]{22}\$[^$]{43}",
    "django": r"pbkdf2_sha256\$1000\$[A-Za-z0-9]{22}\$[^$]{43}=",
    "werkzeug": r"scrypt:1024:8:1\$[A-Za-z0-9]{16}\$[0-9a-f]{128}",
}
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=18)


def cheap(codec: str) -> FieldBinding:
    return FieldBinding(rounds=ROUNDS[codec].least)


@pytest.mark.parametrize("codec", PASSWORDS)
@given(password=texts, other=texts)
@settings(max_examples=8)
def test_what_is_stored_matches_its_password_alone(codec: str, password: str, other: str) -> None:
    secret = Secret(password)
    assert CODECS[codec].complaint(secret) is None
    stored = CODECS[codec].store(secret, cheap(codec)).reveal()
    assert CODECS[codec].matches(secret, stored) is True
    assert CODECS[codec].matches(Secret(other), stored) is (other == password)
    assert password not in stored or len(password) < 5


@pytest.mark.parametrize("codec", PASSWORDS)
def test_what_is_stored_has_the_codecs_own_form_a_fresh_salt_and_the_bindings_cost(codec: str) -> None:
    first, second = (CODECS[codec].store(Secret("x"), cheap(codec)).reveal() for _ in range(2))
    assert re.fullmatch(WRITTEN[codec], first)
    assert first != second


@pytest.mark.parametrize(
    ("codec", "beginning"),
    [
        ("bcrypt", "$2b$12$"),
        ("argon2", "$argon2id$v=19$m=65536,t=3,p=4$"),
        ("scrypt", "$scrypt$ln=16,r=8,p=1$"),
        ("pbkdf2", "$pbkdf2-sha256$600000$"),
        ("django", "pbkdf2_sha256$1500000$"),
        ("werkzeug", "scrypt:32768:8:1$"),
    ],
)
def test_a_binding_that_says_nothing_has_the_codecs_own_cost(codec: str, beginning: str) -> None:
    assert CODECS[codec].store(Secret("x"), FieldBinding()).reveal().startswith(beginning)


@pytest.mark.parametrize(("codec", "stored"), ALL)
def test_what_the_real_libraries_made_is_verified(codec: str, stored: str) -> None:
    assert CODECS[codec].matches(Secret(PASSWORD), stored) is True
    for wrong in (PASSWORD + "x", "", PASSWORD.upper(), "\ud800"):
        assert CODECS[codec].matches(Secret(wrong), stored) is False


@pytest.mark.parametrize("codec", [name for name in PASSWORDS if name != "django"])
def test_a_password_that_the_application_rehashed_to_another_form_still_matches(codec: str) -> None:
    for several in VECTORS.values():
        assert CODECS[codec].matches(Secret(PASSWORD), several[0]) is True
        assert CODECS[codec].matches(Secret("another"), several[0]) is False


@pytest.mark.parametrize("stored", [*VECTORS["bcrypt"], *VECTORS["argon2"], UNUSABLE, "!"])
def test_what_django_itself_would_not_accept_never_matches(stored: str) -> None:
    assert CODECS["django"].matches(Secret(PASSWORD), stored) is False
    assert CODECS["django"].matches(Secret(stored), stored) is False


@pytest.mark.parametrize(("codec", "stored"), ALL)
@given(data=st.data())
@settings(max_examples=10)
def test_a_damaged_hash_matches_nothing_and_raises_nothing(codec: str, stored: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(stored) - 1))
    damaged = data.draw(
        st.sampled_from([stored[:at], stored + "\n", stored[:at] + "é" + stored[at + 1 :], stored * 2])
    )
    assert not CODECS[codec].matches(Secret(PASSWORD), damaged)


@pytest.mark.parametrize(
    "stored",
    [
        "$6$rounds=5000$saltsalt$" + "a" * 86,
        "$2x$" + VECTORS["bcrypt"][0][4:],
        VECTORS["bcrypt"][0].replace("04", "99", 1),
        VECTORS["scrypt"][0].replace("ln=4", "ln=31"),
        VECTORS["scrypt"][0].replace("$tLb2XguhNMZYy7lXqvWe8w$", "$tLb2X$"),
        VECTORS["pbkdf2"][0].replace("$AWCM0dobg5ASAgDgXAsh5A$", "$AWCM0$"),
        VECTORS["pbkdf2"][0].replace("sha256", "sha512"),
        VECTORS["pbkdf2"][0].replace("1000", "1000000000"),
        VECTORS["django"][0].replace("sha256", "sha1"),
        VECTORS["django"][0].replace("/zdD4Tw=", "4Tw="),
        VECTORS["argon2"][0].replace("m=64", "m=90000000"),
        VECTORS["werkzeug"][0].replace("1024", "1000"),
        VECTORS["werkzeug"][1].replace("sha256", "sha512"),
        "md5$salt$" + "0" * 32,
        "plain",
        "",
    ],
)
def test_a_form_that_is_not_known_is_neither_a_match_nor_a_mismatch(stored: str) -> None:
    assert verify(Secret(PASSWORD), stored) is None


@pytest.mark.parametrize("codec", PASSWORDS)
@pytest.mark.parametrize(
    ("password", "what"),
    [("", "is empty"), ("a\0", "holds a NUL byte"), ("a\ud800", "is not valid Unicode")],
)
def test_what_no_form_can_take_is_complained_about(codec: str, password: str, what: str) -> None:
    complaint = CODECS[codec].complaint(Secret(password))
    assert complaint is not None
    assert complaint[0] == what
    assert complaint[1]


@pytest.mark.parametrize("codec", PASSWORDS)
def test_a_password_has_the_length_that_its_form_takes(codec: str) -> None:
    most = 72 if codec == "bcrypt" else 4096
    assert CODECS[codec].complaint(Secret("ä" * (most // 2))) is None
    complaint = CODECS[codec].complaint(Secret("ä" * (most // 2) + "a"))
    assert complaint == (f"has {most + 1} bytes, and {codec} takes {most}", "choose a shorter one")


def test_a_long_password_is_hashed_to_its_end() -> None:
    for codec in ("scrypt", "pbkdf2", "django", "werkzeug"):
        stored = CODECS[codec].store(Secret("a" * 4096), cheap(codec)).reveal()
        assert CODECS[codec].matches(Secret("a" * 4096), stored) is True
        assert CODECS[codec].matches(Secret("a" * 4095 + "b"), stored) is False


@pytest.mark.usefixtures("without_argon2")
def test_argon2_without_its_library_is_said_with_the_way_to_install_it() -> None:
    with pytest.raises(UnequippedError) as caught:
        CODECS["argon2"].equipped({})
    assert caught.value.message == "argon2 needs argon2-cffi"
    assert caught.value.hint == 'install it: pip install "provision-db[argon2]"'
    assert CODECS["bcrypt"].equipped({}) is CODECS["bcrypt"]


@pytest.mark.usefixtures("without_argon2")
@pytest.mark.parametrize("stored", [VECTORS["argon2"][0], VECTORS["django"][4]])
def test_without_its_library_an_argon2_hash_is_of_an_unknown_form(stored: str) -> None:
    assert verify(Secret(PASSWORD), stored) is None
    assert verify(Secret(PASSWORD), VECTORS["bcrypt"][0]) is True


def test_too_little_memory_is_an_error_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "_MAX_MEMORY", 2**20)
    with pytest.raises(ProvisionError) as caught:
        CODECS["scrypt"].store(Secret("x"), FieldBinding(rounds=20))
    assert caught.value.message == "scrypt with N=1048576 needs 1024 MiB of memory for each password"
    assert CODECS["werkzeug"].matches(Secret(PASSWORD), VECTORS["werkzeug"][-1]) is None
