"""A rollback that was planned is the one that is applied, or nothing is: saved in a file, or by its fingerprint."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.errors import InvalidInputError, RefusedError, StalePlanError
from provision.reconcile import run
from provision.reconcile.request import Approval
from provision.reconcile.saved.request import approved_by
from provision.report.view import PlanView
from tests.engine.runs import apply, content, on_sqlite, plan, request, shown
from tests.engine.saved import KEY, another_checkout, carry, private
from tests.engine.test_rollback import alice, last_run
from tests.project import Project, user

PLAN = Path("plan.json")
NICKNAMES = "SELECT username, nickname FROM sys_user ORDER BY username"
BEFORE, AFTER = [("alice", "Alice"), ("dave", "Dave")], [("alice", "Lissy"), ("dave", "Dave")]


@pytest.fixture
def first(project: Project) -> Project:
    """The folder where the rollback is planned: of the run that called alice Lissy."""
    for nickname in ("Alice", "Lissy"):
        project.write(alice(nickname, "email: a@example.com") + user("dave"))
        apply(project)
    return project


@pytest.fixture
def second(first: Project, tmp_path: Path) -> Project:
    """Another checkout, for the same database."""
    return another_checkout(first, tmp_path)


def planned(project: Project, **options: Any) -> dict[str, Any]:
    """The saved rollback of the last run, which is named by the beginning of its id."""
    plan(project, rollback=last_run(project)[:12], save_to=PLAN, **options)
    document: dict[str, Any] = json.loads((project.folder / PLAN).read_text(encoding="ascii"))
    return document


def apply_saved(project: Project, environ: Mapping[str, str] | None = None) -> PlanView:
    """`provision apply plan.json`."""
    wanted = approved_by(project.folder / PLAN, request(project, environ=environ))
    return asyncio.run(run.apply(wanted, lambda _view: None))


def refused(error: type[StalePlanError | InvalidInputError | RefusedError], project: Project) -> str:
    """What is said of the saved plan, of which nothing was written."""
    before = content(project)
    with pytest.raises(error) as caught:
        apply_saved(project)
    assert content(project) == before
    return str(caught.value.problems[0]) if isinstance(caught.value, InvalidInputError) else caught.value.message


def test_a_saved_rollback_is_applied_elsewhere_without_a_manifest_and_once(first: Project, second: Project) -> None:
    undone = last_run(first)
    carry(planned(first), second)
    assert first.sql(NICKNAMES) == AFTER
    shutil.rmtree(second.folder / "manifests")
    assert f"rolling back run {undone}\n" in shown(apply_saved(second))
    assert first.sql(NICKNAMES) == BEFORE
    assert first.sql("SELECT command FROM provision_run ORDER BY seq")[-1] == ("rollback",)
    assert "User/alice: nickname" in refused(StalePlanError, second)


def test_the_fingerprint_of_a_rollback_that_was_approved_is_enough(first: Project) -> None:
    undone, fingerprint = last_run(first), planned(first)["fingerprint"]
    with pytest.raises(StalePlanError, match=f"fingerprint is {fingerprint} now"):
        apply(first, rollback=undone, approval=Approval(fingerprint=f"sha256:{'0' * 64}"))
    assert first.sql(NICKNAMES) == AFTER
    apply(first, rollback=undone, approval=Approval(fingerprint=fingerprint))
    assert first.sql(NICKNAMES) == BEFORE


@on_sqlite
def test_who_approved_a_rollback_has_not_approved_the_same_change_by_a_manifest(first: Project) -> None:
    approval = Approval(fingerprint=planned(first)["fingerprint"])
    first.write(alice("Alice", "email: a@example.com") + user("dave"))
    assert len(plan(first).plan.changes) == 1
    with pytest.raises(StalePlanError):
        apply(first, approval=approval)


MOVES = {
    "UPDATE sys_user SET nickname = 'By hand' WHERE username = 'alice'": "User/alice: nickname",
    "DELETE FROM sys_user WHERE username = 'alice'": "User/alice is gone",
    "UPDATE sys_user SET id = id + 100 WHERE username = 'alice'": "User/alice is another row now",
    "DELETE FROM provision_resource WHERE address = 'User/alice'": "User/alice: update was planned",
}


@on_sqlite
def test_a_row_that_moved_since_is_named(first: Project, second: Project, tmp_path: Path) -> None:
    carry(planned(first), second)
    shutil.copy(tmp_path / "test.db", tmp_path / "before.db")
    for statement, said in MOVES.items():
        second.sql(statement)
        assert said in refused(StalePlanError, second)
        shutil.copy(tmp_path / "before.db", tmp_path / "test.db")
    apply_saved(second)


@on_sqlite
def test_a_later_run_that_makes_the_rollback_another_one_is_refused(first: Project, second: Project) -> None:
    carry(planned(first), second)
    first.write(alice("Ally", "email: a@example.com") + user("dave"))
    apply(first)
    assert "User/alice: nickname" in refused(StalePlanError, second)


@on_sqlite
def test_a_run_that_the_history_does_not_know_any_more_is_an_error(first: Project, second: Project) -> None:
    undone = last_run(first)
    carry(planned(first), second)
    first.sql("DELETE FROM provision_change")
    first.sql("UPDATE provision_resource SET run_id = (SELECT min(id) FROM provision_run WHERE id <> :it)", it=undone)
    first.sql("DELETE FROM provision_run WHERE id = :it", it=undone)
    assert refused(InvalidInputError, second).startswith(f"no run's id begins with {undone}")


def replace_in_settings(project: Project, old: str, new: str) -> None:
    file = project.folder / "provision.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


@on_sqlite
def test_other_policies_settings_projects_and_databases_are_refused(
    first: Project, second: Project, tmp_path: Path
) -> None:
    carry(planned(first), second)
    (second.folder / "policies").mkdir()
    (second.folder / "policies" / "new.yaml").write_text("kind: Policy\n", encoding="utf-8")
    assert "policies/new.yaml is new" in refused(StalePlanError, second)
    replace_in_settings(second, "[kinds.User]", "\n[kinds.User]")
    assert "provision.toml changed" in refused(StalePlanError, second)
    replace_in_settings(second, '"acme"', '"umbrella"')
    assert "for the project acme, and this is umbrella" in refused(InvalidInputError, second)
    carry(planned(first), first)
    shutil.copy(tmp_path / "test.db", tmp_path / "other.db")
    other = replace(first, url=first.url.replace("test.db", "other.db"))
    assert "this plan is for the database sqlite:///" in refused(InvalidInputError, other)


@on_sqlite
def test_the_run_that_is_undone_cannot_be_changed_by_hand(first: Project) -> None:
    document, undone = planned(first), last_run(first)
    assert document["options"]["rollback"] == undone
    for other in (f"{undone[:-1]}x", None):
        carry({**document, "options": {**document["options"], "rollback": other}}, first)
        assert "was changed after it was made" in refused(InvalidInputError, first)


@on_sqlite
def test_the_limits_of_a_rollback_come_along(first: Project) -> None:
    from provision.core.ceiling import parse_ceiling
    from provision.core.guards import Limits

    first.write(user("eve"), "eve.yaml")
    apply(first)
    planned(first, limits=Limits(max_removals=parse_ceiling("0")))
    assert "guard refused this plan" in refused(RefusedError, first)
    planned(first)
    apply_saved(first)
    assert first.sql("SELECT status FROM sys_user WHERE username = 'eve'") == [(0,)]


@on_sqlite
def test_private_values_of_a_rollback_are_keyed_digests(first: Project, second: Project) -> None:
    first.write(alice("Lissy", "email: b@example.com") + user("dave"))
    apply(first)
    private(first)
    private(second)
    with pytest.raises(InvalidInputError) as caught:
        planned(first)
    assert "private values by keyed digests" in caught.value.problems[0].message
    document = planned(first, environ=KEY)
    assert "@example.com" not in json.dumps(document)
    carry(document, second)
    apply_saved(second, KEY)
    assert first.sql("SELECT email FROM sys_user WHERE username = 'alice'") == [("a@example.com",)]
