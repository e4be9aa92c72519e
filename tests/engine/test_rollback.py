"""Rolling back a run on each kind of database."""

from __future__ import annotations

import pytest

from provision.errors import InvalidInputError, RefusedError, StalePlanError
from provision.report.view import Stage
from tests.engine.runs import actions, apply, content, fields, meanwhile, on_sqlite, plan, shown
from tests.project import Project, api_key, user


def last_run(project: Project) -> str:
    """The id of the run that wrote last."""
    runs = project.sql("SELECT id, started_at FROM provision_run ORDER BY started_at")
    return str(runs[-1][0])


def users(project: Project) -> list[tuple[object, ...]]:
    return project.sql("SELECT username, nickname, email, status FROM sys_user ORDER BY username")


def alice(nickname: str, *lines: str) -> str:
    return user("alice", *lines).replace("nickname: Alice", f"nickname: {nickname}")


def test_a_rollback_restores_what_the_run_changed_and_nothing_else(project: Project) -> None:
    project.write(alice("Alice", "email: a@example.com"))
    apply(project)
    project.write(alice("Lissy", "email: new@example.com"))
    apply(project)
    run = last_run(project)
    project.sql("UPDATE sys_user SET email = 'by@hand.example'")
    view = plan(project, rollback=run)
    assert fields(view, "User/alice") == {"nickname": ("Lissy", "Alice")}
    assert f"rolling back run {run}" in shown(view)
    assert "email of User/alice was changed since, left as it is" in shown(view)
    assert "# as before the run that is rolled back" in shown(view)
    assert apply(project, rollback=run).stage is Stage.APPLIED
    assert users(project) == [("alice", "Alice", "by@hand.example", 1)]
    again = plan(project, rollback=run)
    assert again.plan.is_empty
    assert "No changes. Nothing of that run is left to roll back." in shown(again)


def test_after_a_rollback_the_manifest_has_the_values_that_changed(project: Project) -> None:
    project.write(alice("Alice"))
    apply(project)
    project.write(alice("Lissy"))
    apply(project)
    apply(project, rollback=last_run(project))
    view = plan(project)
    assert fields(view, "User/alice") == {"nickname": ("Alice", "Lissy")}
    assert "# changed in the manifest\n" in shown(view) + "\n"
    project.write(alice("Alice"))
    assert plan(project).plan.is_empty


def test_a_rollback_of_a_rollback_brings_back_what_the_run_had_written(project: Project) -> None:
    project.write(alice("Alice"))
    apply(project)
    project.write(alice("Lissy") + user("bob"))
    apply(project)
    apply(project, rollback=last_run(project))
    assert users(project) == [("alice", "Alice", None, 1), ("bob", "Bob", None, 0)]
    view = apply(project, rollback=last_run(project))
    assert actions(view) == ["update User/alice", "adopt User/bob"]
    assert users(project) == [("alice", "Lissy", None, 1), ("bob", "Bob", None, 1)]
    assert plan(project).plan.is_empty or actions(plan(project)) == ["update User/bob"]


def test_a_rollback_reads_neither_manifests_nor_secrets(project: Project) -> None:
    project.write(alice("Alice", "password: {from: {env: ALICE}, update: always}"))
    apply(project, environ={"ALICE": "s3cret-of-alice"})
    project.write(alice("Lissy", "password: {from: {env: ALICE}, update: always}"))
    apply(project, environ={"ALICE": "another-of-alice"})
    stored = project.sql("SELECT password FROM sys_user")
    remembered = project.sql("SELECT secrets FROM provision_resource")
    project.write("not: [a manifest")
    view = apply(project, rollback=last_run(project))
    assert fields(view, "User/alice") == {"nickname": ("Lissy", "Alice")}
    assert "secrets are never rolled back, these stay as they are: password of User/alice" in shown(view)
    assert project.sql("SELECT password FROM sys_user") == stored
    assert project.sql("SELECT secrets FROM provision_resource") == remembered


def test_what_a_run_disabled_is_enabled_and_managed_again(project: Project) -> None:
    project.write(user("bob"), "bob.yaml")
    project.write(user("alice"))
    apply(project)
    project.remove("bob.yaml")
    apply(project, prune=True)
    run = last_run(project)
    assert users(project)[1] == ("bob", "Bob", None, 0)
    view = apply(project, rollback=run)
    assert actions(view) == ["adopt User/bob"]
    assert users(project)[1] == ("bob", "Bob", None, 1)
    assert "apply its manifest again (manifests/bob.yaml:2)" in shown(view)
    assert [str(change.address) for change in plan(project).plan.pending] == ["User/bob"]


def test_a_run_that_made_rows_is_undone_without_prune_and_under_the_same_guards(project: Project) -> None:
    project.write(user("alice", metadata=["lifecycle: {prevent_removal: true}"]) + user("bob", "status: active"))
    apply(project)
    run = last_run(project)
    view = plan(project, rollback=run)
    assert actions(view) == ["disable User/bob"]
    assert [refusal.guard for refusal in view.refusals] == ["prevent_removal"]
    before = content(project)
    with pytest.raises(RefusedError):
        apply(project, rollback=run)
    assert content(project) == before


def test_a_renamed_row_gets_its_former_name_back(project: Project) -> None:
    project.write(user("alicia") + api_key("alicia", "laptop", "key: {hash: " + "a" * 64 + "}"))
    apply(project)
    project.write(
        user("alice", metadata=["previously: [alicia]"]) + api_key("alice", "laptop", "key: {hash: " + "a" * 64 + "}")
    )
    apply(project)
    view = apply(project, rollback=last_run(project))
    assert actions(view) == ["rename User/alicia"]
    assert project.sql("SELECT username FROM sys_user") == [("alicia",)]
    addresses = project.sql("SELECT address FROM provision_resource ORDER BY address")
    assert addresses == [("ApiKey/alicia/laptop",), ("User/alicia",)]


def test_a_rollback_is_refused_when_the_database_moves_on_meanwhile(project: Project) -> None:
    project.write(alice("Alice", "email: a@example.com"))
    apply(project)
    project.write(alice("Lissy", "email: b@example.com"))
    apply(project)
    run = last_run(project)

    def by_hand() -> None:
        project.sql("UPDATE sys_user SET email = 'by@hand.example'")

    with pytest.raises(StalePlanError):
        apply(project, rollback=run, approve=meanwhile(by_hand))
    assert users(project) == [("alice", "Lissy", "by@hand.example", 1)]


@on_sqlite
def test_an_unknown_run_is_an_error(project: Project) -> None:
    for run in ("0000", "\udcff"):
        with pytest.raises(InvalidInputError) as caught:
            plan(project, rollback=run)
        assert caught.value.problems[0].message == f"there is no run {run} of this project"
    project.write(user("alice"))
    apply(project)
    project.write(user("alice") + user("bob"))
    apply(project)
    with pytest.raises(InvalidInputError) as caught:
        plan(project, rollback="")
    assert "runs begin with" in caught.value.problems[0].message
    assert not plan(project, rollback=last_run(project)[:10]).plan.is_empty
