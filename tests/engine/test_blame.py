"""A row that the database refuses is told by its document and field, however many rows the statement was for."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from backend.app.admin.model.user import User
from provision.errors import DatabaseError
from tests.engine.refusing import CANARY, add_trigger, people, refusal, refusing_project
from tests.engine.runs import apply, content, execute
from tests.engine.tables import database_of, manifest
from tests.project import Project, user

UNIQUE = "a value that must be unique is taken by another row"
REFERENCE = "other rows refer to a row that would be deleted, or a reference leads nowhere"
# What is declared, what is said, and of which field; None where the database does not tell it.
CLASSES = {
    "unique": (f"{{email: {CANARY}@example.com}}", UNIQUE, "spec.email"),
    "unique together": (f"{{last: x, first: {CANARY}}}", UNIQUE, "spec.first"),
    "foreign key": (f"{{country: {CANARY}}}", REFERENCE, "spec.country"),
    "check": (f"{{note: {CANARY}}}", "a check of the database refuses a value", "spec.note"),
    "trigger": (f"{{note: 'trigger {CANARY}'}}", "a trigger of the database refused the row", ""),
}


@pytest.fixture
def refusing(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on tables with constraints, in the current folder."""
    made = refusing_project(tmp_path / "project", database_url)
    monkeypatch.chdir(made.folder)
    made.run("migrate")
    return made


@pytest.mark.parametrize("case", CLASSES)
@pytest.mark.parametrize("run", [apply, execute])
@pytest.mark.parametrize(("count", "culprit"), [(1, 0), (3, 1), (3, 2)])
def test_a_new_row_is_refused_with_its_document_and_field(
    refusing: Project, case: str, run: object, count: int, culprit: int
) -> None:
    spec, message, path = CLASSES[case]
    if case == "trigger":
        add_trigger(refusing, "INSERT")
    refusing.write(people(count, {culprit: spec}))
    before = content(refusing)
    error = refusal(run, refusing)  # type: ignore[arg-type]  # apply and execute
    [problem] = error.problems
    assert problem.message.startswith(f"Person/p{culprit}: {message}")
    assert problem.path == path
    assert problem.position is not None
    assert (problem.position.file, problem.position.line) == ("manifests/all.yaml", 5 * culprit + (5 if path else 2))
    assert content(refusing) == before


@pytest.mark.parametrize("case", CLASSES)
def test_a_changed_row_is_refused_with_its_document_and_field(refusing: Project, case: str) -> None:
    spec, message, path = CLASSES[case]
    if case == "trigger":
        add_trigger(refusing, "UPDATE")
    refusing.write(people(3, {}))
    apply(refusing)
    refusing.write(people(3, {1: spec}))
    [problem] = refusal(execute, refusing).problems
    assert problem.message.startswith(f"Person/p1: {message}")
    assert problem.path == path


@pytest.mark.parametrize("culprit", [0, 1234, 1999])
def test_one_of_two_thousand_rows_is_found(refusing: Project, culprit: int) -> None:
    refusing.write(people(2000, {culprit: f"{{email: {CANARY}@example.com}}"}))
    apply_error = refusal(apply, refusing)
    [problem] = apply_error.problems
    assert problem.message.startswith(f"Person/p{culprit}: {UNIQUE}")
    assert apply_error.message == problem.message
    assert problem.position is not None
    assert problem.position.line == 5 * culprit + 5


def test_all_refused_rows_of_a_step_are_told_and_no_more_than_twenty(refusing: Project) -> None:
    taken = f"{{email: {CANARY}@example.com}}"
    refusing.write(people(1500, {3: taken, 4: f"{{note: {CANARY}}}", 1499: f"{{last: x, first: {CANARY}}}"}))
    assert [problem.path for problem in refusal(apply, refusing).problems] == [
        "spec.email",
        "spec.note",
        "spec.first",
    ]
    refusing.write(people(1500, dict.fromkeys(range(700, 1500), f"{{note: {CANARY}}}")))
    error = refusal(apply, refusing)
    assert [problem.message.split(":")[0] for problem in error.problems] == [
        f"Person/p{n}" for n in range(1000, 1020)
    ]
    assert error.message == "20 documents were refused, nothing was written"


def test_a_row_may_conflict_with_one_of_its_own_batch(refusing: Project) -> None:
    """What the manifests cannot know: the database compares in its own way, here by an index on an expression."""
    if database_of(refusing.url) == "mysql":
        refusing.sql(
            "ALTER TABLE person ADD lowered varchar(80) AS (lower(note)) STORED, ADD UNIQUE uq_note (lowered)"
        )
    else:
        refusing.sql("CREATE UNIQUE INDEX uq_note ON person (lower(note))")
    refusing.write(people(9, {2: "{note: SAME}", 7: "{note: same}"}))
    [problem] = refusal(apply, refusing).problems
    assert problem.message.startswith(f"Person/p7: {UNIQUE}")
    assert problem.path == ("" if database_of(refusing.url) == "mysql" else "spec.note")


def test_a_renamed_row_is_refused_with_its_document(refusing: Project) -> None:
    refusing.sql("INSERT INTO country (code) VALUES ('x')")
    refusing.sql("ALTER TABLE person ADD COLUMN kept varchar(80)")
    refusing.write(people(3, {}))
    apply(refusing)
    refusing.sql("CREATE UNIQUE INDEX uq_length ON person (name, email)")
    add_trigger(refusing, "UPDATE")
    refusing.write(people(2, {}) + manifest("Person", "new", f"{{note: 'trigger {CANARY}'}}", "previously: [p2]"))
    [problem] = refusal(execute, refusing).problems
    assert problem.message.startswith("Person/new: a trigger of the database refused the row")


def test_a_row_that_others_refer_to_is_not_deleted_and_its_former_place_is_told(refusing: Project) -> None:
    refusing.write(people(3, {}))
    apply(refusing)
    [(key,)] = refusing.sql("SELECT id FROM person WHERE name = 'p1'")
    refusing.sql("INSERT INTO badge (number, person_id) VALUES (1, :key)", key=key)
    refusing.write(people(1, {}) + manifest("Person", "p2"))
    [problem] = refusal(execute, refusing, prune=True).problems
    assert problem.message.startswith(f"Person/p1 (manifests/all.yaml:7): {REFERENCE}")
    assert (problem.path, problem.position) == ("", None)


def test_a_name_in_a_list_is_refused_with_the_document_and_the_list(refusing: Project) -> None:
    teams = manifest("Team", "closed") + manifest("Team", "open")
    refusing.write(teams)
    apply(refusing)
    refusing.write(teams + people(3, {1: "{teams: [open, closed]}", 2: "{teams: [open]}"}))
    [problem] = refusal(execute, refusing).problems
    assert problem.message.startswith("Person/p1: a check of the database refuses a value: ")
    assert problem.path == "spec.teams"


def test_a_column_that_nobody_declares_and_that_must_not_be_empty_is_told(project: Project) -> None:
    if database_of(project.url) == "sqlite":
        # It adds no such column to a table with rows; that of another table does as well.
        project.sql("CREATE TABLE audit (rank_ integer NOT NULL)")
        project.sql("CREATE TRIGGER t AFTER INSERT ON sys_user BEGIN INSERT INTO audit VALUES (NULL); END")
    else:
        project.sql("ALTER TABLE sys_user ADD COLUMN rank_ integer NOT NULL")
    project.write(user("alice") + user("bob"))
    problems = refusal(apply, project).problems
    assert [problem.message.split(":")[0] for problem in problems] == ["User/alice", "User/bob"]
    assert "a column that must not be empty has no value: " in problems[0].message
    assert "rank_" in problems[0].message


def test_a_text_that_is_longer_than_its_real_column_is_told_with_its_field(
    project: Project, database_url: str
) -> None:
    """The class says 64 characters, and the database has fewer."""
    if database_of(database_url) == "sqlite":
        pytest.skip("SQLite keeps texts of any length")
    how = "ALTER COLUMN nickname TYPE varchar(30)" if database_of(database_url) == "postgresql" else None
    project.sql(f"ALTER TABLE sys_user {how or 'MODIFY nickname varchar(30) NOT NULL'}")
    documents = [
        f"---\napiVersion: provision/v1\nkind: User\nmetadata: {{name: u{number}}}\nspec: {{nickname: {nickname}}}\n"
        for number, nickname in enumerate(["short", f"{CANARY}-{'x' * 20}", "fine"])
    ]
    project.write("".join(documents))
    [problem] = refusal(apply, project).problems
    assert problem.message.startswith("User/u1: a text is longer than its column")
    assert problem.path == "spec.nickname"


@pytest.mark.parametrize("moment", ["set", "before_insert"])
def test_an_exception_of_the_applications_class_names_the_document_and_not_the_value(
    project: Project, moment: str
) -> None:
    """A validator raises when a value is set, an event when the row is written."""
    target, refuse = (User.nickname, _refuse_value) if moment == "set" else (User, _refuse_row)
    project.write("".join(user(f"u{number}") for number in range(4)).replace("nickname: U2", f"nickname: {CANARY}"))
    event.listen(target, moment, refuse)
    try:
        [problem] = refusal(apply, project).problems
    finally:
        event.remove(target, moment, refuse)
    assert problem.message == "User/u2: the class User refuses these values (ValueError)"
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def _refuse_value(_row: User, value: str, *_others: object) -> None:
    if value == CANARY:
        raise ValueError(f"{value} is no name")


def _refuse_row(_mapper: object, _connection: object, row: User) -> None:
    _refuse_value(row, row.nickname)


def test_an_exclusion_is_told_with_its_field(refusing: Project) -> None:
    if database_of(refusing.url) != "postgresql":
        pytest.skip("only PostgreSQL has them")
    refusing.sql("ALTER TABLE person ADD CONSTRAINT ex_note EXCLUDE (lower(note) WITH =)")
    refusing.sql("UPDATE person SET note = 'taken'")
    refusing.write(people(3, {2: "{note: TAKEN}"}))
    [problem] = refusal(execute, refusing).problems
    assert problem.message == ("Person/p2: an exclusion of the database: another row is in the way: person, ex_note")
    assert problem.path == "spec.note"


def test_the_database_refuses_a_document_inside_another_one(project: Project) -> None:
    project.sql("CREATE UNIQUE INDEX one_name ON sys_api_key (name)")
    project.write(
        """
        apiVersion: provision/v1
        kind: User
        metadata: {name: alice}
        spec:
          nickname: Alice
          api_keys:
            - {name: ci, key: {hash: "1111111111111111111111111111111111111111111111111111111111111111"}}
            - {name: laptop, key: {hash: "2222222222222222222222222222222222222222222222222222222222222222"}}
        ---
        apiVersion: provision/v1
        kind: User
        metadata: {name: bob}
        spec:
          nickname: Bob
          api_keys:
            - {name: ci, key: {hash: "3333333333333333333333333333333333333333333333333333333333333333"}}
        """
    )
    [problem] = refusal(apply, project).problems
    assert problem.message.startswith(f"ApiKey/bob/ci: {UNIQUE}")
    assert problem.path == "spec.api_keys[0].name"
    assert problem.position is not None
    assert problem.position.line == 17


def test_the_program_shows_the_problems_in_each_format(refusing: Project) -> None:
    refusing.write(people(3, {1: f"{{email: {CANARY}@example.com}}"}))
    done = refusing.run("plan", "--execute")
    assert (done.code, done.stdout) == (1, "")
    assert f"manifests/all.yaml:10:15: spec.email: Person/p1: {UNIQUE}" in done.stderr
    assert "Hint: see which row holds it" in done.stderr
    for format_ in ("json", "markdown", "html"):
        done = refusing.run("apply", "--format", format_)
        assert done.code == 1
        assert "Person/p1" in done.stdout
        assert CANARY not in done.stdout + done.stderr


def test_an_error_that_is_no_rows_fault_names_no_document(refusing: Project) -> None:
    if database_of(refusing.url) != "postgresql":
        pytest.skip("only there a trigger says that the application was faster")
    refusing.sql("""
        CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN RAISE serialization_failure; END $$ LANGUAGE plpgsql
    """)
    refusing.sql("CREATE TRIGGER lose BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION lose()")
    refusing.write(people(3, {}))
    with pytest.raises(DatabaseError) as caught:
        apply(refusing)
    assert caught.value.message == "the application changed the same rows at the same time"


def test_a_trigger_that_ends_the_transaction_is_told_and_nothing_is_written(refusing: Project) -> None:
    if database_of(refusing.url) != "sqlite":
        pytest.skip("only there a trigger can")
    refusing.sql(f"CREATE TRIGGER t BEFORE INSERT ON person BEGIN SELECT RAISE(ROLLBACK, '{CANARY}'); END")
    refusing.write(people(3, {}))
    before = content(refusing)
    with pytest.raises(DatabaseError) as caught:
        apply(refusing)
    assert caught.value.message == "a trigger of the database refused the row"
    assert content(refusing) == before
