"""A rotation that somebody asks for by name either comes, or it is said why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.address import Address
from provision.core.planner import make_plan
from provision.core.rotation import Forced
from provision.core.state import Resource, SecretRule
from provision.errors import InvalidInputError, Position, Problem
from tests.core.keys import CI, IGNORED, ONLY_CREATED, RULE, START, Key, row

NO_TERMS = replace(RULE, rotation=None)
NO_GENERATIONS = "has no generations to rotate, or is left alone (state, ignore_changes)"
BIND_THEM = "bind generation in provision.toml, or raise the version of the secret"


def problem(key: Key) -> Problem:
    """Why this key is not rotated."""
    with pytest.raises(InvalidInputError) as refused:
        key.plan(START)
    (found,) = refused.value.problems
    return found


@pytest.mark.parametrize(
    "key",
    [
        Key(forced=Forced()),
        Key(forced=Forced(), row=row(1, active=False)),
        Key(rule=NO_TERMS, forced=Forced(overlap=60.0)),
        Key(rule=NO_TERMS, forced=Forced(overlap=0.0)),
        Key(rule=NO_TERMS, forced=Forced(revoke_now=True)),
    ],
)
def test_a_key_is_rotated_where_somebody_says_how_long_the_former_one_stays_valid(key: Key) -> None:
    assert key.change(START).action == "rotate"


@pytest.mark.parametrize(
    ("key", "message", "hint"),
    [
        (
            Key(rule=NO_TERMS, forced=Forced()),
            "declares no rotate.overlap, so nothing says how long its former key stays valid",
            "say it: --overlap 7d, or --revoke-old-now",
        ),
        (
            Key(rule=SecretRule(), forced=Forced()),
            "has no secret that is generated here",
            "rotation makes a new one: declare generate instead of from or hash",
        ),
        (
            Key(row=None, known=False, forced=Forced()),
            "waits to be created",
            "provision apply does that first",
        ),
        (Key(lifecycle=IGNORED, forced=Forced()), NO_GENERATIONS, BIND_THEM),
        (Key(lifecycle=ONLY_CREATED, forced=Forced()), NO_GENERATIONS, BIND_THEM),
    ],
)
def test_why_a_key_is_not_rotated_is_said_with_its_place_and_what_to_do(key: Key, message: str, hint: str) -> None:
    found = problem(key)
    assert (found.message, found.hint) == (f"{CI} {message}", hint)
    assert found.position == Position(file="keys.yaml", line=1)


def test_a_key_that_is_to_be_renamed_is_not_rotated_before() -> None:
    question = Key(name="build", previously=("ci",)).question(START)
    renamed = Address("Token", ("build",))
    with pytest.raises(InvalidInputError) as refused:
        make_plan(replace(question, forced={renamed: Forced()}))
    assert [found.message for found in refused.value.problems] == ["Token/build waits to be renamed"]


def test_every_address_that_nobody_declares_is_said_in_order() -> None:
    unknown = [Address("Token", (name,)) for name in ("zoe", "amy")]
    question = replace(Key().question(START), forced=dict.fromkeys([CI, *unknown], Forced()))
    with pytest.raises(InvalidInputError) as refused:
        make_plan(question)
    assert [(found.message, found.position) for found in refused.value.problems] == [
        ("Token/amy is not declared", None),
        ("Token/zoe is not declared", None),
    ]
    assert {found.hint for found in refused.value.problems} == {"an address looks like ApiKey/deploy-bot/ci"}


def test_nothing_else_happens_beside_a_rotation_that_was_asked_for() -> None:
    question = Key(forced=Forced()).question(START)
    other = Resource(address=Address("Token", ("new",)), fields={}, position=Position(file="keys.yaml", line=9))
    beside = replace(question, resources={**question.resources, other.address: other})
    assert [str(change.address) for change in make_plan(beside).changes] == ["Token/ci"]
