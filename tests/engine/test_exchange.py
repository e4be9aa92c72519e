"""Unique values that change hands within one run, whatever their columns can hold meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, SmallInteger
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from provision.database.writing.placeholder import is_rigid, nobodys
from provision.errors import InvalidInputError
from tests.engine.runs import actions, apply, content, plan
from tests.engine.tables import manifest, table_project
from tests.project import Project

DDL = """
CREATE TABLE step (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, place INTEGER NOT NULL UNIQUE);
CREATE TABLE node (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, parent_id INTEGER REFERENCES node (id),
                   is_left BOOLEAN NOT NULL, note VARCHAR(40), UNIQUE (parent_id, is_left));
CREATE TABLE half (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, is_left BOOLEAN NOT NULL UNIQUE)
"""
KINDS = """
[kinds.Step]
table = "step"
key = ["name"]
on_remove.default = "delete"
[kinds.Node]
table = "node"
key = ["name"]
references.parent = { kind = "Node", column = "parent_id" }
on_remove.default = "delete"
[kinds.Half]
table = "half"
key = ["name"]
on_remove.default = "delete"
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = table_project(tmp_path / "project", database_url, DDL, KINDS)
    monkeypatch.chdir(made.folder)
    return made


def converge(project: Project, *documents: str) -> None:
    project.write("".join(documents))
    apply(project, prune=True)
    assert actions(plan(project, prune=True)) == []


def test_numbers_that_may_not_be_null_go_round(project: Project) -> None:
    for places in ((1, 2, 3), (2, 3, 1), (3, 1, 2)):
        converge(project, *(manifest("Step", f"s{n}", f"{{place: {place}}}") for n, place in enumerate(places)))
        rows = project.sql("SELECT place FROM step ORDER BY name")
        assert [place for (place,) in rows] == list(places)


def test_the_other_half_of_a_group_is_emptied_meanwhile_and_gets_its_value_back(project: Project) -> None:
    root = manifest("Node", "root", "{is_left: false}")

    def child(name: str, side: str, parent: str = "parent: root, ") -> str:
        return manifest("Node", name, f"{{{parent}is_left: {side}}}")

    converge(project, root, child("a", "true"), child("b", "false"))
    converge(project, root, child("a", "false", parent=""), child("b", "true", parent=""))
    query = "SELECT n.name, p.name FROM node n JOIN node p ON p.id = n.parent_id WHERE n.is_left ORDER BY n.name"
    assert project.sql(query) == [("b", "root")]
    assert project.sql("SELECT COUNT(*) FROM node WHERE parent_id IS NOT NULL") == [(2,)]


def test_what_nothing_can_stand_for_is_refused_with_its_place(project: Project) -> None:
    halves = [manifest("Half", name, f"{{is_left: {side}}}") for name, side in (("a", "true"), ("b", "false"))]
    converge(project, *halves)
    before = content(project)
    project.write("".join(halves).replace("true", "x").replace("false", "true").replace("x", "false"))
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    first = caught.value.problems[0]
    assert str(first.position).startswith("manifests/all.yaml:5:")
    assert first.path == "spec.is_left"
    assert "nothing can stand for it meanwhile" in first.message
    assert content(project) == before


@pytest.mark.parametrize(
    ("type_", "least", "most"),
    [
        (SmallInteger(), -(2**15), -1),
        (Integer(), -(2**31), -1),
        (mysql.SMALLINT(unsigned=True), 0, 2**16 - 1),
        (mysql.MEDIUMINT(), -(2**23), -1),
        (mysql.MEDIUMINT(unsigned=True), 0, 2**24 - 1),
        (mysql.INTEGER(unsigned=True), 0, 2**32 - 1),
    ],
)
def test_a_number_that_stands_for_another_fits_its_column(type_: TypeEngine[Any], least: int, most: int) -> None:
    column = Column("place", type_, nullable=False)
    assert not is_rigid(column)
    assert all(least <= nobodys(column) <= most for _ in range(1000))


def test_a_byte_has_no_number_that_nobody_means() -> None:
    assert is_rigid(Column("place", mysql.TINYINT(), nullable=False))
