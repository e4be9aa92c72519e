"""On PostgreSQL: what happens while COMMIT runs, although the program has looked at all constraints before."""

from __future__ import annotations

from tests.project import Project


def at_commit(project: Project, body: str) -> None:
    """From now on this body of a PL/pgSQL function runs in each COMMIT of a run that makes users.

    What the program has set to immediate is set to deferred again as soon as it looks.
    """
    assert project.run("migrate").code == 0
    for name, code, table in (
        ("deferred_again", "SET CONSTRAINTS ALL DEFERRED; RETURN NEW;", "sys_user"),
        ("at_commit", body, "provision_run"),
    ):
        project.sql(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {code} END $$")
        project.sql(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
