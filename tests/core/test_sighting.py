"""What a plan has looked at, and what is different at a second look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from provision.core.address import Address
from provision.core.planner import Question, make_plan
from provision.core.sighting import GENERATION, ROW, moved, sightings
from provision.core.state import Resource, SecretRule
from provision.core.value import Value
from tests.core.states import FOUND, SHAPES, ask, at, declared, found, recorded

ALICE = at("User/alice")


def seen(question: Question) -> dict[Address, dict[str, Value]]:
    """What the plan of this question depends on."""
    return sightings(question, make_plan(question))


def fields(question: Question, address: str = "User/alice") -> dict[str, Value]:
    """The fields of one row, without those that say which row it is."""
    return {name: value for name, value in seen(question)[at(address)].items() if name not in (ROW, GENERATION)}


def said(before: Mapping[str, Value] | None, after: Mapping[str, Value] | None) -> list[str]:
    """What is said when this was seen first of a row and that at a second look."""
    looks = [{} if look is None else {ALICE: look} for look in (before, after)]
    return [str(one) for one in moved(*looks)]


def test_a_plan_depends_on_which_row_it_is_and_on_the_fields_declared() -> None:
    resource = declared("User/alice", nickname="A", email="a@x")
    question = ask([resource], found("User/alice", 7, nickname="A"), recorded(resource, 7))
    assert [item.name for item in make_plan(question).changes[0].fields] == ["email"]
    assert seen(question) == {ALICE: {ROW: [7], GENERATION: None, "email": None, "nickname": "A"}}


def test_a_plan_does_not_depend_on_what_is_ignored() -> None:
    resource = declared("User/alice", nickname="A", email="a@x", ignore_changes=["email"])
    assert fields(ask([resource], found("User/alice"))) == {"nickname": None}


def test_stored_secrets_are_left_out() -> None:
    resource = declared("User/alice", nickname="A", secrets={"password": SecretRule(version="2")})
    question = ask([resource], found("User/alice", password="x"), recorded(declared("User/alice")))
    assert [item.name for item in make_plan(question).changes[0].fields] == ["nickname", "password"]
    assert fields(question) == {"nickname": None}


@pytest.mark.parametrize("resource", [declared("User/alice", state="created", nickname="A"), None])
def test_a_row_that_nothing_is_written_to_may_hold_anything(resource: Resource | None) -> None:
    question = ask([resource] if resource else [], found("User/alice"), recorded(declared("User/alice")))
    assert seen(question) == ({ALICE: {ROW: [1], GENERATION: None}} if resource else {})


def test_what_nobody_declares_hides_nothing_of_what_somebody_does() -> None:
    question = ask([declared("User/bob", nickname="B")], found("User/alice"), found("User/bob", 2))
    assert list(seen(question)) == [at("User/bob")]


def test_a_row_that_is_only_referred_to_has_to_stay_the_one_it_is() -> None:
    shapes = {**SHAPES, "Team": replace(SHAPES["Team"], lookup=True)}
    resources = [declared("User/alice", team="t1")]
    question = replace(ask(resources, found("User/alice"), found("Team/t1", 5)), shapes=shapes)
    assert seen(question)[at("Team/t1")] == {ROW: [5], GENERATION: None}


@pytest.mark.parametrize("remembered", [True, False])
def test_a_row_that_goes_is_the_one_that_was_managed(*, remembered: bool) -> None:
    last = recorded(declared("User/alice", nickname="A"))
    question = ask([declared("User/alice", state="absent")], found("User/alice"), *([last] if remembered else []))
    assert fields(question) == ({"nickname": None, "status": "active"} if remembered else FOUND["User"])


def test_a_row_is_seen_under_the_name_that_it_gets() -> None:
    question = ask([declared("User/alice", nickname="A", previously=("alicia",))], found("User/alicia", 7))
    assert list(seen(question)) == [ALICE]


def test_what_is_the_same_at_a_second_look_has_not_moved() -> None:
    row: dict[str, Value] = {ROW: [1], "email": None, "scopes": ["a"]}
    assert said(row, dict(row)) == []


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (None, {ROW: [1]}, "User/alice is there now"),
        ({ROW: [1]}, None, "User/alice is gone"),
        ({ROW: [1], "email": "a"}, {ROW: [2], "email": "b"}, "User/alice is another row now"),
        ({ROW: [1], "is_staff": True, "email": "a"}, {ROW: [1], "is_staff": 1, "email": None}, "email, is_staff"),
        ({ROW: [1]}, {ROW: [1], "email": "a"}, "User/alice: email"),
    ],
)
def test_what_is_different_is_said(
    before: Mapping[str, Value] | None, after: Mapping[str, Value] | None, text: str
) -> None:
    (one,) = said(before, after)
    assert one.endswith(text)


def test_rows_that_moved_are_told_in_order() -> None:
    before: dict[Address, Mapping[str, Value]] = {at("User/bob"): {ROW: [1]}, at("User/carol"): {ROW: [3]}}
    after: dict[Address, Mapping[str, Value]] = {at("User/carol"): {ROW: [4]}, ALICE: {ROW: [2]}}
    assert [str(one) for one in moved(before, after)] == [
        "User/alice is there now",
        "User/bob is gone",
        "User/carol is another row now",
    ]
