"""References by name: declared, and there when they are needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.planner import Question, make_plan
from provision.core.references import unresolved
from provision.core.state import Resource, SecretRule
from provision.errors import InvalidInputError, Problem
from tests.core.states import HERE, SHAPES, THERE, USER, ask, declared, found, plan, recorded, shown


def missing(*resources: Resource) -> list[str]:
    """Each unresolved reference, as path and message."""
    found_problems = unresolved({item.address: item for item in resources}, SHAPES)
    return [f"{problem.path}: {problem.message}" for problem in found_problems]


def refused(question: Question) -> tuple[Problem, ...]:
    """What a plan is refused for."""
    with pytest.raises(InvalidInputError) as error:
        make_plan(question)
    return error.value.problems


def test_a_reference_to_what_nobody_declares_is_a_problem() -> None:
    assert missing(declared("Key/alice/ci")) == ["spec.user: User/alice is not declared"]
    assert missing(declared("User/alice", team="red")) == ["spec.team: Team/red is not declared"]


def test_a_reference_to_what_is_declared_absent_is_a_problem() -> None:
    gone = declared("User/alice", state="absent")
    assert missing(gone, declared("Key/alice/ci")) == [
        "spec.user: User/alice is declared absent (people.yaml:3:1)",
    ]


def test_a_reference_that_leads_nowhere_is_found_after_those_that_lead_somewhere() -> None:
    shapes = {**SHAPES, "User": replace(USER, links={"boss": "User"}), "Team": replace(SHAPES["Team"], lookup=True)}
    resources = [
        declared("User/alice", team="red", boss=["bob", "carol"]),
        declared("User/bob", position=THERE, boss=["d"]),
        declared("User/d", state="absent"),
    ]
    found_problems = unresolved({item.address: item for item in resources}, shapes)
    assert list(map(str, found_problems)) == [
        "people.yaml:3:1: spec.boss: User/carol is not declared. Hint: declare it, or correct the name in boss",
        "others.yaml:8:1: spec.boss: User/d is declared absent (people.yaml:3:1). Hint: declare this one absent too",
    ]


def test_what_is_absent_itself_may_refer_to_anything() -> None:
    assert missing(declared("Key/alice/ci", state="absent")) == []


def test_a_reference_to_what_is_declared_or_to_nothing_is_fine() -> None:
    assert missing(declared("Team/red"), declared("User/a", team="red"), declared("User/b", team=None)) == []


def test_a_key_cannot_be_made_for_an_owner_that_was_created_once_and_is_gone() -> None:
    owner = declared("User/alice", state="created")
    (problem,) = refused(ask([owner, declared("Key/alice/ci")], recorded(owner)))
    assert problem.path == "spec.user"
    assert problem.position == HERE
    assert "User/alice is not in the database" in problem.message
    assert problem.hint == "with state: created it is made only once: set it to present, or remove Key/alice/ci"


def test_a_row_cannot_begin_to_refer_to_what_is_not_there() -> None:
    question = ask([declared("User/alice", team="red")], found("User/alice"))
    (problem,) = refused(question)
    assert problem.path == "spec.team"
    (problem,) = refused(replace(question, shapes={**SHAPES, "Team": replace(SHAPES["Team"], lookup=True)}))
    assert problem.hint == "rows of the kind Team are made by the application: is the name right?"


@pytest.mark.parametrize("on_remove", ["disable", "abandon"])
def test_an_owner_is_not_deleted_while_a_key_of_it_stays(on_remove: str) -> None:
    owner, key = declared("User/alice", on_remove="delete"), declared("Key/alice/ci", on_remove=on_remove)
    known = found("User/alice", 1), recorded(owner, 1), found("Key/alice/ci", 2), recorded(key, 2)
    (problem,) = refused(ask([], *known, prune=True))
    assert problem.message == "User/alice would be deleted, and Key/alice/ci, which stays, refers to it"
    assert problem.hint == (
        "delete Key/alice/ci as well (on_remove: delete; with its manifest gone, --prune), or disable instead"
    )


def test_an_owner_declared_absent_is_not_deleted_while_the_removal_of_its_key_waits() -> None:
    owner = declared("User/alice", state="absent", on_remove="delete")
    known = (
        found("User/alice", 1),
        found("Key/alice/ci", 2),
        recorded(declared("Key/alice/ci", on_remove="delete"), 2),
    )
    (problem,) = refused(ask([owner], *known))
    assert (problem.position, "--prune" in problem.hint) == (owner.position, True)
    assert shown(plan([owner], *known, prune=True).changes) == ["delete Key/alice/ci", "delete User/alice"]


def test_a_key_cannot_be_made_for_an_owner_that_goes_in_the_same_run() -> None:
    known = found("User/alice"), recorded(declared("User/alice", on_remove="delete"))
    assert shown(plan([declared("Key/alice/ci")], *known).changes) == ["create Key/alice/ci"]
    (problem,) = refused(ask([declared("Key/alice/ci")], *known, prune=True))
    assert "will be deleted" in problem.message


def test_a_key_does_not_follow_its_new_name_below_an_owner_that_lost_its_own() -> None:
    renamed = declared("User/alice", previously=("alicia",))
    key = declared("Key/alicia/ci", previously=("deploy",))
    (problem,) = refused(ask([renamed, key], found("User/alicia", 1), found("Key/alicia/deploy", 2)))
    assert "User/alicia is not in the database" in problem.message


def test_a_row_may_let_go_of_what_is_deleted_in_the_same_run() -> None:
    gone = declared("Team/red", state="absent", on_remove="delete")
    rows = found("Team/red", 1), found("User/alice", 2, team="red")
    assert shown(plan([gone, declared("User/alice", team=None)], *rows).changes) == [
        "adopt User/alice",
        "delete Team/red",
    ]
    assert len(refused(ask([gone, declared("User/alice")], *rows))) == 1


def test_a_creation_without_a_required_field_is_refused_and_an_adoption_is_not() -> None:
    shapes = {**SHAPES, "User": replace(USER, required=frozenset({"nickname", "desk", "pin"}))}
    resources = [
        declared("User/alice", status="disabled"),
        declared("User/bob", nickname="Bo", desk=None, secrets={"pin": SecretRule()}),
    ]
    (problem,) = refused(replace(ask(resources, found("User/alice")), shapes=shapes))
    assert (problem.path, problem.hint, problem.position) == ("spec.desk", "declare desk", HERE)
    adopting = replace(ask(resources[:1], found("User/alice")), shapes=shapes)
    assert shown(make_plan(adopting).changes) == ["adopt User/alice"]
