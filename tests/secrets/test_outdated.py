"""Which stored hashes are weaker than what the binding asks for: told from their text, never by hashing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.secret import Secret
from provision.kinds.secret_rules import ROUNDS
from provision.secrets.codecs import CODECS
from provision.secrets.outdated import outdated
from provision.settings import FieldBinding
from tests.secrets.vectors import ALL, UNUSABLE, VECTORS

BCRYPT, DJANGO, WERKZEUG = VECTORS["bcrypt"][0], VECTORS["django"], VECTORS["werkzeug"]
SCRYPT, PBKDF2, ARGON2 = VECTORS["scrypt"][0], VECTORS["pbkdf2"], VECTORS["argon2"]
STRONG = "$argon2id$v=19$m=65536,t=3,p=4$3lmzeUn+YnD65J6S/zVugA$A6ys1vlYDSWfT/1FtziIMlBqwZFvpOf/gJh2bLSWnTc"


def cost(hash_: str, cost: str) -> str:
    """The same hash, of another cost."""
    return hash_.replace("$04$", f"${cost}$")


CASES = [
    # The same algorithm, of less work, and of as much or more.
    (cost(BCRYPT, "10"), "bcrypt", 12, "bcrypt cost 10, the binding asks for 12"),
    (cost(BCRYPT, "12"), "bcrypt", 12, None),
    (cost(BCRYPT, "13"), "bcrypt", 12, None),
    (cost(VECTORS["bcrypt"][1], "11"), "bcrypt", 12, "bcrypt cost 11, the binding asks for 12"),
    (cost(DJANGO[2], "10"), "bcrypt", 12, "bcrypt cost 10, the binding asks for 12"),
    (cost(DJANGO[3], "12"), "bcrypt", 12, None),
    (STRONG, "argon2", 3, None),
    (STRONG, "argon2", 4, "argon2id with m=65536,t=3, the binding asks for m=65536,t=4"),
    (
        STRONG.replace("m=65536", "m=19456"),
        "argon2",
        3,
        "argon2id with m=19456,t=3, the binding asks for m=65536,t=3",
    ),
    (STRONG.replace("t=3", "t=2"), "argon2", 3, "argon2id with m=65536,t=2, the binding asks for m=65536,t=3"),
    # More memory and fewer passes, argon2-cffi's former default: as much work.
    (STRONG.replace("m=65536,t=3", "m=102400,t=2"), "argon2", 3, None),
    # So little memory that no number of passes makes up for it.
    (
        STRONG.replace("m=65536,t=3", "m=64,t=9999"),
        "argon2",
        3,
        "argon2id with m=64,t=9999, the binding asks for m=65536,t=3",
    ),
    (
        STRONG.replace("$argon2id", "$argon2i"),
        "argon2",
        3,
        "argon2i with m=65536,t=3, the binding asks for argon2id with m=65536,t=3",
    ),
    (ARGON2[2], "argon2", 1, "argon2d with m=64,t=1, the binding asks for argon2id with m=65536,t=1"),
    (
        STRONG.replace("v=19$", ""),
        "argon2",
        3,
        "argon2id of version 16 with m=65536,t=3, the binding asks for argon2id with m=65536,t=3",
    ),
    (DJANGO[4], "argon2", 3, "argon2id with m=64,t=1, the binding asks for m=65536,t=3"),
    (SCRYPT, "scrypt", 16, "scrypt with ln=4,r=8,p=1, the binding asks for ln=16,r=8,p=1"),
    (SCRYPT.replace("ln=4", "ln=16"), "scrypt", 16, None),
    (SCRYPT.replace("ln=4", "ln=17"), "scrypt", 16, None),
    # Half the memory, twice: as much work.
    (SCRYPT.replace("ln=4,r=8,p=1", "ln=15,r=8,p=2"), "scrypt", 16, None),
    (
        SCRYPT.replace("ln=4,r=8,p=1", "ln=8,r=8,p=512"),
        "scrypt",
        16,
        "scrypt with ln=8,r=8,p=512, the binding asks for ln=16,r=8,p=1",
    ),
    (SCRYPT.replace("ln=4", "ln=10"), "scrypt", 10, None),
    (WERKZEUG[4], "werkzeug", 15, None),
    (WERKZEUG[4], "werkzeug", 16, "scrypt with ln=15,r=8,p=1, the binding asks for ln=16,r=8,p=1"),
    (WERKZEUG[0], "werkzeug", 15, "scrypt with ln=10,r=8,p=1, the binding asks for ln=15,r=8,p=1"),
    (DJANGO[5], "scrypt", 16, "scrypt with ln=4,r=8,p=5, the binding asks for ln=16,r=8,p=1"),
    (PBKDF2[0], "pbkdf2", 600_000, "pbkdf2-sha256 with 1000 iterations, the binding asks for 600000 iterations"),
    (PBKDF2[0], "pbkdf2", 1_000, None),
    (
        PBKDF2[1].replace("1000", "209999"),
        "pbkdf2",
        600_000,
        "pbkdf2-sha512 with 209999 iterations, the binding asks for pbkdf2-sha256 with 600000 iterations",
    ),
    (PBKDF2[1].replace("1000", "210000"), "pbkdf2", 600_000, None),
    (DJANGO[0].replace("1000", "1500000"), "django", 1_500_000, None),
    (
        DJANGO[0].replace("1000", "260000"),
        "django",
        1_500_000,
        "pbkdf2-sha256 with 260000 iterations, the binding asks for 1500000 iterations",
    ),
    (
        DJANGO[1].replace("1000", "1000000"),
        "django",
        600_000,
        "pbkdf2-sha1 with 1000000 iterations, the binding asks for pbkdf2-sha256 with 600000 iterations",
    ),
    (DJANGO[1].replace("1000", "1300000"), "django", 600_000, None),
    # Another algorithm: by rank alone.
    (PBKDF2[0], "bcrypt", 12, "pbkdf2 where the binding asks for bcrypt"),
    (WERKZEUG[1], "bcrypt", 12, "pbkdf2 where the binding asks for bcrypt"),
    (WERKZEUG[2], "werkzeug", 15, "pbkdf2 where the binding asks for scrypt"),
    (WERKZEUG[3], "argon2", 3, "pbkdf2 where the binding asks for argon2id"),
    (BCRYPT, "argon2", 3, "bcrypt where the binding asks for argon2id"),
    (BCRYPT, "scrypt", 16, "bcrypt where the binding asks for scrypt"),
    (WERKZEUG[4], "argon2", 3, "scrypt where the binding asks for argon2id"),
    (ARGON2[0], "bcrypt", 12, None),
    (ARGON2[1], "scrypt", 16, None),
    (SCRYPT, "bcrypt", 12, None),
    (BCRYPT, "pbkdf2", 600_000, None),
    (BCRYPT, "django", 1_500_000, None),
    (DJANGO[4], "django", 1_500_000, None),
    # Nothing that can be told.
    (UNUSABLE, "django", 1_500_000, None),
    ("", "bcrypt", 12, None),
    ("$6$rounds=5000$saltsalt$" + "a" * 86, "bcrypt", 12, None),
    ("md5$salt$" + "0" * 32, "django", 1_500_000, None),
    (PBKDF2[0], "sha256", 12, None),
    (PBKDF2[0], "plaintext", 12, None),
]


@pytest.mark.parametrize(("stored", "codec", "rounds", "why"), CASES)
def test_a_hash_is_outdated_when_it_is_weaker_than_what_is_asked_for(
    stored: str, codec: str, rounds: int, why: str | None
) -> None:
    assert outdated(stored, codec, rounds) == why


@pytest.mark.parametrize("codec", ROUNDS)
def test_what_we_make_is_never_outdated_at_the_cost_at_which_it_was_made(codec: str) -> None:
    least = ROUNDS[codec].least
    stored = CODECS[codec].store(Secret("x"), FieldBinding(rounds=least)).reveal()
    assert outdated(stored, codec, least) is None
    assert outdated(stored, codec, least + 1) is not None


@pytest.mark.parametrize("stored", [stored for _, stored in ALL])
def test_the_hashes_of_the_real_libraries_are_all_known(stored: str) -> None:
    """They were made at little cost, and all but argon2's own variants rank below argon2id."""
    assert outdated(stored, "argon2", 3) is not None


@pytest.mark.parametrize("stored", [stored for _, stored in ALL])
def test_what_is_said_repeats_neither_salt_nor_digest(stored: str) -> None:
    for codec, limits in ROUNDS.items():
        why = outdated(stored, codec, limits.most) or ""
        assert not any(stored[at : at + 8] in why for at in range(len(stored) - 60, len(stored) - 8))


@given(stored=st.text(max_size=80) | st.from_regex(r"\$?(scrypt|argon2id|pbkdf2)[$:_-][a-z0-9=$,:]{0,60}"))
def test_no_text_raises(stored: str) -> None:
    for codec, limits in ROUNDS.items():
        why = outdated(stored, codec, limits.default)
        assert why is None or "the binding asks for" in why


@given(first=st.integers(4, 31), second=st.integers(4, 31))
def test_of_two_costs_exactly_the_lower_is_outdated(first: int, second: int) -> None:
    assert (outdated(cost(BCRYPT, f"{first:02}"), "bcrypt", second) is not None) is (first < second)
