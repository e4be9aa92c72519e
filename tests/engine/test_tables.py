"""Kinds by configuration alone: tables read from the database, references, associations, trees, circles, scopes."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.core.ceiling import Ceiling
from provision.core.guards import Limits
from provision.errors import InvalidInputError
from tests.engine.runs import actions, apply, content, fields, plan
from tests.engine.tables import manifest, table_project
from tests.project import Project

ANYTHING = Limits(max_removals=Ceiling(count=10**6))

DDL = """
CREATE TABLE dept (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, parent_id INTEGER REFERENCES dept (id),
                   leader_id INTEGER);
CREATE TABLE permission (id INTEGER PRIMARY KEY, code VARCHAR(40) NOT NULL UNIQUE);
CREATE TABLE role (id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, name VARCHAR(40) NOT NULL, created_at TIMESTAMP,
                   changed_at TIMESTAMP, UNIQUE (tenant, name));
CREATE TABLE role_permission (role INTEGER NOT NULL REFERENCES role (id),
                              permission INTEGER NOT NULL REFERENCES permission (id),
                              PRIMARY KEY (role, permission));
CREATE TABLE person (id INTEGER PRIMARY KEY, login VARCHAR(40) NOT NULL UNIQUE,
                     dept_id INTEGER NOT NULL REFERENCES dept (id), boss_id INTEGER REFERENCES person (id),
                     phone VARCHAR(20) UNIQUE)
"""
KINDS = """
[kinds.Dept]
table = "dept"
key = ["name"]
references.parent = { kind = "Dept", column = "parent_id" }
references.leader = { kind = "Person", column = "leader_id" }
on_remove.default = "delete"
[kinds.Permission]
table = "permission"
key = ["code"]
lookup = true
[kinds.Role]
table = "role"
key = ["name"]
scope = { tenant = 7 }
touch = { created = ["created_at"], updated = ["changed_at"] }
references.permissions = { kind = "Permission", through = "role_permission" }
on_remove.default = "delete"
[kinds.Person]
table = "person"
key = ["login"]
references.dept = { kind = "Dept", column = "dept_id" }
references.boss = { kind = "Person", column = "boss_id" }
on_remove.default = "delete"
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = table_project(tmp_path / "project", database_url, DDL, KINDS)
    made.sql("INSERT INTO permission (code) VALUES ('read'), ('write')")
    monkeypatch.chdir(made.folder)
    return made


def converge(project: Project, *documents: str, prune: bool = False) -> list[str]:
    """Apply these documents; the plan that follows has to be empty."""
    project.write("".join(documents))
    done = actions(apply(project, prune=prune, limits=ANYTHING))
    assert actions(plan(project, prune=prune, limits=ANYTHING)) == []
    return done


def test_a_tree_is_made_from_its_root_and_removed_from_its_leaves(project: Project) -> None:
    root = manifest("Dept", "z-root")
    branch = manifest("Dept", "m-branch", "{parent: z-root}")
    leaf = manifest("Dept", "a-leaf", "{parent: m-branch}")
    other = manifest("Dept", "other")
    made = ["create Dept/other", "create Dept/z-root", "create Dept/m-branch", "create Dept/a-leaf"]
    assert converge(project, leaf, branch, root, other) == made
    query = "SELECT c.name, p.name FROM dept c JOIN dept p ON p.id = c.parent_id ORDER BY c.name"
    assert project.sql(query) == [("a-leaf", "m-branch"), ("m-branch", "z-root")]
    assert converge(project, other, prune=True) == [
        "delete Dept/a-leaf",
        "delete Dept/m-branch",
        "delete Dept/z-root",
    ]


def test_a_child_and_its_parent_change_places(project: Project) -> None:
    converge(project, manifest("Dept", "a"), manifest("Dept", "b", "{parent: a}"))
    converge(project, manifest("Dept", "a", "{parent: b}"), manifest("Dept", "b", "{parent: null}"))
    query = "SELECT c.name, p.name FROM dept c LEFT JOIN dept p ON p.id = c.parent_id ORDER BY c.name"
    assert project.sql(query) == [("a", "b"), ("b", None)]


def test_kinds_and_rows_that_refer_to_each_other_in_a_circle_are_made_and_removed(project: Project) -> None:
    documents = [
        manifest("Dept", "sales", "{leader: ann}"),
        manifest("Person", "ann", "{dept: sales, boss: bob}"),
        manifest("Person", "bob", "{dept: sales, boss: ann}"),
        manifest("Dept", "left"),
    ]
    converge(project, *documents)
    query = "SELECT p.login, d.name, l.login, b.login FROM person p JOIN dept d ON d.id = p.dept_id "
    query += "JOIN person l ON l.id = d.leader_id JOIN person b ON b.id = p.boss_id ORDER BY p.login"
    assert project.sql(query) == [("ann", "sales", "ann", "bob"), ("bob", "sales", "ann", "ann")]
    done = converge(project, documents[-1], prune=True)
    assert done == ["delete Person/ann", "delete Person/bob", "delete Dept/sales"]
    assert project.sql("SELECT count(*) FROM person") == [(0,)]


def test_an_association_holds_what_the_list_names_and_nothing_where_it_is_empty(project: Project) -> None:
    query = "SELECT p.code FROM role_permission rp JOIN permission p ON p.id = rp.permission ORDER BY 1"
    assert converge(project, manifest("Role", "editor", "{permissions: [write, read]}")) == ["create Role/editor"]
    assert project.sql(query) == [("read",), ("write",)]
    project.write(manifest("Role", "editor", "{permissions: [write]}"))
    changed = apply(project)
    assert fields(changed, "Role/editor") == {"permissions": (["read", "write"], ["write"])}
    assert project.sql(query) == [("write",)]
    converge(project, manifest("Role", "editor"))
    assert project.sql(query) == [("write",)], "omitted is unmanaged"
    converge(project, manifest("Role", "editor", "{permissions: []}"))
    assert project.sql(query) == []


def test_what_is_added_to_an_association_by_hand_is_drift(project: Project) -> None:
    converge(project, manifest("Role", "editor", "{permissions: [read]}"))
    project.sql("INSERT INTO role_permission SELECT r.id, p.id FROM role r, permission p WHERE p.code = 'write'")
    assert fields(plan(project), "Role/editor") == {"permissions": (["read", "write"], ["read"])}
    apply(project)
    assert project.sql("SELECT count(*) FROM role_permission") == [(1,)]


def test_a_removed_row_leaves_its_associations(project: Project) -> None:
    converge(project, manifest("Role", "editor", "{permissions: [read, write]}"), manifest("Role", "other"))
    assert converge(project, manifest("Role", "other"), prune=True) == ["delete Role/editor"]
    assert project.sql("SELECT count(*) FROM role_permission") == [(0,)]


def test_what_the_application_makes_is_named_and_has_to_be_there(project: Project) -> None:
    before = content(project)
    project.write(manifest("Role", "editor", "{permissions: [read, wirte]}"))
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    (problem,) = caught.value.problems
    assert str(problem) == (
        "manifests/all.yaml:5:21: spec.permissions: Permission/wirte is not in the database, or will be deleted, "
        "and this run does not create it. Hint: rows of the kind Permission are made by the application: "
        "is the name right?"
    )
    assert content(project) == before


def test_what_the_application_makes_cannot_be_declared(project: Project) -> None:
    project.write(manifest("Permission", "delete"))
    with pytest.raises(InvalidInputError) as caught:
        plan(project)
    (problem,) = caught.value.problems
    assert problem.message == "rows of the kind Permission are made by the application, and not declared"


def test_a_scope_hides_other_rows_and_is_written_into_new_ones(project: Project) -> None:
    project.sql("INSERT INTO role (tenant, name) VALUES (8, 'editor')")
    assert converge(project, manifest("Role", "editor")) == ["create Role/editor"]
    assert project.sql("SELECT tenant FROM role ORDER BY 1") == [(7,), (8,)]
    converge(project, manifest("Role", "other"), prune=True)
    assert project.sql("SELECT tenant, name FROM role ORDER BY 1") == [(7, "other"), (8, "editor")]


def test_touched_columns_hold_the_moments_of_creation_and_change(project: Project) -> None:
    converge(project, manifest("Role", "editor", "{permissions: []}"))
    ((created, changed),) = project.sql("SELECT created_at, changed_at FROM role")
    assert created is not None
    assert changed is not None
    converge(project, manifest("Role", "editor", "{permissions: [read]}"))
    ((created_still, changed_again),) = project.sql("SELECT created_at, changed_at FROM role")
    assert created_still == created
    assert str(changed_again) > str(changed)


def test_a_reference_moves_away_from_a_row_that_goes_in_the_same_run(project: Project) -> None:
    converge(project, manifest("Dept", "a"), manifest("Dept", "b"), manifest("Person", "ann", "{dept: a}"))
    done = converge(project, manifest("Dept", "b"), manifest("Person", "ann", "{dept: b}"), prune=True)
    assert done == ["update Person/ann", "delete Dept/a"]


def test_unique_values_swap_between_rows_of_a_reflected_table(project: Project) -> None:
    dept = manifest("Dept", "a")
    ann, bob = "Person", "Person"
    converge(
        project, dept, manifest(ann, "ann", "{dept: a, phone: '1'}"), manifest(bob, "bob", "{dept: a, phone: '2'}")
    )
    converge(
        project, dept, manifest(ann, "ann", "{dept: a, phone: '2'}"), manifest(bob, "bob", "{dept: a, phone: '1'}")
    )
    assert project.sql("SELECT login, phone FROM person ORDER BY 1") == [("ann", "2"), ("bob", "1")]


def test_a_key_whose_case_the_application_ignores_finds_the_row_and_keeps_its_spelling(project: Project) -> None:
    toml = project.folder / "provision.toml"
    toml.write_text(toml.read_text() + "[kinds.Person.fields.login]\nignore_case = true\n")
    dept = manifest("Dept", "a")
    converge(project, dept)
    project.sql("INSERT INTO person (login, dept_id) SELECT 'Ann', id FROM dept")
    assert converge(project, dept, manifest("Person", "ann", "{dept: a, phone: '1'}")) == ["adopt Person/ann"]
    assert project.sql("SELECT login, phone FROM person") == [("Ann", "1")]
    assert converge(project, dept, manifest("Person", "ANN", "{dept: a, phone: '1'}")) == ["adopt Person/ANN"]
    assert project.sql("SELECT count(*) FROM provision_resource WHERE address LIKE 'Person/%'") == [(1,)]


def test_two_names_that_are_one_to_the_application_are_refused_with_both_places(project: Project) -> None:
    toml = project.folder / "provision.toml"
    toml.write_text(toml.read_text() + "[kinds.Person.fields.login]\nignore_case = true\n")
    dept = manifest("Dept", "a")
    project.write(dept + manifest("Person", "ann", "{dept: a}") + manifest("Person", "Ann", "{dept: a}"))
    with pytest.raises(InvalidInputError) as caught:
        plan(project)
    (problem,) = caught.value.problems
    assert str(problem) == (
        "manifests/all.yaml:14:18: metadata.name: Person/Ann and Person/ann (manifests/all.yaml:7:1) are one row "
        "to the database. Hint: its collation, or ignore_case in provision.toml, makes no difference between them; "
        "remove one"
    )
