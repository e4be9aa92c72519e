"""What the history costs the database: few statements, and no right to rewrite it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provision.errors import DatabaseError
from tests.engine.past import prune, runs, verify
from tests.engine.runs import apply
from tests.engine.sent import sent_statements
from tests.postgres import Server
from tests.project import Project, make_project, user


@pytest.mark.parametrize("of", [verify, prune], ids=["verify", "prune"])
def test_the_number_of_statements_does_not_depend_on_how_much_there_is(
    project: Project, of: Callable[[Project], object]
) -> None:
    counts = []
    for nicknames in ("AB", "CDEFGH"):
        for nickname in nicknames:
            project.write(
                "".join(
                    user(f"u{number}").replace("nickname: U", f"nickname: {nickname}")
                    for number in range(len(nicknames))
                )
            )
            apply(project)
        with sent_statements() as sent:
            of(project)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_who_applies_needs_no_right_to_rewrite_the_history(
    tmp_path: Path, postgres_server: Server, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = make_project(tmp_path / "project", postgres_server.url(postgres_database))
    monkeypatch.chdir(owner.folder)
    role = postgres_server.create_role("writer")
    assert owner.run("migrate").code == 0
    owner.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    owner.sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    owner.sql(f"REVOKE UPDATE, DELETE ON provision_run, provision_change FROM {role}")
    writer = replace(owner, url=postgres_server.url(postgres_database, user=role))
    for nickname in ("A", "B"):
        writer.write(user("alice").replace("Alice", nickname))
        apply(writer)
    writer.write(user("bob"))
    apply(writer, prune=True)
    assert ([run.seq for run in runs(writer)], list(verify(writer).findings)) == ([3, 2, 1], [])
    with pytest.raises(DatabaseError):
        prune(writer)
    assert len(runs(owner)) == 3
