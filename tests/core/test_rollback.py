"""Rolling back a run: what it changed gets its former values, where nobody has changed it since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from provision.core.address import Address
from provision.core.deed import Deed, read_deed
from provision.core.guards import Limits, refusals
from provision.core.plan import Action, Plan, Reason
from provision.core.planner import make_plan
from provision.core.rollback import MADE_BY_THAT_RUN, addresses_to_look_up, as_rollback, restore, superseded
from provision.core.state import PrimaryKey, Row, SecretRecord, SecretRule, SecretUpdate
from provision.core.value import Fields, Value, same
from provision.errors import InvalidInputError, Position
from tests.core.simulator import Wish, World, apply_plan, question
from tests.core.states import SHAPES, Known, at, declared, found, only, reasons, recorded, shown, snapshot, written
from tests.core.strategies import scenarios
from tests.core.undoing import deeds_of, question_of, roll_back

ALICE = declared("User/alice", nickname="Alice", email="a@b.c")
UPDATED = read_deed("User/alice", "update", "", [{"name": "nickname", "before": "Ally", "after": "Alice"}])


def undone(deeds: Iterable[Deed], *known: Known, foreign: Mapping[str, str] | None = None) -> tuple[Plan, str]:
    """The plan that undoes these, and everything that is said of it."""
    here = snapshot(*known, foreign=foreign)
    restoration = restore(list(deeds), here, SHAPES)
    return make_plan(question_of(restoration, here)), "\n".join(restoration.remarks)


def test_a_field_gets_the_value_from_before_the_run_and_no_other_is_written_released_or_forgotten() -> None:
    record = replace(recorded(ALICE), secrets={"password": SecretRecord(version="2", fingerprint="f")})
    plan, said = undone([UPDATED], found("User/alice", nickname="Alice", email="by@hand"), record)
    change = only(plan)
    assert (written(change), change.metadata, change.released) == ({"nickname": ("Alice", "Ally")}, (), ())
    assert change.source == "people.yaml:3"
    assert said == ""


def test_what_somebody_has_changed_since_is_left_and_said() -> None:
    plan, said = undone([UPDATED], found("User/alice", nickname="Lissy"), recorded(ALICE))
    assert plan.is_empty
    assert said == "nickname of User/alice was changed since, left as it is"


def test_what_has_its_former_value_already_is_no_change_and_not_worth_a_word() -> None:
    plan, said = undone([UPDATED], found("User/alice", nickname="Ally"), recorded(ALICE))
    assert (plan.is_empty, said) == (True, "")


def test_beside_a_field_that_is_restored_it_is_said_what_is_left() -> None:
    items: list[Value] = [{"name": name, "before": None, "after": "x"} for name in ("nickname", "email")]
    record = recorded(declared("User/alice", nickname="x", email="x"))
    plan, said = undone(
        [read_deed("User/alice", "update", "", items)], found("User/alice", nickname="x", email="by@hand"), record
    )
    assert written(only(plan)) == {"nickname": ("x", None)}
    assert said == "email of User/alice was changed since, left as it is"


def test_what_is_remembered_beside_the_fields_stays_as_it_is() -> None:
    rule = SecretRule(version="2")
    record = recorded(declared("User/alice", nickname="Alice", labels={"team": "red"}, secrets={"password": rule}))
    here = snapshot(found("User/alice", nickname="Alice"), record)
    resource = restore([UPDATED], here, SHAPES).resources[at("User/alice")]
    assert (resource.labels, resource.secrets, resource.previously) == ({"team": "red"}, {"password": rule}, ())


def test_a_field_that_is_not_managed_any_more_is_left() -> None:
    record = recorded(declared("User/alice", email="a@b.c"))
    plan, said = undone([UPDATED], found("User/alice", nickname="Alice"), record)
    assert plan.is_empty
    assert said == "nickname of User/alice is not managed any more, left as it is"


def test_what_the_run_made_goes_by_the_removal_recorded_with_it_and_without_prune() -> None:
    made = [read_deed(f"User/{name}", "create", "", []) for name in ("a", "b", "c")]
    known: list[Known] = []
    for key, (name, on_remove) in enumerate([("a", "disable"), ("b", "delete"), ("c", "abandon")], start=1):
        known += [found(f"User/{name}", key), recorded(declared(f"User/{name}", on_remove=on_remove), key)]
    plan, _ = undone(made, *known)
    assert shown(plan.changes) == ["disable User/a", "delete User/b", "abandon User/c"]
    assert {change.reason for change in plan.changes} == {"made by the run that is rolled back"}


def test_what_is_protected_from_removal_is_refused() -> None:
    made = read_deed("User/a", "create", "", [])
    plan, _ = undone([made], found("User/a"), recorded(declared("User/a", prevent_removal=True)))
    assert plan.is_empty
    assert [refusal.guard for refusal in refusals(plan, Limits())] == ["prevent_removal"]


def test_what_was_disabled_is_enabled_and_managed_again() -> None:
    disabled = read_deed(
        "User/a", "disable", "a.yaml:7", [{"name": "status", "before": "active", "after": "disabled"}]
    )
    plan, said = undone([disabled], found("User/a", status="disabled"))
    change = only(plan)
    assert (change.action, written(change)) == (Action.ADOPT, {"status": ("disabled", "active")})
    assert said == "User/a is managed again, of it only status: apply its manifest again (a.yaml:7)"


def test_of_what_is_managed_again_every_restored_field_is_named() -> None:
    items: list[Value] = [
        {"name": "active", "before": True, "after": False},
        {"name": "revoked_at", "before": None, "after": "now"},
    ]
    row = found("Key/alice/ci", 2, active=False, revoked_at="2026-11-24T00:00:00Z")
    _, said = undone([read_deed("Key/alice/ci", "disable", "", items)], found("User/alice"), row)
    assert said == "Key/alice/ci is managed again, of it only revoked_at, active: apply its manifest again"


def test_what_was_disabled_and_is_managed_again_already_gets_back_what_is_managed() -> None:
    items: list[Value] = [{"name": "status", "before": "active", "after": "disabled"}]
    record = recorded(declared("User/a", nickname="A"))
    plan, said = undone([read_deed("User/a", "disable", "", items)], found("User/a", status="disabled"), record)
    assert plan.is_empty
    assert said == "status of User/a is not managed any more, left as it is"


def test_what_another_project_took_meanwhile_is_refused() -> None:
    disabled = read_deed("User/a", "disable", "", [{"name": "status", "before": "active", "after": "disabled"}])
    plan, _ = undone([disabled], found("User/a", status="disabled"), foreign={"User/a": "crm"})
    assert [refusal.guard for refusal in refusals(plan, Limits())] == ["ownership"]


def test_a_moment_that_the_run_wrote_is_as_it_left_it_whichever_moment_it_is() -> None:
    items: list[Value] = [{"name": "revoked_at", "before": None, "after": "now"}]
    disabled = read_deed("Key/alice/ci", "disable", "", items)
    row = found("Key/alice/ci", 2, revoked_at="2026-11-24T00:00:00Z")
    plan, _ = undone([disabled], found("User/alice"), row)
    assert written(only(plan)) == {"revoked_at": ("2026-11-24T00:00:00Z", None)}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("delete", "User/a was deleted, which a rollback cannot undo: apply its manifest again (a.yaml:7)"),
        ("abandon", "User/a was let go, and its row not touched: apply its manifest again (a.yaml:7)"),
        ("rotate", "User/a was rotated, which a rollback cannot undo: its new key stays"),
        ("retire", "former generations of User/a were revoked, which a rollback cannot undo"),
        ("create", "User/a is not managed any more, left as it is"),
        ("update", "User/a is not managed any more, left as it is"),
    ],
)
def test_what_cannot_be_undone_is_said(action: str, said: str) -> None:
    assert undone([read_deed("User/a", action, "a.yaml:7", [])], found("User/a"))[1] == said


def test_secrets_are_never_restored_and_named_once() -> None:
    secret: Value = {"name": "password", "sensitive": True, "after": "sha256:0123"}
    deeds = [read_deed(f"User/{name}", "update", "", [secret]) for name in ("a", "b")]
    plan, said = undone(deeds, found("User/a"), found("User/b", 2), recorded(declared("User/a")))
    assert plan.is_empty
    assert said.splitlines()[0] == (
        "secrets are never rolled back, these stay as they are: password of User/a, password of User/b"
    )


def test_a_row_gets_its_former_name_back_and_what_carries_it_follows() -> None:
    renamed = read_deed("User/alice", "rename", "", [{"previous": "User/alicia"}])
    key = read_deed("Key/alice/ci", "update", "", [{"name": "scopes", "before": ["a"], "after": []}])
    plan, _ = undone(
        [renamed, key],
        found("User/alice"),
        recorded(ALICE),
        found("Key/alice/ci", 2),
        recorded(declared("Key/alice/ci", scopes=[]), 2),
        found("Key/alice/other", 3),
        recorded(declared("Key/alice/other"), 3),
    )
    assert shown(plan.changes) == ["rename User/alicia", "update Key/alicia/ci"]
    assert plan.moved == {at(f"Key/alice/{name}"): at(f"Key/alicia/{name}") for name in ("ci", "other")} | {
        at("User/alice"): at("User/alicia")
    }


def test_a_key_gets_its_former_name_back_below_the_former_name_of_its_owner() -> None:
    owner = read_deed("User/alice", "rename", "", [{"previous": "User/alicia"}])
    key = read_deed("Key/alice/ci", "rename", "", [{"previous": "Key/alicia/old"}])
    known = (
        *(found("User/alice"), recorded(ALICE)),
        *(found("Key/alice/ci", 2), recorded(declared("Key/alice/ci"), 2)),
    )
    assert shown(undone([UPDATED, key], *known)[0].changes) == ["rename Key/alice/old"]
    assert shown(undone([key, owner], *known)[0].changes) == ["rename User/alicia", "rename Key/alicia/old"]


@pytest.mark.parametrize("taken", ["Key/alice/old", "Key/alicia/old"])
def test_a_key_keeps_its_name_when_the_former_one_is_taken_below_either_name_of_its_owner(taken: str) -> None:
    deeds = [
        read_deed("User/alice", "rename", "", [{"previous": "User/alicia"}]),
        read_deed("Key/alice/ci", "rename", "", [{"previous": "Key/alicia/old"}]),
    ]
    here = snapshot(
        *(found("User/alice"), recorded(ALICE)),
        *(found("Key/alice/ci", 2), recorded(declared("Key/alice/ci"), 2)),
        found(taken, 3),
    )
    assert restore(deeds, here, SHAPES).remarks == (
        "Key/alice/ci keeps its name: the former one, Key/alicia/old, is taken",
    )


def test_a_name_is_given_back_whatever_else_the_run_did_before() -> None:
    aaron = declared("User/aaron", nickname="Alice")
    other = replace(UPDATED, address=aaron.address)
    renamed = read_deed("User/alice", "rename", "", [{"previous": "User/alicia"}])
    known = (found("User/alice"), recorded(ALICE), found("User/aaron", 2, nickname="Alice"), recorded(aaron, 2))
    assert shown(undone([other, renamed], *known)[0].changes) == ["update User/aaron", "rename User/alicia"]


def test_a_reference_keeps_the_name_of_what_is_not_ours_to_rename_back() -> None:
    renamed = read_deed("Team/new", "rename", "", [{"previous": "Team/old"}])
    left = read_deed("User/alice", "update", "", [{"name": "team", "before": "new", "after": None}])
    known = (found("Team/new", 1), found("User/alice", 2), recorded(declared("User/alice", team=None), 2))
    plan, _ = undone([renamed, left], *known)
    assert written(only(plan)) == {"team": (None, "new")}


def test_a_reference_follows_the_name_that_is_given_back() -> None:
    renamed = read_deed("Team/new", "rename", "", [{"previous": "Team/old"}])
    left = read_deed("User/alice", "update", "", [{"name": "team", "before": "new", "after": None}])
    member = declared("User/alice", team=None)
    plan, said = undone(
        [renamed, left],
        found("Team/new", 1),
        recorded(declared("Team/new"), 1),
        found("User/alice", 2),
        recorded(member, 2),
    )
    assert shown(plan.changes) == ["rename Team/old", "update User/alice"]
    assert written(plan.changes[1]) == {"team": (None, "old")}
    assert said == ""


def test_what_former_values_and_names_lead_to_is_looked_up() -> None:
    deeds = [
        read_deed("User/alice", "update", "", [{"name": "team", "before": "t1", "after": None}]),
        read_deed("Gone/x", "update", "", []),
        read_deed("Key/bob/ci", "rename", "", [{"previous": "Key/bobby/old"}]),
        read_deed("User/dan", "rename", "", [{"previous": "User/daniel"}]),
    ]
    wanted = {str(address) for address in addresses_to_look_up(deeds, {at("User/ours"): recorded(ALICE)}, SHAPES)}
    keys = {"Key/bob/ci", "Key/bobby/old", "Key/bob/old"}
    assert wanted == {"User/alice", "Team/t1", "User/bob", "User/ours", "User/dan", "User/daniel"} | keys


def test_a_row_keeps_its_name_when_the_former_one_is_taken() -> None:
    renamed = read_deed("User/alice", "rename", "", [{"previous": "User/alicia"}])
    plan, said = undone([renamed], found("User/alice"), recorded(ALICE), found("User/alicia", 2))
    assert plan.is_empty
    assert said == "User/alice keeps its name: the former one, User/alicia, is taken"


def test_a_row_keeps_its_name_when_the_run_was_one_of_a_program_that_did_not_note_the_former_one() -> None:
    plan, said = undone([read_deed("User/alice", "rename", "", [])], found("User/alice"), recorded(ALICE))
    assert plan.is_empty
    assert said == "User/alice keeps its name: the former one was not noted by that run"


def test_a_reference_to_what_is_gone_is_left() -> None:
    moved = read_deed("User/alice", "update", "", [{"name": "team", "before": "t1", "after": None}])
    plan, said = undone([moved], found("User/alice"), recorded(declared("User/alice", team=None)))
    assert plan.is_empty
    assert said == "team of User/alice referred to Team/t1, which is not there any more, left as it is"
    private = {**SHAPES, "User": replace(SHAPES["User"], private=frozenset({"team"}))}
    here = snapshot(found("User/alice"), recorded(declared("User/alice", team=None)))
    assert restore([moved], here, private).remarks == (
        "team of User/alice referred to a row, which is not there any more, left as it is",
    )


def test_names_in_a_list_follow_the_names_that_are_given_back() -> None:
    shapes = {**SHAPES, "User": replace(SHAPES["User"], links={"teams": "Team"})}
    here = snapshot(
        *(found("Team/new", 1), recorded(declared("Team/new"), 1), found("Team/most", 3)),
        *(found("User/alice", 2, teams=[]), recorded(declared("User/alice", teams=[]), 2)),
    )
    deeds = [
        read_deed("Team/new", "rename", "", [{"previous": "Team/old"}]),
        read_deed("User/alice", "update", "", [{"name": "teams", "before": ["most", "new"], "after": []}]),
    ]
    assert restore(deeds, here, shapes).resources[at("User/alice")].fields == {"teams": ["most", "old"]}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ((recorded(ALICE),), "the row of User/alice is gone"),
        ((recorded(ALICE), found("User/alice", 9, nickname="Alice")), "the row of User/alice is another one now"),
        ((recorded(declared("User/alice", state="created")), found("User/alice")), "has state: created by now"),
    ],
)
def test_nothing_is_made_or_written_where_the_row_is_not_ours_to_change(known: tuple[Known, ...], said: str) -> None:
    plan, remarks = undone([UPDATED], *known)
    assert plan.is_empty
    assert said in remarks


def test_what_was_removed_or_made_anew_after_the_run_is_left() -> None:
    later = [read_deed("User/alice", action, "", []) for action in ("update", "disable")]
    assert superseded(later[:1]) == frozenset()
    here = snapshot(found("User/alice", nickname="Alice"), recorded(ALICE))
    restoration = restore([UPDATED], here, SHAPES, superseded(later))
    assert (restoration.resources, restoration.removable) == ({}, frozenset())
    assert restoration.remarks == ("User/alice was removed or made anew since, left as it is",)


def test_labels_and_lifecycle_are_a_matter_of_the_manifest() -> None:
    names = ["labels", "lifecycle.on_remove", "a column that is gone"]
    items: list[Value] = [{"name": name, "before": None, "after": "x"} for name in names]
    plan, said = undone([read_deed("User/alice", "update", "", items)], found("User/alice"), recorded(ALICE))
    assert plan.is_empty
    assert set(said.splitlines()) == {
        f"{name} of User/alice is a matter of the manifest, left as it is" for name in names[:2]
    }


def test_a_change_of_a_kind_that_is_not_bound_any_more_is_left() -> None:
    strange = [read_deed("Gone/x", "update", "", []), read_deed("Key/too/many/parts", "create", "", [])]
    assert addresses_to_look_up(strange, {}, SHAPES) == set()
    assert len(restore(strange, snapshot(), SHAPES).remarks) == len(strange)


def test_the_reasons_are_those_of_a_rollback() -> None:
    plan, _ = undone([UPDATED], found("User/alice", nickname="Alice"), recorded(ALICE))
    change = only(as_rollback(plan, "5df7c2d2"))
    assert change.reason == "as before the run that is rolled back"
    assert reasons(change) == {"nickname": Reason.ROLLBACK.value}


def test_a_rollback_is_another_plan_than_the_same_changes_or_the_rollback_of_another_run() -> None:
    plan, _ = undone([UPDATED], found("User/alice", nickname="Alice"), recorded(ALICE))
    one, other = as_rollback(plan, "5df7c2d2"), as_rollback(plan, "60aa1000")
    assert len({item.fingerprint() for item in (plan, one, other)}) == 3


def test_the_reasons_of_what_goes_and_of_what_is_managed_again_are_their_own() -> None:
    made = read_deed("User/new", "create", "", [])
    disabled = read_deed("User/off", "disable", "", [{"name": "status", "before": "active", "after": "disabled"}])
    known = (found("User/new"), recorded(declared("User/new")), found("User/off", 2, status="disabled"))
    back, gone = as_rollback(undone([made, disabled], *known)[0], "5df7c2d2").changes
    assert (back.action, back.reason) == ("adopt", "exists already, and is managed from now on")
    assert reasons(back) == {"status": Reason.ROLLBACK.value}
    assert (gone.action, gone.reason) == ("disable", MADE_BY_THAT_RUN)
    assert reasons(gone) == {"status": Reason.REMOVAL.value}


def test_a_password_that_is_always_kept_is_not_asked_for() -> None:
    rule = SecretRule(update=SecretUpdate.ALWAYS, generated=True)
    record = recorded(declared("User/alice", secrets={"password": rule}, nickname="Alice"))
    plan, _ = undone([UPDATED], found("User/alice", nickname="Alice"), record)
    assert written(only(plan)) == {"nickname": ("Alice", "Ally")}


@pytest.mark.parametrize(
    ("source", "file", "line"),
    [
        ("C:/x/a.yaml:12", "C:/x/a.yaml", 12),
        ("C:/x/a.yaml", "C:/x/a.yaml", 0),
        ("a.yaml", "a.yaml", 0),
        (":7", ":7", 0),
        ("", "", 0),
    ],
)
def test_the_place_is_the_one_that_the_ledger_remembers(source: str, file: str, line: int) -> None:
    record = replace(recorded(ALICE), source=source)
    restoration = restore([UPDATED], snapshot(found("User/alice", nickname="Alice"), record), SHAPES)
    assert restoration.resources[at("User/alice")].position == Position(file=file, line=line)


often = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@often
@given(scenarios(), st.data())
def test_every_field_that_a_plan_changed_and_nobody_touched_since_has_its_former_value(
    scenario: tuple[World, Wish], data: st.DataObject
) -> None:
    first, applied = _applied(*scenario)
    touched = data.draw(st.sets(st.sampled_from(_written(first)), max_size=2)) if _written(first) else set()
    world = _touch(applied, touched)
    try:
        restoration, _, after = roll_back(world, deeds_of(first))
    except InvalidInputError:
        assume(False)
    said = "\n".join(restoration.remarks)
    renamed = any(resource.previously for resource in restoration.resources.values())
    before, now = _by_key(world.snapshot.rows.values()), _by_key(after.snapshot.rows.values())
    for change in first.changes:
        record = world.snapshot.records.get(change.address)
        if (
            change.action not in (Action.UPDATE, Action.ADOPT, Action.RENAME)
            or change.primary_key is None
            or not record
        ):
            continue
        for item in change.fields:
            if item.sensitive or f"{item.name} of {change.address} referred to" in said:
                continue
            restored = now[change.primary_key][item.name]
            if (change.primary_key, item.name) in touched:
                assert same(restored, before[change.primary_key][item.name])
                assert f"{item.name} of {change.address} was changed since" in said
            elif item.name != "team" or not renamed:
                assert same(restored, item.before), (change, item)


@often
@given(scenarios())
def test_a_rollback_writes_nothing_that_the_plan_did_not_write_and_a_second_one_nothing_at_all(
    scenario: tuple[World, Wish],
) -> None:
    first, world = _applied(*scenario)
    try:
        _, second, after = roll_back(world, deeds_of(first))
    except InvalidInputError:
        assume(False)
    wrote = {(change.primary_key, item.name) for change in first.changes for item in change.fields}
    made = {world.snapshot.rows[change.address].primary_key for change in first.changes if change.makes_row}
    for change in second.changes:
        assert change.primary_key in made or {(change.primary_key, item.name) for item in change.fields} <= wrote
        assert not any(item.sensitive for item in change.fields)
    gone = superseded(deeds_of(second))
    again = restore(deeds_of(first), after.snapshot, SHAPES, gone)
    assert make_plan(question_of(again, after.snapshot)).is_empty


@often
@given(scenarios())
def test_what_is_looked_up_is_all_that_counts(scenario: tuple[World, Wish]) -> None:
    first, world = _applied(*scenario)
    deeds, seen = deeds_of(first), world.snapshot
    wanted = addresses_to_look_up(deeds, seen.records, SHAPES)
    rows = {address: row for address, row in seen.rows.items() if address in wanted}
    assert restore(deeds, replace(seen, rows=rows), SHAPES) == restore(deeds, seen, SHAPES)


def _applied(world: World, wish: Wish) -> tuple[Plan, World]:
    try:
        plan = make_plan(question(world, wish))
    except InvalidInputError:
        assume(False)
    return plan, apply_plan(world, plan, wish)


def _written(plan: Plan) -> list[tuple[PrimaryKey, str]]:
    """Plain fields that may have any value and that the plan wrote."""
    return [
        (change.primary_key, item.name)
        for change in plan.changes
        if change.action in (Action.UPDATE, Action.ADOPT, Action.RENAME) and change.primary_key is not None
        for item in change.fields
        if item.name in ("nickname", "title", "scopes")
    ]


def _touch(world: World, fields: set[tuple[PrimaryKey, str]]) -> World:
    """Somebody writes to these fields by hand."""
    rows: dict[Address, Row] = {}
    for address, row in world.snapshot.rows.items():
        values = {name: "by hand" for key, name in fields if key == row.primary_key}
        rows[address] = replace(row, fields={**row.fields, **values})
    return replace(world, snapshot=replace(world.snapshot, rows=rows))


def _by_key(rows: Iterable[Row]) -> Mapping[PrimaryKey, Fields]:
    return {row.primary_key: row.fields for row in rows}
