"""Unique values change hands in one run, and a real conflict is said before anything is written."""

from __future__ import annotations

import pytest

from provision.errors import InvalidInputError, ProvisionError
from tests.engine.runs import actions, apply, content, plan
from tests.project import Project, api_key, user

ONE, TWO = "1" * 63 + "a", "2" * 63 + "a"


def emails(project: Project) -> dict[str, str | None]:
    return dict(project.sql("SELECT username, email FROM sys_user"))


def users(**addresses: str) -> str:
    return "".join(user(name, f"email: {address}@example.com") for name, address in addresses.items())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": "x", "b": "y"}, {"a": "y", "b": "x"}),
        ({"a": "x", "b": "y", "c": "z"}, {"a": "y", "b": "z", "c": "x"}),
        ({"a": "x", "b": "y"}, {"a": "y", "b": "z"}),
        ({"b": "x", "a": "y"}, {"b": "z", "a": "x", "c": "y"}),
    ],
    ids=["two swap", "a ring of three", "a chain", "a chain that ends at a new user"],
)
def test_addresses_change_hands_in_one_run(project: Project, before: dict[str, str], after: dict[str, str]) -> None:
    project.write(users(**before))
    apply(project)
    project.write(users(**after))
    apply(project)
    assert emails(project) == {name: f"{address}@example.com" for name, address in after.items()}
    assert plan(project).plan.is_empty


def test_an_address_passes_from_a_deleted_user_to_a_new_one(project: Project) -> None:
    delete = ["lifecycle: {on_remove: delete}"]
    project.write(user("old", "email: shared@example.com", metadata=delete) + user("other"))
    apply(project)
    project.write(user("new", "email: shared@example.com") + user("other"))
    assert actions(apply(project, prune=True)) == ["create User/new", "delete User/old"]
    assert emails(project) == {"new": "shared@example.com", "other": None}


def test_an_address_passes_from_a_renamed_user_to_one_with_its_former_name(project: Project) -> None:
    project.write(users(alice="a", bob="b"))
    apply(project)
    project.write(user("alice2", "email: b@example.com", metadata=["previously: [alice]"]) + users(bob="a"))
    apply(project)
    assert emails(project) == {"alice2": "b@example.com", "bob": "a@example.com"}
    assert plan(project, prune=True).plan.is_empty


def test_an_address_of_a_user_that_awaits_removal_is_refused_with_its_line(project: Project) -> None:
    project.write(users(old="shared"))
    apply(project)
    project.write(users(new="shared"))
    before = content(project)
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    assert str(caught.value.problems[0]) == (
        "manifests/all.yaml:8:10: spec.email: User/old holds the same value in the database, and it must be unique. "
        "Hint: change or delete User/old first; a disabled row keeps its values"
    )
    assert content(project) == before


def test_an_address_of_a_row_that_is_disabled_in_the_same_run_is_refused(project: Project) -> None:
    project.write(users(old="shared", other="o"))
    apply(project)
    project.write(users(new="shared", other="o"))
    before = content(project)
    with pytest.raises(InvalidInputError, match="1 problem found, nothing was written"):
        apply(project, prune=True)
    assert content(project) == before


def test_an_address_of_a_row_that_nobody_manages_is_refused_by_name_and_nothing_is_written(project: Project) -> None:
    project.write(users(a="a"))
    apply(project)
    project.write(users(a="a", stranger="taken"))
    apply(project)
    project.sql("DELETE FROM provision_resource WHERE address = 'User/stranger'")
    project.write(users(a="taken", b="b"))
    before = content(project)
    with pytest.raises(ProvisionError) as caught:
        apply(project)
    assert caught.value.exit_code == 1
    assert "a value that must be unique is taken by another row" in caught.value.message
    assert "email" in caught.value.message
    assert "taken@example.com" not in caught.value.message
    assert content(project) == before


def test_two_keys_exchange_their_values_in_one_run(project: Project) -> None:
    def keys(first: str, second: str) -> str:
        return api_key("bot", "a", f"key: {{hash: {first}}}") + api_key("bot", "b", f"key: {{hash: {second}}}")

    project.write(user("bot") + keys(ONE, TWO))
    apply(project)
    project.write(user("bot") + keys(TWO, ONE))
    apply(project)
    assert project.sql("SELECT name, key_hash FROM sys_api_key ORDER BY 1") == [("a", TWO), ("b", ONE)]
    assert plan(project).plan.is_empty


def test_a_value_declared_twice_is_refused_at_its_line(project: Project) -> None:
    project.write(users(a="same", b="same"))
    with pytest.raises(InvalidInputError) as caught:
        plan(project)
    assert str(caught.value.problems[0]) == (
        "manifests/all.yaml:16:10: spec.email: User/a declares the same value (manifests/all.yaml:2:1), "
        "and it must be unique. Hint: give each its own value, or remove one"
    )
