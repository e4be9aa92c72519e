"""What holds for any database and any declarations: shown on random ones, with a model of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from provision.core.plan import Action, Change, FieldChange, Plan, Reason
from provision.core.planner import make_plan
from provision.core.rename import follow, former_addresses
from provision.core.state import Presence
from provision.core.value import canonical_json, same
from provision.errors import InvalidInputError
from tests.core.outcome import outcome, violations
from tests.core.simulator import Wish, World, apply_plan, question
from tests.core.states import SHAPES
from tests.core.strategies import scenarios, wishes

Scenario = tuple[World, Wish]
Key = TypeVar("Key")
Item = TypeVar("Item")

often = settings(max_examples=100)
sometimes = settings(often, max_examples=40)


def plan(world: World, wish: Wish) -> Plan | None:
    """The plan, or None where there is none because the database could only refuse it."""
    try:
        return make_plan(question(world, wish))
    except InvalidInputError:
        return None


def run(world: World, wish: Wish) -> World:
    """Plan and apply; a wish that cannot come true is not looked at further."""
    found = plan(world, wish)
    assume(found is not None)
    assert found is not None
    return apply_plan(world, found, wish)


@often
@given(scenarios())
def test_a_plan_is_refused_exactly_when_the_database_could_only_refuse_it(scenario: Scenario) -> None:
    world, wish = scenario
    conflicts = list(violations(outcome(world, wish).rows))
    assert (plan(world, wish) is None) == bool(conflicts), conflicts


@often
@given(scenarios())
def test_applying_a_plan_leads_to_what_the_rules_say_and_breaks_no_constraint_on_the_way(scenario: Scenario) -> None:
    world, wish = scenario
    after = run(world, wish)
    expected = outcome(world, wish)
    today = follow(wish.resources, after.snapshot, SHAPES).snapshot.rows
    assert {address: dict(row.fields) for address, row in today.items()} == expected.rows
    assert {address: after.passwords.get(row.primary_key) for address, row in today.items()} == expected.passwords


@often
@given(scenarios(), wishes())
def test_after_any_apply_the_next_plan_is_empty(scenario: Scenario, second: Wish) -> None:
    world, first = scenario
    for wish in (first, second):
        world = run(world, wish)
        again = make_plan(question(world, wish))
        assert again.is_empty, again.changes
        assert again.unchanged == len(wish.resources)
        assert (again.vacate, again.pending if wish.prune else ()) == ((), ())


@sometimes
@given(scenarios())
def test_after_an_apply_the_ledger_knows_exactly_what_is_managed(scenario: Scenario) -> None:
    world, wish = scenario
    after = run(world, wish)
    followed = follow(wish.resources, world.snapshot, SHAPES)
    before, renamed = followed.snapshot, set(followed.renamed.values())
    today = follow(wish.resources, after.snapshot, SHAPES).snapshot
    for address, resource in wish.resources.items():
        last, row = today.records.get(address), today.rows.get(address)
        match resource.lifecycle.state:
            case Presence.ABSENT:
                assert last is None
            case Presence.PRESENT:
                assert last is not None and row is not None  # noqa: PT018  for the type checker
                assert last.primary_key == row.primary_key
                assert last.lifecycle.on_remove == resource.lifecycle.on_remove
                assert last.labels == resource.labels
            case Presence.CREATED:
                hands_off = address in before.rows and address not in before.records
                assert (last is None) == (hands_off and address not in renamed)


@sometimes
@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_of_documents_rows_and_records_does_not_matter(scenario: Scenario, random: Random) -> None:
    world, wish = scenario
    snapshot = replace(
        world.snapshot,
        rows=shuffled(world.snapshot.rows, random),
        records=shuffled(world.snapshot.records, random),
        foreign=shuffled(world.snapshot.foreign, random),
    )
    other = replace(world, snapshot=snapshot), replace(wish, resources=shuffled(wish.resources, random))
    assert outcome_of_planning(world, wish) == outcome_of_planning(*other)


@sometimes
@given(scenarios())
def test_what_is_neither_declared_nor_ours_is_never_touched(scenario: Scenario) -> None:
    world, wish = scenario
    after = run(world, wish)
    before = follow(wish.resources, world.snapshot, SHAPES).snapshot
    now = {row.primary_key: row for row in follow(wish.resources, after.snapshot, SHAPES).snapshot.rows.values()}
    for address, row in before.rows.items():
        last = before.records.get(address)
        ours = last is not None and last.primary_key == row.primary_key
        if address not in wish.resources and not (ours and wish.prune):
            assert now[row.primary_key] == row
            assert after.passwords.get(row.primary_key) == world.passwords.get(row.primary_key)


@sometimes
@given(scenarios())
def test_every_change_has_something_to_say(scenario: Scenario) -> None:
    world, wish = scenario
    found = plan(world, wish)
    assume(found is not None)
    assert found is not None
    assert len({change.address for change in found.changes}) == len(found.changes)
    for change in found.changes:
        assert all(item.sensitive or not same(item.before, item.after) for item in differing(change))
        if change.action is Action.UPDATE:
            assert change.fields or change.metadata or change.released
        assert (change.previous is not None) == (change.action is Action.RENAME)
        assert change.reason


@sometimes
@given(scenarios())
def test_without_prune_only_what_is_declared_absent_is_removed(scenario: Scenario) -> None:
    world, wish = scenario
    found = plan(world, replace(wish, prune=False))
    assume(found is not None)
    assert found is not None
    for change in found.changes:
        if change.action.is_removal:
            assert wish.resources[change.address].lifecycle.state is Presence.ABSENT
    waiting = {change.address for change in found.pending}
    followed = follow(wish.resources, world.snapshot, SHAPES).snapshot
    assert waiting == followed.records.keys() - wish.resources.keys()


@sometimes
@given(scenarios())
def test_the_plan_knows_how_many_administrators_will_be_left(scenario: Scenario) -> None:
    world, wish = scenario
    found = plan(world, wish)
    assume(found is not None)
    assert found is not None
    after = apply_plan(world, found, wish)
    before_and_after = world.snapshot.administrators["User"], after.snapshot.administrators["User"]
    assert found.administrators == {"User": before_and_after}


@sometimes
@given(scenarios(), wishes())
def test_fingerprints_are_equal_exactly_when_the_changes_are(scenario: Scenario, other: Wish) -> None:
    world, one = scenario
    plans = plan(world, one), plan(world, other), plan(world, replace(one, prune=not one.prune))
    found = [item for item in plans if item is not None]
    for left in found:
        for right in found:
            equal = [essence(item) for item in left.changes] == [essence(item) for item in right.changes]
            assert (left.fingerprint() == right.fingerprint()) == equal


@sometimes
@given(scenarios())
def test_everything_that_a_plan_touches_was_looked_up(scenario: Scenario) -> None:
    world, wish = scenario
    found = plan(world, wish)
    assume(found is not None)
    assert found is not None
    formerly = {*former_addresses(wish.resources, SHAPES)}
    looked_up = {*wish.resources, *world.snapshot.records, *formerly}
    for change in found.changes:
        if change.previous is not None:
            assert change.previous in looked_up
    assert found.moved.keys() <= looked_up


def shuffled(items: Mapping[Key, Item], random: Random) -> dict[Key, Item]:
    """The same items in another order."""
    pairs = list(items.items())
    random.shuffle(pairs)
    return dict(pairs)


def outcome_of_planning(world: World, wish: Wish) -> object:
    """The plan, or the problems, to compare."""
    try:
        return make_plan(question(world, wish))
    except InvalidInputError as refused:
        return refused.problems


def differing(change: Change) -> tuple[FieldChange, ...]:
    """The fields that say what was before; a row that is made has nothing before."""
    return () if change.action is Action.CREATE else (*change.fields, *change.metadata)


def essence(change: Change) -> Change:
    """A change without what is only said about it, its values by their spelling."""
    return replace(
        change,
        reason="",
        position=None,
        recorded_source="",
        previous=None,
        fields=tuple(map(spelled, change.fields)),
        metadata=tuple(map(spelled, change.metadata)),
    )


def spelled(item: FieldChange) -> FieldChange:
    """A field with its values as JSON, so that `True` and `1` differ."""
    return replace(
        item, before=canonical_json(item.before), after=canonical_json(item.after), reason=Reason.NEW, sensitive=False
    )
