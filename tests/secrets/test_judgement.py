"""What is made of a fingerprint: a verdict, without hashing where that can be avoided."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from provision.core.secret import Secret
from provision.core.state import Verdict
from provision.secrets.fingerprint import UNREAD, Fingerprints, Likeness, Reading
from provision.secrets.judgement import Judgement, judge

SAME, DIFFERENT = Likeness.SAME, Likeness.DIFFERENT
WEAK = "bcrypt cost 10, the binding asks for 12"
READINGS = [
    None,
    UNREAD,
    *(
        Reading(declared=declared, stored=stored, is_old=is_old)
        for declared, stored, is_old in product((SAME, DIFFERENT), (SAME, DIFFERENT), (False, True))
    ),
]


def never() -> bool:
    raise AssertionError("it was verified")


def answers(answer: bool | None) -> Callable[[], bool | None]:
    return lambda: answer


@pytest.mark.parametrize("is_old", [False, True])
def test_what_is_as_it_was_is_not_verified(*, is_old: bool) -> None:
    reading = Reading(declared=SAME, stored=SAME, is_old=is_old)
    assert judge(reading, "$2b$", never) == Judgement(verdict=Verdict.UNCHANGED, refresh=is_old)


@pytest.mark.parametrize("reading", READINGS)
def test_an_empty_stored_value_differs_and_is_not_verified(reading: Reading | None) -> None:
    assert judge(reading, "", never, WEAK) == Judgement(verdict=Verdict.DIFFERS)


@pytest.mark.parametrize(
    ("reading", "verdict"),
    [
        (Reading(declared=SAME, stored=DIFFERENT), Verdict.STORED_CHANGED),
        (Reading(declared=SAME, stored=DIFFERENT, is_old=True), Verdict.STORED_CHANGED),
        (Reading(declared=DIFFERENT, stored=SAME), Verdict.DECLARED_CHANGED),
        (Reading(declared=DIFFERENT, stored=DIFFERENT), Verdict.DECLARED_CHANGED),
        (UNREAD, Verdict.DIFFERS),
        (None, Verdict.DIFFERS),
    ],
)
def test_a_password_that_does_not_verify_differs_for_the_reason_that_is_known(
    reading: Reading | None, verdict: Verdict
) -> None:
    assert judge(reading, "$2b$", answers(False), WEAK) == Judgement(verdict=verdict)
    assert verdict.wants_a_write


@pytest.mark.parametrize("reading", [reading for reading in READINGS if reading and reading.stored is not SAME])
def test_a_hash_that_an_application_made_anew_is_unchanged_and_gets_a_new_fingerprint(reading: Reading) -> None:
    judged = judge(reading, "$2b$", answers(True))
    assert judged == Judgement(verdict=Verdict.UNCHANGED, refresh=True)
    assert not judged.verdict.wants_a_write


def test_without_a_key_there_is_no_fingerprint_to_make() -> None:
    assert judge(None, "$2b$", answers(True)) == Judgement(verdict=Verdict.UNCHANGED)


@pytest.mark.parametrize("reading", READINGS)
def test_a_right_password_that_is_hashed_too_weakly_is_outdated_with_the_reason(reading: Reading | None) -> None:
    assert judge(reading, "$2b$", answers(True), WEAK) == Judgement(verdict=Verdict.OUTDATED, why=WEAK)
    assert Verdict.OUTDATED.wants_a_write


def test_an_outdated_hash_that_is_as_it_was_is_found_without_verifying() -> None:
    assert judge(Reading(declared=SAME, stored=SAME), "$2b$", never, WEAK).verdict is Verdict.OUTDATED


@pytest.mark.parametrize(
    "reading", [reading for reading in READINGS if reading != Reading(declared=SAME, stored=SAME)]
)
def test_a_form_that_nobody_here_knows_is_left_alone(reading: Reading | None) -> None:
    if reading and (reading.declared, reading.stored) == (SAME, SAME):
        return
    judged = judge(reading, "$6$", answers(None), WEAK)
    assert judged == Judgement(verdict=Verdict.UNREADABLE)
    assert not judged.verdict.wants_a_write


def test_a_password_is_verified_at_most_once() -> None:
    for reading, answer in product(READINGS, (True, False, None)):
        calls: list[int] = []

        def verify(answer: bool | None = answer, calls: list[int] = calls) -> bool | None:
            calls.append(1)
            return answer

        judge(reading, "$2b$", verify)
        as_it_was = reading is not None and (reading.declared, reading.stored) == (SAME, SAME)
        assert len(calls) == (0 if as_it_was else 1)


def test_a_judgement_of_a_whole_life() -> None:
    """Set, seen again, hashed anew at login, seen again, changed in the database, declared anew."""
    fingerprints = Fingerprints.from_environment({"PROVISION_FINGERPRINT_KEY": "k" * 64})
    assert fingerprints is not None
    first, second = Secret("open sesame"), Secret("another one")
    kept = fingerprints.make(first, "hash 1")
    assert judge(fingerprints.read(kept, first, "hash 1"), "hash 1", never).verdict is Verdict.UNCHANGED
    rehashed = judge(fingerprints.read(kept, first, "hash 2"), "hash 2", answers(True))
    assert rehashed == Judgement(verdict=Verdict.UNCHANGED, refresh=True)
    kept = fingerprints.make(first, "hash 2")
    assert judge(fingerprints.read(kept, first, "hash 2"), "hash 2", never).verdict is Verdict.UNCHANGED
    behind = judge(fingerprints.read(kept, first, "hash 3"), "hash 3", answers(False))
    assert behind.verdict is Verdict.STORED_CHANGED
    anew = judge(fingerprints.read(kept, second, "hash 2"), "hash 2", answers(False))
    assert anew.verdict is Verdict.DECLARED_CHANGED
