"""What a binding calls private is marked wherever a plan holds its value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from provision.core.plan import Action, Change, FieldChange
from provision.core.planner import make_plan
from provision.core.privacy import concealed, has_private
from provision.core.rotation import Forced
from tests.core.keys import SHAPE, START, Key
from tests.core.states import SHAPES, ask, declared, found, recorded

SECRETIVE = {**SHAPES, "User": replace(SHAPES["User"], private=frozenset({"email", "status"}))}


def marked(fields: Iterable[FieldChange]) -> dict[str, bool]:
    """Each field, and whether it is private."""
    return {item.name: item.private for item in fields}


def test_private_fields_are_marked_with_their_values_and_no_others_are() -> None:
    resources = [declared("User/alice", email="a@x", nickname="A"), declared("Team/t1", title="x")]
    alice, team = make_plan(replace(ask(resources, found("Team/t1", 2)), shapes=SECRETIVE)).changes[::-1]
    assert marked(alice.fields) == {"email": True, "nickname": False}
    assert [item.after for item in alice.fields] == ["a@x", "A"]
    assert marked(team.fields) == {"title": False}
    assert has_private([team, alice])
    assert not has_private([team])


def test_private_fields_of_what_waits_for_prune_are_marked_too() -> None:
    question = ask([], found("User/alice"), recorded(declared("User/alice")))
    (waiting,) = make_plan(replace(question, shapes=SECRETIVE)).pending
    assert marked(waiting.fields) == {"status": True}


def test_private_fields_of_retired_generations_are_marked_too() -> None:
    question = Key(forced=Forced(revoke_now=True)).question(START)
    shapes = {"Token": replace(SHAPE, private=frozenset({"revoked_at"}))}
    (change,) = make_plan(replace(question, shapes=shapes)).changes
    assert [marked(item.fields) for item in change.retires] == [{"active": False, "revoked_at": True}]


def test_changes_of_kinds_without_private_fields_are_handed_on_as_they_are() -> None:
    change = Change(action=Action.DELETE, address=declared("Team/t1").address, reason="")
    assert [one is change for one in concealed([change], SECRETIVE)] == [True]
