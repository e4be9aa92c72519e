"""`metadata.previously` renames a row: its identity, its keys and what we remember of it go along."""

from __future__ import annotations

from tests.engine.runs import actions, apply, fields, plan, shown
from tests.project import Project, api_key, user

KEY = f"key: {{hash: {'c' * 64}}}"
FORMERLY = ["previously: [alicia]"]


def test_a_renamed_user_keeps_row_keys_and_ledger(project: Project) -> None:
    project.write(user("alicia", "email: a@example.com") + api_key("alicia", "ci", KEY))
    apply(project)
    identity = project.sql("SELECT id, uuid, join_time FROM sys_user")
    keys = project.sql("SELECT * FROM sys_api_key")
    project.write(user("alice", "email: a@example.com", metadata=FORMERLY) + api_key("alice", "ci", KEY))

    planned = plan(project)
    assert actions(planned) == ["rename User/alice"]
    assert "User/alice will be renamed from User/alicia" in shown(planned)
    assert fields(planned, "User/alice") == {"nickname": ("Alicia", "Alice")}
    apply(project)
    assert project.sql("SELECT id, uuid, join_time FROM sys_user") == identity
    assert project.sql("SELECT username FROM sys_user") == [("alice",)]
    assert project.sql("SELECT * FROM sys_api_key") == keys
    addresses = project.sql("SELECT address FROM provision_resource ORDER BY 1")
    assert addresses == [("ApiKey/alice/ci",), ("User/alice",)]
    after = plan(project, prune=True)
    assert after.plan.is_empty
    assert after.plan.unchanged == 2


def test_a_rename_that_happened_already_is_nothing_to_do(project: Project) -> None:
    project.write(user("alice", metadata=FORMERLY))
    assert actions(apply(project)) == ["create User/alice"]
    assert plan(project).plan.is_empty


def test_a_new_name_that_is_taken_is_not_renamed_over(project: Project) -> None:
    project.write(user("alicia") + user("alice"))
    apply(project)
    project.write(user("alice", metadata=FORMERLY))
    planned = plan(project)
    assert actions(planned) == []
    assert [str(change.address) for change in planned.plan.pending] == ["User/alicia"]


def test_a_key_can_be_renamed_together_with_its_owner(project: Project) -> None:
    project.write(user("alicia") + api_key("alicia", "old", KEY))
    apply(project)
    ids = project.sql("SELECT id FROM sys_api_key")
    project.write(user("alice", metadata=FORMERLY) + api_key("alice", "new", KEY, metadata=["previously: [old]"]))
    assert actions(apply(project)) == ["rename User/alice", "rename ApiKey/alice/new"]
    assert project.sql("SELECT id FROM sys_api_key WHERE name = 'new'") == ids
    assert plan(project, prune=True).plan.is_empty


def test_a_key_that_leaves_git_while_its_owner_is_renamed_awaits_removal_under_the_new_name(
    project: Project,
) -> None:
    project.write(user("alicia", f"api_keys: [{{name: ci, {KEY}}}]"))
    apply(project)
    project.write(user("alice", metadata=FORMERLY))
    apply(project)
    waiting = plan(project)
    assert waiting.plan.is_empty
    assert [str(change.address) for change in waiting.plan.pending] == ["ApiKey/alice/ci"]
    assert actions(apply(project, prune=True)) == ["disable ApiKey/alice/ci"]


def test_a_chain_of_former_names_leads_to_the_row_wherever_it_stopped(project: Project) -> None:
    project.write(user("first"))
    apply(project)
    project.write(user("third", metadata=["previously: [second, first]"]))
    assert actions(apply(project)) == ["rename User/third"]
    assert project.sql("SELECT username FROM sys_user") == [("third",)]


def test_a_rename_of_an_unmanaged_row_adopts_it(project: Project) -> None:
    project.write(user("alicia"))
    apply(project)
    project.sql("DELETE FROM provision_resource")
    project.write(user("alice", metadata=FORMERLY))
    assert actions(apply(project)) == ["rename User/alice"]
    assert plan(project).plan.is_empty


def test_a_row_created_once_follows_its_new_name_and_nothing_else(project: Project) -> None:
    project.write(user("alicia", metadata=["lifecycle: {state: created}"]))
    apply(project)
    project.sql("UPDATE sys_user SET nickname = 'Own'")
    project.write(user("alice", metadata=[*FORMERLY, "lifecycle: {state: created}"]))
    assert actions(apply(project)) == ["rename User/alice"]
    assert project.sql("SELECT username, nickname FROM sys_user") == [("alice", "Own")]
    assert plan(project).plan.is_empty


def test_what_is_absent_is_absent_under_its_own_name_alone(project: Project) -> None:
    project.write(user("alicia") + user("bob"))
    apply(project)
    lifecycle = "lifecycle: {state: absent, on_remove: delete}"
    project.write(user("alice", metadata=[*FORMERLY, lifecycle]) + user("bob"))
    apply(project)
    assert project.sql("SELECT count(*) FROM sys_user WHERE status = 1") == [(2,)]
    assert [str(change.address) for change in plan(project).plan.pending] == ["User/alicia"]


def test_a_rename_replaces_what_is_remembered_of_rows_that_are_gone(project: Project) -> None:
    other = f"key: {{hash: {'d' * 64}}}"
    project.write(user("alicia") + api_key("alicia", "ci", KEY) + user("alice") + api_key("alice", "ci", other))
    apply(project)
    project.sql("DELETE FROM sys_api_key WHERE key_hash LIKE 'd%'")
    project.sql("DELETE FROM sys_user WHERE username = 'alice'")
    project.write(user("alice", metadata=FORMERLY) + api_key("alice", "ci", KEY))
    assert actions(apply(project)) == ["rename User/alice"]
    addresses = project.sql("SELECT address FROM provision_resource ORDER BY 1")
    assert addresses == [("ApiKey/alice/ci",), ("User/alice",)]
    assert plan(project, prune=True).plan.is_empty
