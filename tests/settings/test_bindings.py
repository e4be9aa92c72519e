"""Bindings that do not fit the tables of a database: each mistake names its line of provision.toml."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from provision.errors import InvalidInputError
from provision.reconcile.job import open_site
from provision.reconcile.request import Request
from tests.engine.runs import on_sqlite
from tests.engine.tables import table_project
from tests.project import Project

DDL = """
CREATE TABLE team (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, lead_id INTEGER, "made by" VARCHAR(9));
CREATE TABLE person (id INTEGER PRIMARY KEY, login VARCHAR(40) NOT NULL UNIQUE, nick VARCHAR(40),
                     team_id INTEGER NOT NULL REFERENCES team (id), born DATE NOT NULL);
CREATE TABLE pair (a INTEGER NOT NULL, b INTEGER NOT NULL, name VARCHAR(40) NOT NULL UNIQUE, PRIMARY KEY (a, b));
CREATE TABLE heap (name VARCHAR(40) NOT NULL UNIQUE);
CREATE TABLE strange (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, place POINT NOT NULL);
CREATE TABLE member (person INTEGER NOT NULL REFERENCES person (id), team INTEGER NOT NULL REFERENCES team (id),
                     since DATE NOT NULL, PRIMARY KEY (person, team));
CREATE TABLE twice (one INTEGER REFERENCES team (id), two INTEGER REFERENCES team (id), person INTEGER);
CREATE TABLE first (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, second_id INTEGER NOT NULL);
CREATE TABLE second (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, first_id INTEGER NOT NULL);
CREATE VIEW people AS SELECT id, login FROM person
"""
KINDS = """\
[kinds.Team]
table = "team"
key = ["name"]
on_remove.default = "delete"
[kinds.Person]
table = "person"
key = ["login"]
on_remove.default = "delete"
references.team = { kind = "Team", column = "team_id" }
"""


def kind(name: str, *lines: str) -> str:
    return "\n".join([f"[kinds.{name}]", *lines, 'on_remove.default = "delete"', ""])


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = table_project(tmp_path / "project", database_url, DDL, KINDS)
    monkeypatch.chdir(made.folder)
    return made


def problems(project: Project, kinds: str) -> list[str]:
    """What is wrong with the settings."""
    (project.folder / "provision.toml").write_text(f'project = "tables"\n{kinds}', encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        asyncio.run(open_site(Request(here=project.folder, environ=project.environment())))
    return [str(problem) for problem in caught.value.problems]


CASES = {
    "no such table": (
        "",
        'table = "team"',
        'table = "taem"',
        "kinds.Team.table: there is no table taem in ",
    ),
    "no such schema": (
        "",
        'table = "team"',
        'table = "no.team"',
        "kinds.Team.table: there is no table no.team in ",
    ),
    "a view": (
        "",
        'table = "person"',
        'table = "people"',
        "kinds.Person.table: people is a view, and rows are written",
    ),
    "no such column in the key": ("", '["login"]', '["username"]', "kinds.Person.key: person has no column username"),
    "no such reference": (
        "",
        '"team_id" }',
        '"team" }',
        "kinds.Person.references.team.column: person has no column team",
    ),
    "no such field": (
        'fields.nik = { default = "x" }\n',
        "",
        "fields.nik",
        "kinds.Person.fields.nik: person has no column nik. Hint: its columns are: born, id, login, nick, team_id",
    ),
    "no such scope": (
        "scope = { tenant = 7 }\n",
        "",
        "scope",
        "kinds.Person.scope.tenant: person has no column tenant",
    ),
    "no such touch": ('touch.updated = ["at"]\n', "", "touch", "kinds.Person.touch.updated: person has no column at"),
    "a control character": (
        'fields.nick = { column = "a\\u0000b" }\n',
        "",
        "fields.nick",
        "kinds.Person.fields.nick.column: is not the name of a column",
    ),
    "no kind's name": ("[kinds.person]\n", "", "[kinds.person]", "kinds.person: is not the name of a kind"),
    "the key is not unique": (
        "",
        '["login"]',
        '["nick"]',
        "kinds.Person.key: the database does not keep nick unique in person",
    ),
    "nothing sets a column": (
        "",
        'references.team = { kind = "Team", column = "team_id" }',
        "",
        "kinds.Person: nothing sets person.team_id, which a new row must have. Hint: bind it: fields.team_id = ",
    ),
    "no primary key": (
        kind("Heap", 'table = "heap"', 'key = ["name"]'),
        "",
        "[kinds.Heap]",
        "kinds.Heap: heap has no primary key",
    ),
    "a type that no manifest can write": (
        kind("Strange", 'table = "strange"', 'key = ["name"]', "fields.place = { column = 'place' }"),
        "",
        "fields.place",
        "kinds.Strange.fields.place: place is of the type ",
    ),
    "a column of such a type that a new row must have": (
        kind("Strange", 'table = "strange"', 'key = ["name"]'),
        "",
        "[kinds.Strange]",
        "kinds.Strange: nothing sets strange.place, which a new row must have",
    ),
    "a reference to several columns": (
        kind("Pair", 'table = "pair"', 'key = ["name"]')
        + kind(
            "Other", 'table = "team"', 'key = ["name"]', 'references.pair = { kind = "Pair", column = "lead_id" }'
        ),
        "",
        "references.pair",
        "kinds.Other.references.pair.column: lead_id leads to pair.(several columns). Hint: a reference holds the ",
    ),
    "an association that is not there": (
        'references.teams = { kind = "Team", through = "membr" }\n',
        "",
        "references.teams",
        "kinds.Person.references.teams.through: there is no table membr in ",
    ),
    "an association of which a column is not set": (
        'references.teams = { kind = "Team", through = "member" }\n',
        "",
        "references.teams",
        "kinds.Person.references.teams: nothing sets member.since. Hint: add set.since = …",
    ),
    "an association without such a column": (
        'references.teams = { kind = "Team", through = "member", target = "tema", set = { since = "now" } }\n',
        "",
        "references.teams",
        "kinds.Person.references.teams.target: member has no column tema. Hint: its columns are: person, since, team",
    ),
    "an association whose columns are ambiguous": (
        'references.teams = { kind = "Team", through = "twice", source = "person" }\n',
        "",
        "references.teams",
        "kinds.Person.references.teams: twice has several columns that lead to team. Hint: add target = ",
    ),
    "an association that says nothing": (
        'references.teams = { kind = "Team", through = "twice", target = "one" }\n',
        "",
        "references.teams",
        "kinds.Person.references.teams: twice has no column that leads to person. Hint: add source = ",
    ),
    "a set column that is not there": (
        'references.teams = { kind = "Team", through = "member", set = { since = "now", till = 1 } }\n',
        "",
        "references.teams",
        "kinds.Person.references.teams.set: member has no column till. Hint: its columns are: person, since, team",
    ),
    "a circle that no null breaks": (
        kind(
            "First", 'table = "first"', 'key = ["name"]', "references.to = { kind = 'Second', column = 'second_id' }"
        )
        + kind(
            "Second", 'table = "second"', 'key = ["name"]', "references.to = { kind = 'First', column = 'first_id' }"
        ),
        "",
        "[kinds.First]",
        "kinds.First: kinds refer to each other in a circle: First -> Second -> First",
    ),
    "keys that name each other": (
        kind("First", 'table = "first"', 'key = ["to"]', "references.to = { kind = 'Second', column = 'second_id' }")
        + kind(
            "Second", 'table = "second"', 'key = ["to"]', "references.to = { kind = 'First', column = 'first_id' }"
        ),
        "",
        'key = ["to"]',
        "kinds.First.key: the keys of kinds name each other in a circle: First -> Second -> First",
    ),
}


# What each database's own catalog tells, and what only PostgreSQL has: types that are not what SQLite makes of them.
IN_THE_CATALOG = ["no such schema", "a view", "the key is not unique", "a reference to several columns"]
IN_THE_CATALOG += ["a type that no manifest can write", "a column of such a type that a new row must have"]


def check(project: Project, name: str) -> None:
    added, before, after, expected = CASES[name]
    text = KINDS.replace(before, after, 1) if before else KINDS + added
    found = problems(project, text)
    fragment = after or "[kinds.Person]"
    line = next(n for n, one in enumerate(f'project = "tables"\n{text}'.splitlines(), start=1) if fragment in one)
    assert any(problem.startswith(f"provision.toml:{line}:1: {expected}") for problem in found), found


@on_sqlite
@pytest.mark.parametrize("name", [name for name in CASES if "type" not in name])
def test_what_does_not_fit_is_said_with_its_line(project: Project, name: str) -> None:
    check(project, name)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_catalog_of_postgresql_tells_is_said_with_its_line(project: Project) -> None:
    for name in IN_THE_CATALOG:
        check(project, name)


def test_a_key_is_taken_for_unique_where_the_settings_say_so(project: Project) -> None:
    text = KINDS.replace('key = ["login"]', 'key = ["nick"]\nassume_unique = true')
    (project.folder / "provision.toml").write_text(f'project = "tables"\n{text}', encoding="utf-8")
    site = asyncio.run(open_site(Request(here=project.folder, environ=project.environment())))
    assert list(site.bindings["Person"].key) == ["nick"]


@on_sqlite
def test_every_mistake_of_every_kind_is_found_in_one_run(project: Project) -> None:
    text = KINDS.replace('["name"]', '["title"]').replace('"team_id"', '"tema_id"').replace('["login"]', '["nick"]')
    assert len(problems(project, text)) == 2
