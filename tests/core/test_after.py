"""What will be there after a run: rows as found, overlaid with what the plan writes."""

from __future__ import annotations

from dataclasses import replace

from provision.core.address import Address
from provision.core.after import After, after_state
from provision.core.plan import Action, Change, FieldChange, Plan, Reason
from provision.core.planner import Question, make_plan
from provision.core.rotation import Forced
from provision.core.shape import KindShape
from provision.core.state import SecretRule
from tests.core.states import FOUND, THERE, ask, at, declared, found, recorded


def around(asked: Question) -> dict[str, After]:
    """Each resource by its address."""
    return {str(item.address): item for item in after_state(make_plan(asked), asked)}


def test_a_row_is_overlaid_with_what_is_written_and_nothing_else() -> None:
    amy = declared("User/amy", email="new@example.com")
    item = around(ask([amy], found("User/amy", email="old@example.com", nickname="Amy"), recorded(amy)))["User/amy"]
    assert item.before == {**FOUND["User"], "email": "old@example.com", "nickname": "Amy"}
    assert item.after == {**FOUND["User"], "email": "new@example.com", "nickname": "Amy"}
    assert (item.is_declared, item.is_managed, item.stays, item.source) == (True, True, True, "people.yaml:3")


def test_a_new_row_has_what_is_declared_and_the_key_as_a_manifest_writes_it() -> None:
    rule = SecretRule(generated=True, deliver_to=("a file",))
    key = declared("Key/amy/ci", secrets={"key": rule}, labels={"team": "ops"}, scopes=["a"])
    item = around(ask([key, declared("User/amy")]))["Key/amy/ci"]
    assert (item.before, item.after) == (None, {"user": "amy", "scopes": ["a"]})
    assert (item.labels, item.secrets) == ({"team": "ops"}, {"key": rule})


def test_an_orphan_stays_until_it_is_pruned() -> None:
    amy = declared("User/amy", labels={"team": "ops"})
    known = found("User/amy"), recorded(amy)
    kept = around(ask([], *known))["User/amy"]
    assert (kept.is_declared, kept.is_managed, kept.stays, kept.labels) == (False, True, True, {"team": "ops"})
    gone = around(ask([], *known, prune=True))["User/amy"]
    assert (gone.is_managed, gone.stays) == (False, False)
    assert gone.after == {**FOUND["User"], "status": "disabled"}


def test_a_deleted_row_is_nowhere_afterwards() -> None:
    amy = declared("User/amy", on_remove="delete")
    item = around(ask([], found("User/amy"), recorded(amy), prune=True))["User/amy"]
    assert (item.before, item.after, item.stays) == (FOUND["User"], None, False)


def test_the_moment_of_a_removal_is_that_of_the_run_and_not_the_word_now() -> None:
    key, amy = declared("Key/amy/ci"), declared("User/amy")
    known = found("User/amy"), recorded(amy), found("Key/amy/ci"), recorded(key)
    item = around(ask([amy], *known, prune=True))["Key/amy/ci"]
    assert item.after is not None
    assert item.after["revoked_at"] == "1970-01-01T00:00:00Z"


def test_what_is_declared_absent_is_no_resource_that_stays() -> None:
    absent = declared("User/amy", state="absent")
    item = around(ask([absent], found("User/amy"), recorded(declared("User/amy"))))["User/amy"]
    assert (item.is_declared, item.is_managed, item.stays) == (False, False, False)
    assert around(ask([absent])) == {}


def test_a_renamed_row_is_looked_at_under_its_new_name_alone() -> None:
    old, new = declared("User/amy", nickname="A"), declared("User/amelia", previously=("amy",), nickname="A")
    state = around(ask([new], found("User/amy", nickname="A"), recorded(old)))
    assert list(state) == ["User/amelia"]
    assert state["User/amelia"].after == {**FOUND["User"], "nickname": "A"}


def test_records_outside_of_what_is_selected_are_left_out() -> None:
    amy, bob = declared("User/amy"), declared("User/bob")
    known = found("User/amy"), recorded(amy), found("User/bob", 2), recorded(bob, 2)
    asked = replace(ask([], *known), removable={at("User/bob")})
    assert list(around(asked)) == ["User/bob"]


def test_the_next_generation_has_what_it_takes_over_and_what_is_written_and_not_the_end_of_the_former() -> None:
    key = declared("Key/amy/ci", scopes=["a"])
    asked = ask([key], found("Key/amy/ci", active=False, revoked_at="2020-01-01T00:00:00Z"), recorded(key))
    written = FieldChange(name="scopes", before=[], after=["a"], reason=Reason.MANIFEST)
    change = Change(
        action=Action.ROTATE, address=key.address, reason="", fields=(written,), carried={"note": "x"}, generation=2
    )
    [item] = after_state(Plan(changes=(change,)), asked)
    assert item.after == {"user": "amy", "note": "x", "scopes": ["a"]}
    assert item.is_managed


def test_an_orphan_whose_owner_is_renamed_is_selected_under_its_new_name() -> None:
    old, new = declared("User/amy", nickname="A"), declared("User/amelia", previously=("amy",), nickname="A")
    key = declared("Key/amy/ci")
    known = found("User/amy", nickname="A"), recorded(old), found("Key/amy/ci", 2), recorded(key, 2)
    asked = replace(ask([new], *known), removable={key.address})
    assert list(around(asked)) == ["User/amelia", "Key/amelia/ci"]


def test_what_is_nowhere_hides_nothing_and_each_has_its_change() -> None:
    absent, amy = declared("User/absent", state="absent"), declared("User/amy", nickname="A")
    state = around(ask([absent, amy], found("User/amy"), recorded(amy)))
    assert list(state) == ["User/amy"]
    change = state["User/amy"].change
    assert change is not None
    assert change.action is Action.UPDATE


def test_what_is_adopted_is_managed_afterwards_and_a_stranger_that_is_left_alone_is_not() -> None:
    adopted, stranger = declared("User/amy"), declared("User/bob", state="created")
    state = around(ask([adopted, stranger], found("User/amy"), found("User/bob", 2)))
    assert {name: (item.is_declared, item.is_managed) for name, item in state.items()} == {
        "User/amy": (True, True),
        "User/bob": (True, False),
    }


def test_the_source_is_where_it_is_declared_or_was_when_it_was_applied_last() -> None:
    amy, bob = declared("User/amy"), declared("User/bob", position=THERE)
    known = found("User/amy"), recorded(replace(amy, position=THERE)), found("User/bob", 2), recorded(bob, 2)
    assert {name: item.source for name, item in around(ask([amy], *known)).items()} == {
        "User/amy": "people.yaml:3",
        "User/bob": "others.yaml:8",
    }


def test_of_a_rotation_that_was_asked_for_it_is_the_rotated_ones_alone() -> None:
    key, amy = declared("Key/amy/ci"), declared("User/amy")
    asked = ask([key, amy], found("User/amy"), recorded(amy), found("Key/amy/ci", 2), recorded(key, 2))
    state = after_state(Plan(changes=()), replace(asked, forced={key.address: Forced()}))
    assert [item.address for item in state] == [key.address]


def test_the_word_now_is_a_moment_only_where_a_removal_writes_it() -> None:
    amy, key = declared("User/amy", nickname="now"), declared("Key/amy/ci", revoked_at="2027-01-01T00:00:00Z")
    state = around(ask([amy, key]))
    assert state["User/amy"].after == {"nickname": "now"}
    assert state["Key/amy/ci"].after == {"user": "amy", "revoked_at": "2027-01-01T00:00:00Z"}


def test_every_part_of_the_key_but_the_name_is_spelled_as_a_manifest_spells_it() -> None:
    team = KindShape(name="Team", key=("org", "name"))
    seat = KindShape(name="Seat", key=("team", "room", "name"), widths=(2, 1, 1), references={"team": "Team"})
    address = Address("Seat", ("o", "t", "a/b", "s"))
    change = Change(action=Action.CREATE, address=address, reason="")
    resource = replace(declared("User/amy"), address=address)
    asked = replace(ask([resource]), shapes={"Team": team, "Seat": seat})
    [item] = after_state(Plan(changes=(change,)), asked)
    assert item.after == {"team": "o/t", "room": "a/b"}
