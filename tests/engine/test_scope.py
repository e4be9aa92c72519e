"""`--target`, `--exclude` and `-l`: only what is selected, with what it refers to; the rest is as if nobody asked."""

from __future__ import annotations

import pytest

from provision.core.select import Selection
from provision.errors import InvalidInputError
from tests.engine.runs import actions, apply, on_sqlite, plan
from tests.project import Project, api_key, user

ONE, TWO = f"key: {{hash: {'a' * 64}}}", f"key: {{hash: {'b' * 64}}}"
TEAM = ["labels: {team: payments, role: lead}"]
MANIFESTS = (
    user("alice", metadata=TEAM) + user("bob") + user("bot") + api_key("bot", "one", ONE) + api_key("bot", "two", TWO)
)


def planned(project: Project, **selection: object) -> list[str]:
    return actions(plan(project, selection=Selection(**selection)))  # type: ignore[arg-type]  # names of its fields


@on_sqlite
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"targets": ("User/alice",)}, ["create User/alice"]),
        ({"targets": ("User/*",)}, ["create User/alice", "create User/bob", "create User/bot"]),
        ({"targets": ("User/al?ce",)}, ["create User/alice"]),
        ({"targets": ("ApiKey/bot/one",)}, ["create User/bot", "create ApiKey/bot/one"]),
        ({"excludes": ("User/bot",)}, ["create User/alice", "create User/bob"]),
        ({"excludes": ("ApiKey/*",)}, ["create User/alice", "create User/bob", "create User/bot"]),
        ({"targets": ("User/*",), "excludes": ("User/b*",)}, ["create User/alice"]),
        ({"labels": {"team": "payments"}}, ["create User/alice"]),
        ({"labels": {"team": "payments", "role": "lead"}}, ["create User/alice"]),
    ],
    ids=str,
)
def test_what_is_selected_is_planned_with_what_it_refers_to(
    project: Project, selection: dict[str, object], expected: list[str]
) -> None:
    project.write(MANIFESTS)
    assert planned(project, **selection) == expected


@on_sqlite
@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"targets": ("User/alise",)}, "no resource matches User/alise."),
        ({"targets": ("user/alice",)}, "no resource matches user/alice."),
        ({"targets": ("User/alice", "User/zed*")}, "no resource matches User/zed*."),
        ({"excludes": ("User/bobb",)}, "no resource matches User/bobb."),
        ({"labels": {"team": "payment"}}, "no resource has the label team=payment."),
        ({"labels": {"taem": "payments"}}, "no resource has the label taem=payments."),
    ],
    ids=str,
)
def test_a_misspelt_selection_is_an_error_and_not_an_empty_plan(
    project: Project, selection: dict[str, object], message: str
) -> None:
    project.write(MANIFESTS)
    with pytest.raises(InvalidInputError) as caught:
        planned(project, **selection)
    assert str(caught.value.problems[0]).startswith(message)


def test_what_is_out_of_scope_is_neither_changed_nor_removed_nor_awaited(project: Project) -> None:
    project.write(MANIFESTS)
    apply(project)
    project.sql("UPDATE sys_user SET nickname = 'drifted'")
    project.write(MANIFESTS.replace(user("bob"), ""))
    selection = Selection(targets=("User/alice",))
    view = plan(project, selection=selection)
    assert actions(view) == ["update User/alice"]
    assert view.plan.pending == ()
    assert actions(apply(project, selection=selection, prune=True)) == ["update User/alice"]
    assert project.sql("SELECT status, nickname FROM sys_user WHERE username = 'bob'") == [(1, "drifted")]


def test_an_orphan_is_removed_when_it_is_named(project: Project) -> None:
    project.write(MANIFESTS)
    apply(project)
    project.write(MANIFESTS.replace(user("bob"), "").replace(user("alice", metadata=TEAM), ""))
    assert actions(plan(project, selection=Selection(targets=("User/bob",)), prune=True)) == ["disable User/bob"]
    by_label = Selection(labels={"team": "payments"})
    assert actions(apply(project, selection=by_label, prune=True)) == ["disable User/alice"]
    assert actions(plan(project, prune=True)) == ["disable User/bob"]


def test_an_unselected_secret_need_not_be_there(project: Project) -> None:
    project.write(user("alice", "password: {from: {env: MISSING}}") + user("bob"))
    assert actions(apply(project, selection=Selection(targets=("User/bob",)))) == ["create User/bob"]
    with pytest.raises(InvalidInputError):
        plan(project)


def test_all_files_are_checked_whatever_is_selected(project: Project) -> None:
    project.write(user("alice") + user("bob", "email: nonsense"))
    with pytest.raises(InvalidInputError):
        plan(project, selection=Selection(targets=("User/alice",)))
