"""What goes from git goes from the database only when asked, and by the `on_remove` that was applied with it."""

from __future__ import annotations

import pytest

from provision.core.ceiling import Ceiling
from provision.core.guards import Limits
from provision.errors import InvalidInputError, RefusedError
from tests.engine.runs import actions, apply, content, plan, shown
from tests.project import Project, api_key, user

HASH = "b" * 64
KEY = f"key: {{hash: {HASH}}}"
OTHER_KEY = f"key: {{hash: {'d' * 64}}}"


def on_remove(how: str) -> list[str]:
    return [f"lifecycle: {{on_remove: {how}}}"]


def test_a_removed_manifest_is_shown_and_nothing_is_done_without_prune(project: Project) -> None:
    project.write(user("alice") + user("bob"))
    apply(project)
    project.write(user("alice"))
    before = content(project)

    text = shown(apply(project))
    assert "Not in the manifests any more; removed only with --prune:" in text
    assert "- User/bob would be disabled  (manifests/all.yaml:9)   # no longer in the manifests" in text
    assert "1 resource awaits removal; run with --prune." in text
    assert content(project) == before


def test_pruning_disables_by_default_and_the_row_stays(project: Project) -> None:
    project.write(user("alice") + user("bob", "email: bob@example.com"))
    apply(project)
    project.write(user("alice"))

    text = shown(apply(project, prune=True))
    assert "- User/bob was disabled" in text
    assert "Apply complete: 0 added, 0 changed, 1 removed." in text
    assert project.sql("SELECT status, email FROM sys_user WHERE username = 'bob'") == [(0, "bob@example.com")]
    assert project.sql("SELECT address FROM provision_resource") == [("User/alice",)]
    assert plan(project, prune=True).plan.is_empty


def test_pruning_deletes_where_that_was_applied(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=on_remove("delete")))
    apply(project)
    project.write(user("alice"))
    assert actions(apply(project, prune=True)) == ["delete User/bob"]
    assert project.sql("SELECT username FROM sys_user") == [("alice",)]


def test_pruning_abandons_where_that_was_applied(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=on_remove("abandon")))
    apply(project)
    rows = content(project)["sys_user"]
    project.write(user("alice"))
    assert actions(apply(project, prune=True)) == ["abandon User/bob"]
    assert content(project)["sys_user"] == rows
    assert project.sql("SELECT address FROM provision_resource") == [("User/alice",)]


def test_on_remove_counts_once_it_was_applied_and_not_before(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=on_remove("delete")))
    apply(project)
    project.write(user("alice") + user("bob", metadata=on_remove("abandon")))
    assert 'lifecycle.on_remove: "delete" -> "abandon"' in shown(apply(project))
    project.write(user("alice") + user("bob", metadata=on_remove("delete")))
    plan(project)
    project.write(user("alice"))
    assert actions(plan(project, prune=True)) == ["abandon User/bob"]


def test_keys_go_before_the_user_who_owns_them(project: Project) -> None:
    keys = f"api_keys: [{{name: one, {KEY}}}]"
    project.write(user("alice") + user("bob", keys, metadata=on_remove("delete")))
    apply(project)
    project.write(user("alice"))
    assert actions(apply(project, prune=True)) == ["delete ApiKey/bob/one", "delete User/bob"]
    assert project.sql("SELECT count(*) FROM sys_api_key") == [(0,)]


def test_a_disabled_key_is_revoked_at_the_moment_of_the_write(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project)
    project.write(user("bot"))
    assert "revoked_at = null -> (now)" in shown(plan(project, prune=True))
    apply(project, prune=True)
    found = project.sql("SELECT is_active, revoked_at IS NOT NULL, key_hash FROM sys_api_key")
    assert [(bool(active), bool(revoked), hash_) for active, revoked, hash_ in found] == [(False, True, HASH)]


def test_a_key_taken_out_of_its_users_manifest_awaits_removal(project: Project) -> None:
    project.write(user("bot", f"api_keys: [{{name: one, {KEY}}}]"))
    apply(project)
    project.write(user("bot"))
    assert actions(plan(project)) == []
    assert [str(change.address) for change in plan(project).plan.pending] == ["ApiKey/bot/one"]


def test_deleting_a_user_whose_key_stays_is_refused_before_anything_is_written(project: Project) -> None:
    project.write(user("bob", metadata=on_remove("delete")) + api_key("bob", "ci", KEY) + user("alice"))
    apply(project)
    project.write(user("alice"))
    before = content(project)
    with pytest.raises(InvalidInputError) as caught:
        apply(project, prune=True)
    assert "User/bob would be deleted, and ApiKey/bob/ci, which stays, refers to it" in str(caught.value.problems[0])
    assert content(project) == before


def test_absent_disables_or_deletes_as_it_says(project: Project) -> None:
    project.write(user("alice") + user("bob") + user("carol"))
    apply(project)
    project.write(
        user("alice")
        + user("bob", metadata=["lifecycle: {state: absent}"])
        + user("carol", metadata=["lifecycle: {state: absent, on_remove: delete}"])
    )
    text = shown(apply(project))
    assert "User/bob was disabled" in text
    assert "declared absent" in text
    assert project.sql("SELECT username, status FROM sys_user ORDER BY 1") == [("alice", 1), ("bob", 0)]
    assert plan(project).plan.is_empty


def test_absent_removes_a_row_that_was_never_managed(project: Project) -> None:
    project.write(user("alice") + user("intruder"))
    apply(project)
    project.sql("DELETE FROM provision_resource WHERE address = 'User/intruder'")
    project.write(user("alice") + user("intruder", metadata=["lifecycle: {state: absent, on_remove: delete}"]))
    assert actions(apply(project)) == ["delete User/intruder"]
    assert plan(project).plan.is_empty


def test_absent_and_not_there_is_nothing_to_do(project: Project) -> None:
    project.write(user("ghost", metadata=["lifecycle: {state: absent, on_remove: delete}"]))
    assert plan(project).plan.is_empty


def test_a_protected_resource_is_not_removed_by_any_means(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=["lifecycle: {prevent_removal: true}"]))
    apply(project)
    project.write(user("alice"))
    before = content(project)
    with pytest.raises(RefusedError):
        apply(project, prune=True, limits=Limits(max_removals=Ceiling(count=100), allow_no_superuser=True))
    assert content(project) == before
    refusal = plan(project, prune=True).refusals[0]
    assert refusal.message == "User/bob was applied with prevent_removal: true (manifests/all.yaml:9)"
    assert "set prevent_removal: false" in refusal.hint

    project.write(user("alice") + user("bob"))
    apply(project)
    project.write(user("alice"))
    assert actions(apply(project, prune=True)) == ["disable User/bob"]


def test_a_row_that_is_gone_already_is_only_forgotten(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=on_remove("delete")))
    apply(project)
    project.sql("DELETE FROM sys_user WHERE username = 'bob'")
    project.write(user("alice"))
    assert "its row is gone already" in shown(apply(project, prune=True))
    assert plan(project, prune=True).plan.is_empty
    assert not plan(project).plan.pending


def test_a_row_made_anew_by_somebody_else_is_not_removed(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=on_remove("delete")))
    apply(project)
    project.sql("UPDATE sys_user SET id = id + 100 WHERE username = 'bob'")
    project.write(user("alice"))
    assert "the row of that name is another one now" in shown(apply(project, prune=True))
    assert project.sql("SELECT count(*) FROM sys_user WHERE username = 'bob' AND status = 1") == [(1,)]


def test_a_resource_that_was_created_and_let_go_is_abandoned(project: Project) -> None:
    project.write(user("alice") + user("bob", metadata=["lifecycle: {state: created, on_remove: delete}"]))
    apply(project)
    project.write(user("alice"))
    assert actions(apply(project, prune=True)) == ["abandon User/bob"]
    assert project.sql("SELECT count(*) FROM sys_user WHERE status = 1") == [(2,)]


def test_a_disabled_user_whose_manifest_returns_is_adopted_and_enabled(project: Project) -> None:
    project.write(user("alice") + user("bob"))
    apply(project)
    project.write(user("alice"))
    apply(project, prune=True)
    project.write(user("alice") + user("bob"))
    assert actions(apply(project)) == ["adopt User/bob"]
    assert project.sql("SELECT status FROM sys_user WHERE username = 'bob'") == [(1,)]


def test_a_key_that_moves_to_another_owner_is_a_removal_and_a_creation(project: Project) -> None:
    project.write(user("a") + user("b") + api_key("a", "ci", KEY, metadata=on_remove("delete")))
    apply(project)
    project.write(user("a") + user("b") + api_key("b", "ci", KEY, metadata=on_remove("delete")))
    assert actions(apply(project, prune=True)) == ["create ApiKey/b/ci", "delete ApiKey/a/ci"]
    found = project.sql("SELECT u.username, k.key_hash FROM sys_api_key k JOIN sys_user u ON u.id = k.user_id")
    assert found == [("b", HASH)]
    assert plan(project, prune=True).plan.is_empty


def test_every_generation_of_a_deleted_key_goes(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY) + api_key("bot", "other", OTHER_KEY))
    apply(project)
    add_generation(project)
    project.write(user("bot") + api_key("bot", "ci", metadata=on_remove("delete")) + api_key("bot", "other"))
    assert actions(apply(project)) == ["update ApiKey/bot/ci", "update ApiKey/bot/other"]

    project.write(user("bot") + api_key("bot", "other"))
    assert actions(apply(project, prune=True)) == ["delete ApiKey/bot/ci"]
    assert project.sql("SELECT name FROM sys_api_key") == [("other",)]
    assert plan(project, prune=True).plan.is_empty


def test_every_generation_of_a_key_that_is_declared_absent_goes(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project)
    add_generation(project)
    project.write(user("bot") + api_key("bot", "ci", metadata=["lifecycle: {state: absent, on_remove: delete}"]))
    assert actions(apply(project)) == ["delete ApiKey/bot/ci"]
    assert project.sql("SELECT count(*) FROM sys_api_key") == [(0,)]
    assert plan(project).plan.is_empty


def test_the_highest_generation_of_a_key_is_the_current_one(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project)
    add_generation(project)
    project.write(user("bot") + api_key("bot", "ci", "scopes: [new]", "is_active: false"))
    apply(project)
    found = project.sql("SELECT generation, scopes, is_active FROM sys_api_key ORDER BY 1")
    assert [(generation, "new" in str(scopes), bool(active)) for generation, scopes, active in found] == [
        (1, False, True),
        (2, True, False),
    ]
    assert plan(project).plan.is_empty


def add_generation(project: Project) -> None:
    """What a rotation by the application leaves behind: another row of the same key."""
    project.sql(
        "INSERT INTO sys_api_key (user_id, name, key_hash, scopes, is_active, generation, created_time)"
        " SELECT user_id, name, 'other', scopes, true, 2, created_time FROM sys_api_key WHERE name = 'ci'"
    )
