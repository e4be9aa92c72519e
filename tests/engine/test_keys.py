"""Keys of several parts: rows that are named by them, and what is no name."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import InvalidInputError
from tests.engine.runs import actions, apply, on_sqlite, plan
from tests.engine.tables import manifest, table_project
from tests.project import Project

DDL = """
CREATE TABLE org (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
CREATE TABLE team (id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL REFERENCES org (id), name VARCHAR(40) NOT NULL,
                   UNIQUE (org_id, name));
CREATE TABLE member (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES team (id),
                     name VARCHAR(40) NOT NULL, UNIQUE (team_id, name));
CREATE TABLE profile (team_id INTEGER PRIMARY KEY REFERENCES team (id), title TEXT);
CREATE TABLE item (id INTEGER PRIMARY KEY, shelf TEXT NOT NULL, name VARCHAR(40) NOT NULL, UNIQUE (shelf, name))
"""
KINDS = """
[kinds.Org]
table = "org"
key = ["name"]
on_remove.default = "delete"
[kinds.Team]
table = "team"
key = ["org", "name"]
references.org = { kind = "Org", column = "org_id" }
on_remove.default = "delete"
[kinds.Member]
table = "member"
key = ["team", "name"]
references.team = { kind = "Team", column = "team_id" }
on_remove.default = "delete"
[kinds.Profile]
table = "profile"
key = ["team"]
references.team = { kind = "Team", column = "team_id" }
on_remove.default = "delete"
[kinds.Item]
table = "item"
key = ["shelf", "name"]
on_remove.default = "delete"
"""
TEAM = manifest("Org", "o/1") + manifest("Team", "t", "{org: o/1}")
PARTS = "a Team is named by the 2 parts of its key"
NO_NAME = "not a valid name"

pytestmark = on_sqlite


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = table_project(tmp_path / "project", database_url, DDL, KINDS)
    monkeypatch.chdir(made.folder)
    return made


@pytest.mark.parametrize(
    ("document", "address"),
    [
        (manifest("Member", "m", "{team: o%2F1/t}"), "Member/o%2F1/t/m"),
        (manifest("Profile", "o%2F1/t", "{title: x}"), "Profile/o%2F1/t"),
        (manifest("Item", "x/y", "{shelf: a/b}"), "Item/a%2Fb/x%2Fy"),
    ],
)
def test_a_row_is_named_by_all_parts_of_what_it_belongs_to(project: Project, document: str, address: str) -> None:
    project.write(TEAM + document)
    assert f"create {address}" in actions(apply(project))
    assert actions(plan(project)) == []


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (manifest("Member", "m", "{team: t}"), "spec.team", PARTS),
        (manifest("Member", "m", "{team: o%2F1/t/m}"), "spec.team", PARTS),
        (manifest("Profile", "t"), "metadata.name", PARTS),
        (manifest("Item", "i", "{shelf: ''}"), "spec.shelf", "must not be empty"),
        (manifest("Item", "i", "{shelf: ' x'}"), "spec.shelf", NO_NAME),
        (manifest("Item", "i", '{shelf: "a\\tb"}'), "spec.shelf", NO_NAME),
        (manifest("Item", "i"), "spec.shelf", "is missing"),
    ],
)
def test_what_is_not_the_whole_key_is_refused(project: Project, document: str, path: str, message: str) -> None:
    project.write(TEAM + document)
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    [problem] = caught.value.problems
    assert (problem.path, problem.message, problem.position is not None) == (path, message, True)
