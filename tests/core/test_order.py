"""In which order changes are carried out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from provision.core.planner import addresses_to_observe
from provision.core.shape import KindShape, creation_order
from tests.core.states import SHAPES, ask, at, declared, found, plan, recorded, shown


def test_what_is_referred_to_is_created_before_what_refers() -> None:
    resources = [declared("Key/alice/ci"), declared("User/alice", team="red"), declared("Team/red")]
    assert shown(plan(resources).changes) == ["create Team/red", "create User/alice", "create Key/alice/ci"]


def test_removals_run_backward_and_after_everything_else() -> None:
    gone = [
        declared("Team/old", on_remove="delete"),
        declared("User/old", on_remove="delete"),
        declared("Key/old/ci", on_remove="delete"),
    ]
    known = [item for n, it in enumerate(gone) for item in (found(str(it.address), n), recorded(it, n))]
    assert shown(plan([declared("User/new")], *known, prune=True).changes) == [
        "create User/new",
        "delete Key/old/ci",
        "delete User/old",
        "delete Team/old",
    ]


def test_the_order_of_documents_does_not_matter() -> None:
    resources = [declared(f"User/u{n}") for n in range(9)] + [declared(f"Key/u{n}/ci") for n in range(9)]
    expected = plan(resources)
    random.Random(7).shuffle(resources)
    assert plan(resources) == expected


def test_kinds_that_do_not_depend_on_each_other_stand_in_the_order_of_their_names() -> None:
    shapes = {name: KindShape(name=name, key=("name",)) for name in ("c", "a", "b")}
    assert creation_order(shapes) == ("a", "b", "c")
    assert creation_order(SHAPES) == ("Team", "User", "Key")


def test_a_kind_may_refer_to_itself() -> None:
    assert creation_order({"A": KindShape(name="A", key=("name",), references={"parent": "A"})}) == ("A",)


def test_kinds_in_a_circle_are_refused_with_the_circle() -> None:
    shapes = {
        "A": KindShape(name="A", key=("name",), references={"b": "B"}),
        "B": KindShape(name="B", key=("name",), references={"a": "A"}),
    }
    with pytest.raises(ValueError, match=r"A -> B -> A|B -> A -> B"):
        creation_order(shapes)


def test_everything_declared_remembered_or_formerly_so_called_is_looked_up() -> None:
    resources = [declared("User/alice", previously=("alicia", "al")), declared("Key/alice/ci", previously=("cd",))]
    question = ask(resources, recorded(declared("Team/red")))
    assert addresses_to_observe(question) == {
        at(text)
        for text in (
            "Team/red",
            *("User/alice", "User/alicia", "User/al"),
            *(f"Key/{owner}/{name}" for owner in ("alice", "alicia", "al") for name in ("ci", "cd")),
        )
    }


def test_of_what_is_referred_to_only_rows_that_nobody_declares_are_looked_up_besides() -> None:
    shapes = {**SHAPES, "Team": replace(SHAPES["Team"], lookup=True)}
    question = ask([declared("User/alice", team="red"), declared("Key/bob/ci")])
    assert addresses_to_observe(question) == {at("User/alice"), at("Key/bob/ci")}
    wanted = addresses_to_observe(replace(question, shapes=shapes))
    assert wanted == {at("User/alice"), at("Key/bob/ci"), at("Team/red")}


def test_of_what_is_remembered_only_what_may_be_removed_is_looked_up() -> None:
    question = ask([declared("User/alice")], recorded(declared("Team/red")), recorded(declared("Team/blue")))
    removable = replace(question, removable=frozenset({at("Team/blue")}))
    assert addresses_to_observe(removable) == {at("User/alice"), at("Team/blue")}
