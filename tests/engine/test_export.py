"""Export, then plan: nothing changes but who manages the rows."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.core.plan import Action
from provision.manifest.export_files import write_files
from provision.reconcile.export import Export, export
from tests.engine.reflected import fill, make_reflected
from tests.engine.runs import apply, on_sqlite, plan, request
from tests.engine.sent import sent_statements
from tests.project import REPOSITORY, Project, user

if TYPE_CHECKING:
    from collections.abc import Collection


@pytest.fixture
def reflected(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of reflected tables with a few rows, its folder being the current one."""
    made = make_reflected(tmp_path / "reflected", database_url)
    fill(made)
    monkeypatch.chdir(made.folder)
    return made


def exported(project: Project, *patterns: str, kinds: Collection[str] = ()) -> Export:
    return asyncio.run(export(request(project), kinds, patterns))


def put(project: Project, found: Export) -> None:
    """Make the exported manifests the project's own."""
    shutil.rmtree(project.folder / "manifests", ignore_errors=True)
    write_files(project.folder / "manifests", found.manifests, overwrite=False)


def assert_only_adopted(project: Project, count: int) -> None:
    """The manifests adopt this many rows and change none; afterwards nothing is left to do."""
    view = plan(project)
    assert len(view.plan.changes) == count
    assert {change.action for change in view.plan.changes} == {Action.ADOPT}
    assert [change.fields for change in view.plan.changes if change.fields] == []
    apply(project)
    assert plan(project).plan.is_empty


def test_what_was_applied_is_exported_and_adopted_without_a_change(project: Project) -> None:
    shutil.copytree(REPOSITORY / "manifests", project.folder / "manifests")
    apply(project)
    project.sql("DELETE FROM provision_resource")
    found = exported(project)
    assert found.warnings == ()
    put(project, found)
    assert_only_adopted(project, 16)
    assert exported(project) == found


def test_rows_of_reflected_tables_are_exported_and_adopted_without_a_change(reflected: Project) -> None:
    found = exported(reflected)
    assert found.warnings == ()
    assert list(found.manifests) == ["Group", "User", "Badge"]
    put(reflected, found)
    assert_only_adopted(reflected, 6)


@on_sqlite
def test_a_manifest_says_what_the_row_holds_in_the_words_of_its_spec(reflected: Project) -> None:
    assert exported(reflected, "User/alice").manifests["User"] == (
        "# A secret is never exported, and stays as it is: password (django)\n"
        "apiVersion: provision/v1\n"
        "kind: User\n"
        "metadata:\n"
        "  name: alice\n"
        "spec:\n"
        "  is_active: true\n"
        '  score: "12.50"\n'
        "  bio: |-\n"
        "    two\n"
        "    lines: and a # sign\n"
        "  is_superuser: false\n"
        '  joined_on: "2024-02-29"\n'
        "  rating: 0.1\n"
        "  groups:\n"
        "    - editors\n"
        "    - the no/on group\n"
        '  # last_login: "2026-01-02T03:04:05Z"\n'
    )


@on_sqlite
def test_a_number_in_a_key_stays_a_number(reflected: Project) -> None:
    text = exported(reflected, kinds=["Badge"]).manifests["Badge"]
    assert 'name: "7"\n' in text
    assert "user: alice\n" in text


@on_sqlite
def test_what_is_selected_brings_what_it_refers_to_and_no_more(reflected: Project) -> None:
    found = exported(reflected, "User/no")
    assert "name: alice" in found.manifests["User"]
    assert found.manifests["User"].count("kind: User") == 2
    assert found.manifests["Group"].count("kind: Group") == 2
    assert "Badge" not in found.manifests
    assert list(exported(reflected, kinds=["Group"]).manifests) == ["Group"]
    put(reflected, found)
    assert_only_adopted(reflected, 4)


def test_a_privilege_is_written_whatever_it_is_and_null_is_not(project: Project) -> None:
    project.write(user("alice", "is_superuser: true"))
    apply(project)
    text = exported(project).manifests["User"]
    assert "  is_superuser: true\n" in text
    assert "  is_staff: false\n" in text
    assert "  status: active\n" in text
    assert "email" not in text


@on_sqlite
def test_no_stored_secret_is_exported(project: Project) -> None:
    project.write(user("alice", "password: {from: {env: PW}}", "api_keys: [{name: ci, key: {from: {env: KEY}}}]"))
    project.environ.update(PW="canary password", KEY="canary_key_0123456789")
    apply(project)
    [(stored, digest)] = project.sql("SELECT password, key_hash FROM sys_user, sys_api_key")
    text = "".join(exported(project).manifests.values())
    assert "password (bcrypt)" in text
    assert "key (sha256)" in text
    for secret in (stored, digest, "canary"):
        assert secret not in text


@on_sqlite
def test_a_field_that_no_manifest_can_hold_is_left_out_and_named(reflected: Project) -> None:
    reflected.sql("UPDATE auth_user SET bio = :evil WHERE username = 'alice'", evil="bell\x07")
    found = exported(reflected)
    assert found.warnings == ("User/alice: bio holds the character U+0007; the field is left out",)
    assert "bell" not in found.manifests["User"]
    put(reflected, found)
    assert_only_adopted(reflected, 6)


@on_sqlite
def test_a_row_whose_name_no_manifest_can_hold_is_skipped_with_what_belongs_to_it(reflected: Project) -> None:
    reflected.sql("UPDATE auth_user SET username = :evil WHERE username = 'alice'", evil="a\x1blice")
    found = exported(reflected)
    assert found.warnings == (
        "Badge/a\x1blice/7: user not a valid name; there is no manifest for it",
        "User/a\x1blice: metadata.name not a valid name; there is no manifest for it",
        "User/no: boss leads to User/a\x1blice: not there, or not to be exported; the field is left out",
    )
    put(reflected, found)
    assert_only_adopted(reflected, 4)


@on_sqlite
def test_a_reference_to_a_row_that_is_not_there_is_left_out_and_named(reflected: Project) -> None:
    reflected.sql("UPDATE auth_user SET boss_id = 17 WHERE username = 'alice'")
    reflected.sql("INSERT INTO auth_user_groups (user_id, group_id) VALUES (2, 99)")
    found = exported(reflected)
    assert found.warnings == (
        "User/alice: boss leads to User: no row: 17: not there, or not to be exported; the field is left out",
        "User/no: groups leads to Group: no row: 99: not there, or not to be exported; the field is left out",
    )
    put(reflected, found)
    assert_only_adopted(reflected, 6)


def test_two_thousand_rows_take_as_many_queries_as_a_few(reflected: Project) -> None:
    with sent_statements() as few:
        exported(reflected)
    values = ", ".join(f"('user {number}', false, true, 1)" for number in range(2000))
    reflected.sql(f"INSERT INTO auth_user (username, is_superuser, is_active, boss_id) VALUES {values}")
    with sent_statements() as many:
        found = exported(reflected)
    assert len(many) == len(few)
    assert found.manifests["User"].count("kind: User") == 2003
    put(reflected, found)
    view = plan(reflected)
    assert len(view.plan.changes) == 2006
    assert not any(change.fields for change in view.plan.changes)


def test_a_row_without_a_name_is_none_of_a_manifests(tmp_path: Path, sqlite_url: str) -> None:
    project = Project(folder=tmp_path / "nameless", url=sqlite_url)
    project.folder.mkdir()
    (project.folder / "provision.toml").write_text(
        'project = "p"\n[kinds.Thing]\ntable = "thing"\nkey = ["code"]\non_remove.default = "delete"\n'
    )
    project.sql("CREATE TABLE thing (id integer PRIMARY KEY, code text UNIQUE)")
    project.sql("INSERT INTO thing (code) VALUES (NULL), (NULL), ('x')")
    assert exported(project).manifests == {"Thing": exported(project, "Thing/x").manifests["Thing"]}


@on_sqlite
def test_rows_that_are_looked_up_are_named_and_not_exported(reflected: Project) -> None:
    settings = reflected.folder / "provision.toml"
    text = settings.read_text(encoding="utf-8")
    group = 'key = ["name"]\non_remove.default = "delete"\n'
    assert group in text
    settings.write_text(text.replace(group, 'key = ["name"]\nlookup = true\n'), encoding="utf-8")
    found = exported(reflected)
    assert (list(found.manifests), found.warnings) == (["User", "Badge"], ())
    assert "    - editors\n" in found.manifests["User"]
    put(reflected, found)
    assert_only_adopted(reflected, 4)
