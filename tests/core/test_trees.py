"""Trees, circles and keys of several parts: in which order they are written, by example."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.address import Address
from provision.core.keys import key_fields, named, owners_of, reference_to, referred, with_owners
from provision.core.order import Ordered, in_order
from provision.core.plan import Action, Change, FieldChange, Reason
from provision.core.planner import Question, make_plan
from provision.core.shape import CircleError, KindShape, breakable, creation_order
from provision.core.state import Lifecycle, OnRemove, Presence, Resource, Row, Snapshot
from provision.core.value import Fields, Value
from provision.errors import Position

NODE = KindShape(name="Node", key=("name",), references={"up": "Node"}, nullable=frozenset({"up"}))
STRICT = KindShape(name="Strict", key=("name",), references={"up": "Strict"})
A = KindShape(name="A", key=("name",), references={"b": "B"}, nullable=frozenset({"b"}))
B = KindShape(name="B", key=("name",), references={"a": "A"})
ORG = KindShape(name="Org", key=("name",))
TEAM = KindShape(name="Team", key=("org", "name"), references={"org": "Org"})
SEAT = KindShape(name="Seat", key=("team", "room", "name"), references={"team": "Team"}, widths=(2, 1, 1))
SHAPES = {shape.name: shape for shape in (NODE, STRICT, A, B, ORG, TEAM, SEAT)}


def create(kind: str, name: str, **fields: Value) -> Change:
    written = tuple(FieldChange(name=n, before=None, after=v, reason=Reason.NEW) for n, v in fields.items())
    return Change(action=Action.CREATE, address=Address(kind, (name,)), reason="", fields=written)


def ordered(*changes: Change) -> Ordered:
    return in_order(changes, {}, SHAPES)


def deleted(kind: str, **rows: Fields) -> Ordered:
    """The order in which these rows go."""
    found = {
        Address(kind, (n,)): Row(address=Address(kind, (n,)), primary_key=(n,), fields=f) for n, f in rows.items()
    }
    return in_order([Change(action=Action.DELETE, address=at, reason="") for at in found], found, SHAPES)


def names(found: Ordered) -> list[str]:
    return [change.address.key[-1] for change in found.changes]


def test_a_tree_is_made_from_its_root_and_goes_from_its_leaves() -> None:
    found = ordered(create("Node", "a", up="b"), create("Node", "b", up="c"), create("Node", "c", up=None))
    assert (names(found), found.deferred) == (["c", "b", "a"], ())
    gone = deleted("Node", a={"up": "b"}, b={"up": "c"}, c={"up": None})
    assert (names(gone), gone.emptied) == (["a", "b", "c"], ())


def test_what_is_there_already_needs_no_order() -> None:
    assert names(ordered(create("Node", "a", up="z"), create("Node", "b", up="old"))) == ["a", "b"]


def test_a_circle_of_rows_is_made_without_its_references_and_gets_them_afterwards() -> None:
    found = ordered(create("Node", "a", up="b"), create("Node", "b", up="a"))
    assert found.deferred == ((Address("Node", ("a",)), "up"), (Address("Node", ("b",)), "up"))
    gone = deleted("Node", a={"up": "b"}, b={"up": "a"})
    assert len(gone.emptied) == 2


def test_the_plan_has_what_is_written_after_all_rows_are_there_and_what_is_emptied_before_they_go() -> None:
    a, b = Address("Node", ("a",)), Address("Node", ("b",))
    here = Position(file="tree.yaml", line=1)
    circle = [Resource(address=x, fields={"up": y.key[0]}, position=here) for x, y in ((a, b), (b, a))]
    question = Question(
        resources={item.address: item for item in circle}, snapshot=Snapshot(rows={}, records={}), shapes=SHAPES
    )
    assert make_plan(question).deferred == ((a, "up"), (b, "up"))
    deleting = Lifecycle(state=Presence.ABSENT, on_remove=OnRemove.DELETE)
    rows = {item.address: Row(address=item.address, primary_key=(1,), fields=item.fields) for item in circle}
    gone = replace(
        question,
        resources={item.address: replace(item, lifecycle=deleting) for item in circle},
        snapshot=Snapshot(rows=rows, records={}),
    )
    assert make_plan(gone).vacate == ((a, "up"), (b, "up"))


def test_a_row_that_refers_to_itself_gets_that_afterwards_and_goes_at_once() -> None:
    assert ordered(create("Node", "a", up="a")).deferred == ((Address("Node", ("a",)), "up"),)
    assert deleted("Node", a={"up": "a"}).emptied == ()
    assert deleted("Strict", a={"up": "a"}).problems == ()


def test_a_circle_of_rows_that_no_null_breaks_is_a_problem_of_each_of_them() -> None:
    here = Position(file="tree.yaml", line=4)
    found = ordered(replace(create("Strict", "a", up="b"), position=here), create("Strict", "b", up="a"))
    assert [(problem.path, problem.position) for problem in found.problems] == [("spec.up", here), ("spec.up", None)]
    assert found.problems[0].message == "Strict/a refers in a circle to itself, and up may not be null"
    assert found.problems[0].hint == "no order is possible; let one of them refer to a row outside the circle"


def test_a_circle_of_kinds_is_broken_where_null_is_allowed() -> None:
    assert creation_order({"A": A, "B": B}) == ("A", "B")
    assert breakable(SHAPES) == {("A", "b"), ("Node", "up")}
    found = ordered(create("B", "y", a="x"), create("A", "x", b="y"))
    assert (names(found), found.deferred) == (["x", "y"], ((Address("A", ("x",)), "b"),))


def test_what_a_circle_of_kinds_refers_to_outside_of_it_comes_first_although_it_may_be_null() -> None:
    outside = KindShape(name="A", key=("name",), references={"b": "B", "z": "Z"}, nullable=frozenset({"b", "z"}))
    shapes = {"A": outside, "B": B, "Z": KindShape(name="Z", key=("name",))}
    assert creation_order(shapes) == ("Z", "A", "B")
    assert breakable(shapes) == {("A", "b")}


def test_a_part_of_the_key_cannot_wait() -> None:
    part = KindShape(name="A", key=("b", "name"), references={"b": "B"}, nullable=frozenset({"b"}))
    assert breakable({"A": part, "B": B}) == frozenset()


def test_a_circle_that_no_null_breaks_is_told() -> None:
    strict = KindShape(name="A", key=("name",), references={"b": "B"})
    with pytest.raises(CircleError) as caught:
        creation_order({"A": strict, "B": B})
    assert set(caught.value.kinds) == {"A", "B"}


def test_lists_of_names_do_not_count_in_the_order_of_kinds() -> None:
    left = KindShape(name="Left", key=("name",), links={"rights": "Right"})
    right = KindShape(name="Right", key=("name",), links={"lefts": "Left"})
    assert creation_order({"Left": left, "Right": right}) == ("Left", "Right")


def test_a_key_is_taken_apart_by_how_many_parts_each_field_makes() -> None:
    seat = Address("Seat", ("o", "t", "r", "s"))
    assert list(key_fields(seat, SEAT)) == [("team", ("o", "t")), ("room", ("r",)), ("name", ("s",))]
    with pytest.raises(ValueError, match="zip"):
        list(key_fields(Address("Team", ("o",)), TEAM))
    with pytest.raises(ValueError, match="zip"):
        list(key_fields(seat, replace(SEAT, widths=(2, 2))))
    assert owners_of(seat, SHAPES) == (("team", Address("Team", ("o", "t"))),)
    renamed = with_owners(seat, SHAPES, lambda owner: Address(owner.kind, ("new", *owner.key[1:])))
    assert renamed == Address("Seat", ("new", "t", "r", "s"))


def test_a_reference_to_a_key_of_several_parts_has_slashes_between_them() -> None:
    team = Address("Team", ("o/1", "50%"))
    assert reference_to(team) == "o%2F1/50%25"
    assert reference_to(Address("Org", ("o/1",))) == "o/1"
    assert referred("Team", "o%2F1/50%25", SHAPES) == team
    assert referred("Org", "o/1", SHAPES) == Address("Org", ("o/1",))
    assert list(named("Org", ["a/b", "c"], SHAPES)) == [Address("Org", ("a/b",)), Address("Org", ("c",))]
    assert list(named("Org", None, SHAPES)) == []
