"""The chain in a database: what was tampered with is found there, and what was not holds."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from provision.database.ledger import CHAINED
from provision.errors import DatabaseError
from tests.engine.past import changes, findings, prune, runs, verify
from tests.engine.runs import apply, content, meanwhile, on_sqlite
from tests.engine.test_old_ledger import age, version
from tests.project import Project, api_key, user

EDITED = "the run, or one of its changes, was edited"
DAY = 86_400.0


def begin(project: Project, count: int = 3) -> None:
    """Several runs; the first has three changes, and resources still refer to it and to the last."""
    for number in range(count):
        project.write(user("alice").replace("Alice", f"A{number}") + user("bob") + user("eve"))
        apply(project)


def test_a_chain_that_nobody_touched_holds_and_has_a_head(project: Project) -> None:
    begin(project)
    view = verify(project)
    assert view.findings == []
    newest = runs(project)[0]
    assert view.head is not None
    assert (view.head.seq, view.head.hash) == (3, newest.hash)
    assert (view.runs, view.changes, view.older, view.pruned) == (3, 5, 0, 0)


TAMPERED = {
    "UPDATE provision_run SET actor = 'mallory' WHERE seq = 2": [(2, EDITED)],
    "UPDATE provision_run SET \"commit\" = 'f00' WHERE seq = 1": [(1, EDITED)],
    "UPDATE provision_run SET job_url = 'https://else.example' WHERE seq = 2": [(2, EDITED)],
    "UPDATE provision_run SET started_at = '2020-01-01 00:00:00' WHERE seq = 2": [(2, EDITED)],
    "UPDATE provision_run SET details = NULL WHERE seq = 1": [(1, EDITED)],
    "UPDATE provision_run SET added = 2 WHERE seq = 1": [(1, "its changes number 3, and its counts say 2")],
    "UPDATE provision_change SET address = 'User/mallory' WHERE address = 'User/eve'": [(1, EDITED)],
    "UPDATE provision_change SET source = 'x:1' WHERE address = 'User/bob'": [(1, EDITED)],
    "UPDATE provision_change SET fields = '[]' WHERE action = 'update'": [(2, EDITED), (3, EDITED)],
    "UPDATE provision_change SET position = 7 WHERE address = 'User/alice' AND action = 'create'": [
        (1, "its change at position 0 is missing or was moved")
    ],
    "DELETE FROM provision_change WHERE address = 'User/eve'": [(1, "its changes number 2, and its counts say 3")],
    "UPDATE provision_run SET hash = NULL WHERE seq = 3": [(3, "it has no hash")],
    "UPDATE provision_run SET seq = 9 WHERE seq = 3": [(9, "runs 3 to 8 are missing before it")],
    "UPDATE provision_run SET seq = NULL WHERE seq = 3": [
        (None, "the number of runs from before the chain began is 1, and was 0")
    ],
    "INSERT INTO provision_change (run_id, position, address, action, fields, source)"
    " SELECT id, 1, 'User/mallory', 'create', '[]', 'x:1' FROM provision_run WHERE seq = 2": [
        (2, "its changes number 2, and its counts say 1")
    ],
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_was_tampered_with_is_found(project: Project, statement: str) -> None:
    begin(project)
    project.sql(statement)
    assert findings(project) == TAMPERED[statement]


def test_a_run_that_was_removed_with_its_changes_is_missing(project: Project) -> None:
    begin(project)
    project.sql("DELETE FROM provision_change WHERE run_id IN (SELECT id FROM provision_run WHERE seq = 2)")
    project.sql("DELETE FROM provision_run WHERE seq = 2")
    assert findings(project) == [(3, "run 2 is missing before it")]


def test_an_end_that_was_cut_off_is_found_while_a_resource_refers_to_it(project: Project) -> None:
    begin(project)
    cut_off(project)
    [finding] = verify(project).findings
    assert finding.message == "it was removed: 1 resource was written by it"
    assert finding.run is not None


def test_an_end_that_was_cut_off_is_found_by_a_head_noted_earlier(project: Project) -> None:
    begin(project)
    head = runs(project)[0].hash
    assert verify(project, head).findings == []
    assert verify(project, runs(project)[1].hash).findings == []
    cut_off(project)
    first = runs(project)[-1].id
    project.sql("UPDATE provision_resource SET run_id = :first", first=first)
    assert verify(project).findings == []
    [finding] = verify(project, head).findings
    assert finding.message == f"no run has the hash {head}"


def cut_off(project: Project) -> None:
    """Remove the last run: SQLite does not look at foreign keys unless it is told to, the others lose theirs."""
    if "postgresql" in project.url:
        for table in ("resource", "change"):
            project.sql(f"ALTER TABLE provision_{table} DROP CONSTRAINT provision_{table}_run_id_fkey")
    elif "mysql" in project.url:
        for table in ("resource", "change"):
            [(name,)] = project.sql(
                "SELECT constraint_name FROM information_schema.referential_constraints"
                f" WHERE constraint_schema = DATABASE() AND table_name = 'provision_{table}'"
            )
            project.sql(f"ALTER TABLE provision_{table} DROP FOREIGN KEY {name}")
    project.sql("DELETE FROM provision_change WHERE run_id IN (SELECT id FROM provision_run WHERE seq = 3)")
    project.sql("DELETE FROM provision_run WHERE seq = 3")


@on_sqlite
@pytest.mark.parametrize("column", [*CHAINED, "started_at", "added", "actor"])
def test_what_is_no_value_of_its_column_is_found_and_breaks_nothing(project: Project, column: str) -> None:
    begin(project)
    project.sql(f"UPDATE provision_run SET {column} = x'00ff' WHERE seq = 2")
    assert verify(project).findings


def test_changes_that_cannot_be_read_are_told_and_not_a_crash(project: Project) -> None:
    begin(project)
    project.sql("UPDATE provision_change SET fields = '{' WHERE address = 'User/eve'")
    with pytest.raises(DatabaseError, match="is damaged at position"):
        changes(project)


def test_runs_of_another_project_are_another_chain(project: Project) -> None:
    begin(project)
    toml = project.folder / "provision.toml"
    toml.write_text(toml.read_text("utf-8").replace('project = "acme"', 'project = "other"'), encoding="utf-8")
    project.write(user("zoe"))
    apply(project)
    assert (verify(project).runs, findings(project)) == (1, [])
    project.sql("UPDATE provision_run SET actor = 'mallory' WHERE project = 'acme' AND seq = 2")
    assert findings(project) == []


def test_runs_that_write_at_once_make_one_chain(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    both_planned = threading.Barrier(2, timeout=30)

    def run(name: str) -> None:
        made = Project(folder=project.folder, url=project.url)
        apply(made, approve=meanwhile(both_planned.wait), paths=(Path(f"manifests/{name}.yaml"),))

    for name in ("b", "c"):
        project.write(user(name), f"{name}.yaml")
    threads = [threading.Thread(target=run, args=(name,)) for name in ("b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ([item.seq for item in runs(project)], findings(project)) == ([3, 2, 1], [])


def test_runs_from_before_the_chain_get_no_hash_and_are_counted_by_its_first(project: Project) -> None:
    begin(project, 2)
    age(project)
    view = verify(project)
    assert (view.head, view.runs, view.older, view.findings) == (None, 0, 2, [])
    assert [(run.seq, run.hash, run.command) for run in runs(project)] == [(None, None, None)] * 2
    project.write(user("alice") + user("bob") + user("eve") + user("zoe"))
    apply(project)
    assert version(project) == "0003"
    assert [run.seq for run in runs(project)] == [1, None, None]
    view = verify(project)
    assert (view.runs, view.older, view.findings) == (1, 2, [])
    project.sql("DELETE FROM provision_change WHERE run_id IN (SELECT id FROM provision_run WHERE seq IS NULL)")
    assert findings(project) == []
    project.sql(
        "INSERT INTO provision_run"
        " (id, project, started_at, actor, tool_version, fingerprint, added, changed, removed)"
        " VALUES ('x', 'acme', '2020-01-01 00:00:00', 'm', '0', '', 0, 0, 0)"
    )
    assert findings(project) == [(None, "the number of runs from before the chain began is 3, and was 2")]


def test_pruning_keeps_what_resources_refer_to_and_the_chain_holds(project: Project) -> None:
    begin(project, 4)
    head = runs(project)[0].hash
    view = prune(project)
    assert (view.runs, view.changes, view.kept) == (2, 6, 2)
    assert [(run.seq, run.command) for run in runs(project)] == [
        (5, "history prune"),
        (4, "apply"),
        (1, "apply"),
    ]
    assert changes(project) == []
    assert verify(project, head).findings == []
    begin(project, 1)
    assert findings(project) == []
    assert [run.seq for run in runs(project)] == [6, 5, 4, 1]


def test_pruning_again_lets_go_of_what_is_not_needed_any_more(project: Project) -> None:
    begin(project, 2)
    prune(project)
    project.write(user("alice", "email: a@example.com") + user("bob", "email: b@example.com") + user("eve"))
    apply(project)
    prune(project)
    assert [run.seq for run in runs(project)] == [5, 4, 1]
    assert findings(project) == []
    project.sql("UPDATE provision_run SET actor = 'mallory' WHERE seq = 1")
    assert findings(project) == [(1, "the run was edited after its changes were pruned")]


def test_nothing_to_prune_writes_nothing(project: Project) -> None:
    begin(project)
    before = content(project)
    assert prune(project, DAY).is_empty
    assert content(project) == before


def test_runs_from_before_the_chain_are_pruned_and_counted_anew(project: Project) -> None:
    begin(project, 3)
    age(project)
    view = prune(project)
    assert (view.runs, view.changes, view.kept) == (1, 5, 2)
    newest = runs(project)[0]
    assert (newest.seq, newest.command) == (1, "history prune")
    assert (verify(project).older, findings(project)) == (2, [])
    project.sql(
        "INSERT INTO provision_change SELECT id, 0, 'x', 'create', '[]', 'x' FROM provision_run WHERE seq = 1"
    )
    assert findings(project) == [(1, "its changes number 1, and its counts say 0")]


def test_a_chain_that_does_not_hold_is_not_pruned(project: Project) -> None:
    begin(project)
    project.sql("UPDATE provision_run SET actor = 'mallory' WHERE seq = 2")
    before = content(project)
    with pytest.raises(DatabaseError, match="nothing was pruned"):
        prune(project)
    assert content(project) == before


def test_a_run_whose_secrets_wait_for_delivery_stays(project: Project) -> None:
    """Else what it has staged would be taken for that of a run that was never committed, and be thrown away."""
    key = api_key("bot", "ci", "key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../out/ci.key}}]")
    project.write(user("bot") + key)
    apply(project)
    begin(project, 1)
    [first] = [run.id for run in runs(project) if run.seq == 1]
    last = runs(project)[0].id
    pending = f'{{"key":{{"pending":"{first}"}}}}'
    project.sql("UPDATE provision_resource SET run_id = :last", last=last)
    project.sql("UPDATE provision_resource SET secrets = :it WHERE address = 'ApiKey/bot/ci'", it=pending)
    prune(project)
    assert first in {run.id for run in runs(project)}


def test_a_last_run_that_nothing_refers_to_goes_and_the_chain_builds_on_it(project: Project) -> None:
    project.write(user("alice") + user("bob"))
    apply(project)
    project.write(user("alice"))
    apply(project, prune=True)
    head = runs(project)[0].hash
    prune(project)
    assert [(run.seq, run.command) for run in runs(project)] == [(3, "history prune"), (1, "apply")]
    assert verify(project, head).findings == []
