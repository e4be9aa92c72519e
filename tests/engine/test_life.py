"""A resource is made once, left alone while nothing differs, and brought back when something does."""

from __future__ import annotations

from tests.engine.runs import actions, apply, content, fields, plan, shown
from tests.project import Project, api_key, user

HASH = "a" * 64


def test_a_declared_user_is_planned_and_then_made(project: Project) -> None:
    project.write(user("alice", "email: alice@example.com", "is_staff: true"))
    planned = plan(project)
    assert "Plan: 1 to add, 0 to change, 0 to remove." in shown(planned)
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]

    assert "Apply complete: 1 added, 0 changed, 0 removed." in shown(apply(project))
    found = project.sql("SELECT username, nickname, email, is_staff, is_superuser, status FROM sys_user")
    assert [tuple(map(str, row)) for row in found] in (
        [("alice", "Alice", "alice@example.com", "True", "False", "1")],
        [("alice", "Alice", "alice@example.com", "1", "0", "1")],
    )


def test_a_second_apply_writes_nothing_at_all(project: Project) -> None:
    keys = (
        f"api_keys: [{{name: laptop, key: {{hash: {HASH}}}, scopes: [a, b], expires_at: 2027-01-01T00:00:00+02:00}}]"
    )
    password = "password: {from: {env: PASSWORD}, update: always}"
    project.write(user("alice", "email: alice@example.com", "phone: null", password, keys) + user("bob"))
    environ = {"PASSWORD": "opensesame"}
    apply(project, environ=environ)
    before = content(project)

    again = apply(project, environ=environ)
    assert again.plan.is_empty
    assert "No changes. The database matches the manifests." in shown(again)
    assert content(project) == before
    assert len(before["provision_run"]) == 1


def test_one_changed_line_changes_one_column_of_one_row(project: Project) -> None:
    project.write(user("alice", "email: old@example.com") + user("bob", "email: bob@example.com"))
    apply(project)
    bob = project.sql("SELECT * FROM sys_user WHERE username = 'bob'")
    project.write(user("alice", "email: new@example.com") + user("bob", "email: bob@example.com"))

    planned = plan(project)
    assert actions(planned) == ["update User/alice"]
    assert fields(planned, "User/alice") == {"email": ("old@example.com", "new@example.com")}
    assert "changed in the manifest" in shown(planned)
    apply(project)
    assert project.sql("SELECT email FROM sys_user WHERE username = 'alice'") == [("new@example.com",)]
    assert project.sql("SELECT * FROM sys_user WHERE username = 'bob'") == bob
    assert plan(project).plan.is_empty


def test_drift_is_told_apart_from_a_change_in_git_and_is_reverted(project: Project) -> None:
    project.write(user("alice", "email: alice@example.com", "phone: '+49 30 1234'"))
    apply(project)
    project.sql("UPDATE sys_user SET email = 'mallory@example.com', phone = '+1 555 0000'")
    project.write(user("alice", "email: alice@example.com", "phone: '+49 30 9999'"))

    text = shown(plan(project))
    assert 'email = "mallory@example.com" -> "alice@example.com"   # changed in the database' in text
    assert 'phone = "+1 555 0000" -> "+49 30 9999"   # changed in the manifest and in the database' in text
    apply(project)
    assert project.sql("SELECT email, phone FROM sys_user") == [("alice@example.com", "+49 30 9999")]
    assert plan(project).plan.is_empty


def test_a_row_that_drifted_is_said_to_have_changed_in_the_database(project: Project) -> None:
    project.write(user("alice", "email: alice@example.com"))
    apply(project)
    project.sql("UPDATE sys_user SET email = NULL")
    assert "User/alice  (manifests/all.yaml:2)   # changed in the database" in shown(plan(project))


def test_what_is_not_declared_is_not_touched(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("UPDATE sys_user SET email = 'own@example.com', phone = '12345', avatar = 'x', is_multi_login = true")
    before = content(project)
    assert apply(project).plan.is_empty
    assert content(project) == before


def test_a_privilege_granted_behind_gits_back_is_shown_and_taken_away(project: Project) -> None:
    project.write(user("alice") + user("root", "is_superuser: true"))
    apply(project)
    project.sql("UPDATE sys_user SET is_superuser = true, is_staff = true WHERE username = 'alice'")

    planned = plan(project)
    assert fields(planned, "User/alice") == {"is_superuser": (True, False), "is_staff": (True, False)}
    assert "is_superuser = true -> false   # not declared, held at its safe value" in shown(planned)
    apply(project)
    found = project.sql(
        "SELECT count(*) FROM sys_user WHERE username = 'alice' AND NOT is_superuser AND NOT is_staff"
    )
    assert found == [(1,)]


def test_a_user_disabled_by_hand_is_enabled_again(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("UPDATE sys_user SET status = 0")
    assert fields(plan(project), "User/alice") == {"status": ("disabled", "active")}
    apply(project)
    assert project.sql("SELECT status FROM sys_user") == [(1,)]


def test_a_stored_value_that_no_word_stands_for_is_drift(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("UPDATE sys_user SET status = 7")
    assert fields(plan(project), "User/alice") == {"status": (7, "active")}


def test_a_row_deleted_by_hand_is_made_again(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("DELETE FROM sys_user")
    planned = plan(project)
    assert actions(planned) == ["create User/alice"]
    assert "deleted from the database" in shown(planned)
    apply(project)
    assert plan(project).plan.is_empty
    assert project.sql("SELECT count(*) FROM provision_resource") == [(1,)]


def test_an_existing_row_is_adopted_and_shown_as_such(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("DELETE FROM provision_resource")
    project.sql("UPDATE sys_user SET nickname = 'By hand'")

    planned = plan(project)
    assert actions(planned) == ["adopt User/alice"]
    assert "User/alice will be adopted" in shown(planned)
    assert "exists already, and is managed from now on" in shown(planned)
    assert fields(planned, "User/alice") == {"nickname": ("By hand", "Alice")}
    ids = project.sql("SELECT id, uuid FROM sys_user")
    apply(project)
    assert project.sql("SELECT id, uuid FROM sys_user") == ids
    assert plan(project).plan.is_empty


def test_an_adoption_without_differences_writes_the_ledger_only(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("DELETE FROM provision_resource")
    before = content(project)["sys_user"]
    apply(project)
    assert content(project)["sys_user"] == before
    assert project.sql("SELECT address FROM provision_resource") == [("User/alice",)]


def test_a_field_declared_no_longer_is_released_once_and_left_as_it_is(project: Project) -> None:
    project.write(user("alice", "email: alice@example.com", "phone: '12345'"))
    apply(project)
    project.write(user("alice"))

    planned = plan(project)
    assert "released: email, phone (left as they are, no longer managed)" in shown(planned)
    assert fields(planned, "User/alice") == {}
    before = content(project)["sys_user"]
    apply(project)
    assert content(project)["sys_user"] == before
    assert plan(project).plan.is_empty
    project.sql("UPDATE sys_user SET email = 'own@example.com'")
    assert plan(project).plan.is_empty


def test_null_is_declared_and_enforced(project: Project) -> None:
    project.write(user("alice", "email: null"))
    apply(project)
    project.sql("UPDATE sys_user SET email = 'alice@example.com'")
    assert fields(plan(project), "User/alice") == {"email": ("alice@example.com", None)}


def test_ignored_fields_are_set_at_creation_and_left_alone_afterwards(project: Project) -> None:
    lifecycle = ["lifecycle: {ignore_changes: [nickname]}"]
    project.write(user("alice", "email: alice@example.com", metadata=lifecycle))
    apply(project)
    assert project.sql("SELECT nickname FROM sys_user") == [("Alice",)]
    project.sql("UPDATE sys_user SET nickname = 'Her own choice', email = NULL")
    assert fields(plan(project), "User/alice") == {"email": (None, "alice@example.com")}
    apply(project)
    assert project.sql("SELECT nickname, email FROM sys_user") == [("Her own choice", "alice@example.com")]


def test_created_means_once_and_then_hands_off(project: Project) -> None:
    lifecycle = ["lifecycle: {state: created}"]
    project.write(user("alice", "email: alice@example.com", metadata=lifecycle))
    apply(project)
    project.sql("UPDATE sys_user SET email = NULL, is_superuser = true, status = 0")
    before = content(project)
    assert apply(project).plan.is_empty
    assert content(project) == before

    project.sql("DELETE FROM sys_user")
    assert apply(project).plan.is_empty
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_created_leaves_a_row_alone_that_was_there_before(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.sql("DELETE FROM provision_resource")
    project.write(user("alice", "email: alice@example.com", metadata=["lifecycle: {state: created}"]))
    before = content(project)
    assert apply(project).plan.is_empty
    assert content(project) == before


def test_keys_inside_a_user_and_in_documents_of_their_own_are_the_same_resources(project: Project) -> None:
    inline = user("bot", f"api_keys: [{{name: ci, scopes: [deploy], key: {{hash: {HASH}, last_four: abcd}}}}]")
    project.write(inline)
    assert actions(apply(project)) == ["create User/bot", "create ApiKey/bot/ci"]
    found = project.sql(
        "SELECT u.username, k.name, k.key_hash, k.key_last_four, k.key_prefix, k.generation"
        " FROM sys_api_key k JOIN sys_user u ON u.id = k.user_id"
    )
    assert found == [("bot", "ci", HASH, "abcd", None, 1)]

    project.write(user("bot") + api_key("bot", "ci", "scopes: [deploy]", f"key: {{hash: {HASH}, last_four: abcd}}"))
    assert plan(project).plan.is_empty


def test_no_scopes_and_scopes_left_out_are_different(project: Project) -> None:
    key = f"key: {{hash: {HASH}}}"
    project.write(user("bot") + api_key("bot", "ci", "scopes: [deploy]", key))
    apply(project)
    project.write(user("bot") + api_key("bot", "ci", "scopes: []", key))
    assert fields(plan(project), "ApiKey/bot/ci") == {"scopes": (["deploy"], [])}
    apply(project)
    project.write(user("bot") + api_key("bot", "ci", key))
    assert "released: scopes" in shown(plan(project))


def test_the_ledger_holds_one_run_and_one_line_for_each_change(project: Project) -> None:
    project.write(user("alice", "email: alice@example.com") + user("bob"))
    apply(project, environ={"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "carol", "GITHUB_SHA": "c0ffee"})
    runs = project.sql('SELECT project, actor, "commit", added, changed, removed FROM provision_run')
    assert runs == [("acme", "carol", "c0ffee", 2, 0, 0)]
    changes = project.sql("SELECT position, address, action, source FROM provision_change ORDER BY position")
    assert changes == [
        (0, "User/alice", "create", "manifests/all.yaml:2"),
        (1, "User/bob", "create", "manifests/all.yaml:10"),
    ]


def test_a_name_with_a_percent_sign_is_an_address_like_any_other(project: Project) -> None:
    project.write(user("'100%2F'", f"api_keys: [{{name: 'a b', key: {{hash: {HASH}}}}}]"))
    apply(project)
    assert plan(project).plan.is_empty
    project.write(user("other"))
    assert actions(apply(project, prune=True)) == [
        "create User/other",
        "disable ApiKey/100%252F/a b",
        "disable User/100%252F",
    ]
