"""Tables whose constraints and triggers refuse rows, and what is said of a refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provision.errors import ExitCode, RowsRefusedError
from provision.report.view import PlanView
from tests.canary import find_leaks
from tests.engine.tables import database_of, manifest, table_project
from tests.project import Project

# What no output may hold, as a part of each value that is refused.
CANARY = "hunter2-canary"
KINDS = """\
[kinds.Team]
table = "team"
key = ["name"]
on_remove.default = "delete"
references.lead = { kind = "Person", column = "lead_id" }
[kinds.Person]
table = "person"
key = ["name"]
on_remove.default = "delete"
references.teams = { kind = "Team", through = "membership" }
references.country = { kind = "Country", column = "country" }
[kinds.Country]
table = "country"
key = ["code"]
lookup = true
"""
# A country in which there is no market.
COUNTRIES = """\
CREATE TABLE country (id integer PRIMARY KEY, code varchar(80) NOT NULL UNIQUE);
CREATE TABLE market (id integer PRIMARY KEY);
"""
TABLES = """\
CREATE TABLE person (
    id integer PRIMARY KEY,
    name varchar(80) NOT NULL UNIQUE,
    email varchar(100),
    first varchar(80),
    last varchar(80),
    note varchar(80),
    country integer,
    CONSTRAINT uq_email UNIQUE (email),
    CONSTRAINT uq_first_last UNIQUE (first, last),
    CONSTRAINT ck_note CHECK (note <> 'hunter2-canary'),
    CONSTRAINT fk_country FOREIGN KEY (country) REFERENCES country (id),
    CONSTRAINT fk_market FOREIGN KEY (country) REFERENCES market (id)
);
CREATE TABLE team (id integer PRIMARY KEY, name varchar(80) NOT NULL UNIQUE, lead_id integer REFERENCES person (id));
CREATE TABLE membership (
    person_id integer NOT NULL REFERENCES person (id),
    team_id integer NOT NULL REFERENCES team (id),
    CONSTRAINT ck_closed CHECK (team_id <> 1 OR person_id < 0)
);
CREATE TABLE badge (number integer NOT NULL, person_id integer NOT NULL, CONSTRAINT fk_badge FOREIGN KEY (person_id)
    REFERENCES person (id))
"""
TRIGGERS = {
    "sqlite": """
CREATE TRIGGER refuse_{event} BEFORE {event} ON person WHEN {row}.note LIKE '%trigger%'
BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: hunter2-canary'); END""",
    "mysql": """
CREATE TRIGGER refuse_{event} BEFORE {event} ON person FOR EACH ROW
BEGIN IF {row}.note LIKE '%trigger%' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'hunter2-canary'; END IF; END""",
}
FUNCTION = """
CREATE FUNCTION refuse() RETURNS trigger AS $$
BEGIN
    IF NEW.note LIKE '%trigger%' THEN RAISE EXCEPTION 'no % here', NEW.note; END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql"""


def refusing_project(folder: Path, url: str) -> Project:
    """A project on these tables, with a country, a person that nobody manages, and a trigger for new people."""
    project = table_project(folder, url, COUNTRIES + TABLES, KINDS)
    project.sql("INSERT INTO country (code) VALUES (:code)", code=CANARY)
    project.sql("INSERT INTO person (name, email, first, last) VALUES ('other', :mail, :first, 'x')", **TAKEN)
    return project


TAKEN = {"mail": f"{CANARY}@example.com", "first": CANARY}


def add_trigger(project: Project, event: str) -> None:
    """Have a trigger refuse rows whose note says so, with a message that quotes a value."""
    database = database_of(project.url)
    if database == "postgresql":
        project.sql(FUNCTION)
        project.sql(f"CREATE TRIGGER refuse BEFORE {event} ON person FOR EACH ROW EXECUTE FUNCTION refuse()")
    else:
        project.sql(TRIGGERS[database].format(event=event, row="NEW"))


def people(count: int, specs: dict[int, str], *, spec: str = "{}", metadata: str = "") -> str:
    """So many people, some of them with a spec of their own."""
    return "".join(
        manifest("Person", f"p{number}", specs.get(number, spec), metadata.format(number=number))
        for number in range(count)
    )


def refusal(run: Callable[..., PlanView], project: Project, **options: object) -> RowsRefusedError:
    """What is said when rows are refused; it holds no value."""
    with pytest.raises(RowsRefusedError) as caught:
        run(project, **options)
    error = caught.value
    assert error.exit_code == ExitCode.ERROR
    said = "\n".join([error.message, error.hint, repr(error), *map(str, error.problems), repr(error.__cause__)])
    assert find_leaks([CANARY], {"error": said}) == []
    return error
