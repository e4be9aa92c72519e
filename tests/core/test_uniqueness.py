"""Values that the database keeps unique."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.planner import make_plan
from provision.core.state import Record, Resource
from provision.core.uniqueness import declared_twice
from provision.errors import InvalidInputError, Position, Problem
from tests.core.states import SHAPES, THERE, USER, Known, ask, at, declared, elsewhere, found, plan, recorded, shown


def problems(*resources: Resource, rows: tuple[Known, ...], prune: bool = False) -> tuple[Problem, ...]:
    """What a plan is refused for."""
    with pytest.raises(InvalidInputError) as refused:
        plan(resources, *rows, prune=prune)
    return refused.value.problems


def test_two_documents_with_one_value_are_told_apart_by_their_places() -> None:
    first, second = declared("User/a", email="x@x.org"), declared("User/b", email="x@x.org", position=THERE)
    (problem,) = declared_twice({item.address: item for item in (first, second)}, SHAPES)
    assert str(problem) == (
        "others.yaml:8:1: spec.email: User/a declares the same value (people.yaml:3:1), and it must be unique. "
        "Hint: give each its own value, or remove one"
    )


@pytest.mark.parametrize(
    "second",
    [
        declared("User/b", email=None),
        declared("User/b", email="x@x.org", state="absent"),
        declared("User/b", email="X@x.org"),
        declared("User/b", desk="x@x.org"),
    ],
)
def test_nothing_else_counts_as_declared_twice(second: Resource) -> None:
    first = declared("User/a", email="x@x.org")
    nobody = declared("User/c", email=None)
    assert not list(declared_twice({item.address: item for item in (first, second, nobody)}, SHAPES))


def test_what_is_declared_absent_does_not_hide_two_of_a_value() -> None:
    gone = declared("User/0", email="x@x.org", state="absent")
    both = [declared(f"User/{name}", email="x@x.org") for name in "ab"]
    assert len(list(declared_twice({item.address: item for item in (gone, *both)}, SHAPES))) == 1


def test_a_group_of_fields_is_unique_as_a_whole() -> None:
    desks = [declared(f"User/u{floor}", desk="d1", floor=floor) for floor in (1, 2)]
    assert not list(declared_twice({item.address: item for item in desks}, SHAPES))
    again = declared("User/z", desk="d1", floor=2)
    (problem,) = declared_twice({item.address: item for item in (*desks, again)}, SHAPES)
    assert problem.path == "spec.desk"


def test_text_and_number_are_not_the_same_value() -> None:
    desks = [declared("User/a", desk="1", floor=1), declared("User/b", desk=1, floor=1)]
    assert not list(declared_twice({item.address: item for item in desks}, SHAPES))


@pytest.mark.parametrize("holder", [(), (recorded(declared("User/bob"), 2),)])
def test_a_value_that_another_row_keeps_is_refused_where_it_is_declared(holder: tuple[Record, ...]) -> None:
    rows: tuple[Known, ...] = (found("User/bob", 2, email="x@x.org"), *holder)
    (problem,) = problems(declared("User/a", email="x@x.org", position=THERE), rows=rows)
    assert (problem.position, problem.path) == (THERE, "spec.email")
    assert problem.message == "User/bob holds the same value in the database, and it must be unique"
    assert problem.hint == "change or delete User/bob first; a disabled row keeps its values"


def test_a_disabled_row_keeps_its_values() -> None:
    rows = found("User/bob", 2, email="x@x.org"), recorded(declared("User/bob"), 2)
    assert len(problems(declared("User/a", email="x@x.org"), rows=rows, prune=True)) == 1


def test_a_removal_that_only_waits_keeps_its_values() -> None:
    rows = found("User/bob", 2, email="x@x.org"), recorded(declared("User/bob", on_remove="delete"), 2)
    assert len(problems(declared("User/a", email="x@x.org"), rows=rows)) == 1


def test_a_deleted_row_hands_its_value_over() -> None:
    rows = found("User/bob", 2, email="x@x.org"), recorded(declared("User/bob", on_remove="delete"), 2)
    result = plan([declared("User/a", email="x@x.org")], *rows, prune=True)
    assert shown(result.changes) == ["create User/a", "delete User/bob"]
    assert result.vacate == ((at("User/bob"), "email"),)


def test_a_swap_empties_both_fields_first() -> None:
    rows = found("User/a", 1, email="a@x.org"), found("User/b", 2, email="b@x.org")
    result = plan([declared("User/a", email="b@x.org"), declared("User/b", email="a@x.org")], *rows)
    assert result.vacate == ((at("User/a"), "email"), (at("User/b"), "email"))


def test_a_swap_of_what_takes_neither_null_nor_a_placeholder_is_refused() -> None:
    shapes = {**SHAPES, "User": replace(USER, nullable=frozenset({"team"}), rigid=frozenset({"email"}))}
    rows = found("User/a", 1, email="a@x.org"), found("User/b", 2, email="b@x.org")
    swap = declared("User/a", email="b@x.org"), declared("User/b", email="a@x.org")
    with pytest.raises(InvalidInputError) as refused:
        make_plan(replace(ask(swap, *rows), shapes=shapes))
    assert [(problem.path, problem.message) for problem in refused.value.problems] == [
        ("spec.email", f"User/{holder} gives the same value up in this run, and nothing can stand for it meanwhile")
        for holder in "ab"
    ]
    assert {problem.hint for problem in refused.value.problems} == {
        "change one of the two in a run of its own: it is unique, and neither null nor a placeholder"
    }


def test_a_ring_empties_every_field_of_it_and_no_other() -> None:
    names = ["a", "b", "c", "d"]
    rows = [found(f"User/{name}", n, email=f"{name}@x.org") for n, name in enumerate(names)]
    ring = {"a": "b", "b": "c", "c": "a", "d": "fresh"}
    result = plan([declared(f"User/{name}", email=f"{new}@x.org") for name, new in ring.items()], *rows)
    assert result.vacate == tuple((at(f"User/{name}"), "email") for name in "abc")


def test_a_value_that_is_free_needs_nothing_emptied() -> None:
    assert plan([declared("User/a", email="new@x.org")], found("User/a", email="a@x.org")).vacate == ()


def test_a_group_is_passed_on_by_emptying_a_field_that_may_be_null() -> None:
    rows = found("User/a", 1, desk="d", floor=1), found("User/b", 2, desk="e", floor=2)
    moving = declared("User/a", desk="f", floor=2), declared("User/b", desk="d", floor=1)
    assert plan(moving, *rows).vacate == ((at("User/a"), "floor"),)
    # Only what is written afterwards may be emptied.
    staying = declared("User/a", desk="f"), declared("User/b", desk="d", floor=1)
    assert plan(staying, *rows).vacate == ((at("User/a"), "desk"),)
    deleted = declared("User/a", state="absent", on_remove="delete"), declared("User/b", desk="d", floor=1)
    assert plan(deleted, *rows).vacate == ((at("User/a"), "floor"),)


def test_a_field_of_the_group_that_stays_stands_in_for_one_that_takes_no_placeholder_and_gets_its_value_back() -> (
    None
):
    shapes = {**SHAPES, "User": replace(USER, rigid=frozenset({"desk"}))}
    rows = found("User/a", 1, desk="d", floor=1), found("User/b", 2, desk="e", floor=2)
    moving = declared("User/a", desk="f"), declared("User/b", desk="d", floor=1)
    assert make_plan(replace(ask(moving, *rows), shapes=shapes)).vacate == ((at("User/a"), "floor"),)


def test_a_group_may_hold_the_name_of_the_owner() -> None:
    shapes = {**SHAPES, "Key": replace(SHAPES["Key"], unique=(("user", "label"),))}
    keys = [declared(f"Key/{name}", label="x") for name in ("alice/a", "alice/b", "bob/a")]
    (problem,) = declared_twice({item.address: item for item in keys}, shapes)
    assert problem.message.startswith("Key/alice/a declares the same value")


def test_two_rows_that_come_to_the_same_group_from_different_sides_are_refused() -> None:
    rows = found("User/a", 1, desk="d", floor=1), found("User/b", 2, desk="e", floor=2)
    (problem,) = problems(declared("User/a", floor=2), elsewhere(declared("User/b", desk="d")), rows=rows)
    assert problem.message == "User/a gets the same value in this run, and it must be unique"
    assert problem.hint == "declare another value for one of the two"
    assert problem.position == THERE


def test_disabling_does_not_run_into_a_unique_value_either() -> None:
    shapes = {**SHAPES, "User": replace(USER, unique=(("desk", "status"),))}
    rows = found("User/a", 1, desk="d", status="disabled"), found("User/b", 2, desk="d")
    resources = [declared("User/0", state="absent", on_remove="delete"), declared("User/b", state="absent")]
    question = replace(ask(resources, found("User/0", 3), *rows), shapes=shapes)
    with pytest.raises(InvalidInputError) as refused:
        make_plan(question)
    assert [problem.path for problem in refused.value.problems] == ["spec.status"]


def test_problems_stand_in_the_order_of_the_files() -> None:
    rows = found("User/x", 1, email="x@x.org"), found("User/y", 2, email="y@x.org")
    first, last = Position(file="a.yaml", line=9), Position(file="a.yaml", line=10)
    wanted = declared("User/a", email="x@x.org", position=last), declared("User/b", email="y@x.org", position=first)
    assert [problem.position for problem in problems(*wanted, rows=rows)] == [first, last]


def test_the_order_of_documents_does_not_decide_who_is_refused() -> None:
    pair = declared("User/a", email="x@x.org"), declared("User/b", email="x@x.org")
    assert problems(*pair, rows=()) == problems(*reversed(pair), rows=())


def test_the_value_of_an_ignored_field_is_not_wanted() -> None:
    rows = found("User/a", 1), found("User/bob", 2, email="x@x.org")
    assert not plan([declared("User/a", email="x@x.org", ignore_changes=["email"])], *rows).vacate
