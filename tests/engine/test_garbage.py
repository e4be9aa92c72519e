"""SQLite keeps anything in any column: what is none of its type is said, and is no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import DatabaseError, InvalidInputError
from tests.engine.runs import actions, apply, on_sqlite, plan
from tests.engine.tables import manifest, table_project
from tests.project import Project

DDL = """
CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at DATETIME, day DATE, number INTEGER,
                    document JSON, price NUMERIC(10, 2), clock TIME, share FLOAT, since INTEGER, note TEXT,
                    exact NUMERIC)
"""
KINDS = """
[kinds.Thing]
table = "thing"
key = ["name"]
fields.since = { type = "epoch" }
on_remove.default = "delete"
"""
SPEC = (
    '{at: "2027-01-01T00:00:00Z", day: "2027-01-01", number: 1, document: {a: 1}, price: 1.5, clock: "10:00", '
    'share: 1.5, since: "2027-01-01T00:00:00Z"}'
)

pytestmark = on_sqlite


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = table_project(tmp_path / "project", database_url, DDL, KINDS)
    monkeypatch.chdir(made.folder)
    made.write(manifest("Thing", "x", SPEC))
    apply(made)
    return made


def test_what_is_none_of_its_type_is_an_error_of_the_database(project: Project) -> None:
    words = {"at": "soon", "day": "x", "document": "{", "price": "dear", "clock": "zz", "share": "x", "since": "then"}
    for column, word in words.items():
        project.sql(f"UPDATE thing SET {column} = :word", word=word)
        with pytest.raises(DatabaseError) as caught:
            plan(project)
        assert caught.value.message.startswith("thing holds a value that is none of its column's type"), column
        assert word not in caught.value.message
        project.sql(f"UPDATE thing SET {column} = NULL")


def test_what_can_be_read_is_drift_and_is_put_right(project: Project) -> None:
    project.write(manifest("Thing", "x", SPEC.replace("{at", "{note: plain, at")))
    apply(project)
    for change in (
        "note = X'00FF'",
        "note = 7",
        "number = 'many'",
        "number = 1.5",
        "at = '2027-01-01T00:00:00+02:00'",
        "price = 7",
    ):
        project.sql(f"UPDATE thing SET {change}")
        assert actions(apply(project)) == ["update Thing/x"]
        assert actions(plan(project)) == []


def test_a_decimal_that_sqlite_would_round_is_refused(project: Project) -> None:
    project.write(manifest("Thing", "x", '{exact: "123456789012345"}'))
    apply(project)
    assert actions(plan(project)) == []
    project.write(manifest("Thing", "x", '{exact: "1234567890.1234567"}'))
    with pytest.raises(InvalidInputError) as caught:
        plan(project)
    assert "spec.exact: does not fit into numeric" in str(caught.value.problems[0])
