"""The ledger on MariaDB and MySQL, where every CREATE TABLE commits."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from provision.database.claim import Claim
from provision.database.errors import translated
from provision.database.ledger import CHAINED
from provision.database.lock import locked
from provision.database.migrate import migrate_ledger
from provision.errors import LockNotObtainedError, StalePlanError
from provision.reconcile.job import open_site
from tests.engine.runs import apply, meanwhile, plan, request
from tests.mysql import MySQLServer
from tests.project import Project, make_project, settings_text, user

UNCHAINED = [f"ALTER TABLE provision_run DROP COLUMN {column}" for column in CHAINED]


@pytest.fixture
def on_mysql(tmp_path: Path, mysql_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on MySQL alone."""
    made = make_project(tmp_path / "project", mysql_url)
    monkeypatch.chdir(made.folder)
    return made


@pytest.mark.parametrize(
    "remains",
    [
        ["DROP TABLE provision_change"],
        ["DROP TABLE provision_change", "DROP TABLE provision_resource"],
        ["DROP INDEX ix_provision_change_address ON provision_change"],
        ["DROP TABLE provision_change", "DROP TABLE provision_resource", "DROP TABLE provision_run"],
        ["DROP INDEX uq_provision_run_seq ON provision_run"],
        ["DROP INDEX uq_provision_run_seq ON provision_run", "ALTER TABLE provision_run DROP COLUMN hash"],
        ["DROP INDEX uq_provision_run_seq ON provision_run", *UNCHAINED],
        ["DROP TABLE provision_version"],
        [],
    ],
)
def test_what_a_killed_run_left_of_the_ledger_is_completed(on_mysql: Project, remains: list[str]) -> None:
    assert on_mysql.run("migrate").code == 0
    whole = structure(on_mysql)
    for statement in ["DELETE FROM provision_version", *remains]:
        on_mysql.sql(statement)
    on_mysql.write(user("alice"))
    apply(on_mysql)
    assert structure(on_mysql) == whole
    assert plan(on_mysql).plan.is_empty


def structure(project: Project) -> list[tuple[Any, ...]]:
    """Every column and index of the ledger."""
    columns = project.sql(
        "SELECT table_name, column_name, column_type, collation_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name LIKE 'provision%' ORDER BY 1, 2"
    )
    return columns + project.sql(
        "SELECT table_name, index_name, column_name FROM information_schema.statistics"
        " WHERE table_schema = DATABASE() AND table_name LIKE 'provision%' ORDER BY 1, 2, 3"
    )


def test_the_ledger_tells_case_and_trailing_spaces_apart_and_holds_long_texts(on_mysql: Project) -> None:
    assert on_mysql.run("migrate").code == 0
    types = {(table, column): type_ for table, column, type_, _ in structure_columns(on_mysql)}
    collations = {collation for table, *_, collation in structure_columns(on_mysql) if table != "provision_version"}
    assert types["provision_resource", "fields"] == types["provision_change", "fields"] == "longtext"
    assert types["provision_run", "started_at"] == "datetime(6)"
    assert all(collation is None or collation.endswith("_bin") for collation in collations)
    on_mysql.sql(
        "INSERT INTO provision_run"
        " (id, project, started_at, actor, tool_version, fingerprint, added, changed, removed)"
        " VALUES ('r', 'acme', '2026-01-01', 'me', '0', 'f', 0, 0, 0)"
    )
    insert = (
        "INSERT INTO provision_resource VALUES ('acme', :address, 't', :key, '{}', '{}', '{}', '', '', 0, '', 'r')"
    )
    for number, address in enumerate(("ApiKey/bot/ci", "ApiKey/bot/CI", "ApiKey/bot/ci ")):
        on_mysql.sql(insert, address=address, key=str(number))
    assert on_mysql.sql("SELECT count(*) FROM provision_resource WHERE address = 'ApiKey/bot/ci'") == [(1,)]


def structure_columns(project: Project) -> list[tuple[str, str, str, str | None]]:
    return [(row[0], row[1], row[2], row[3]) for row in structure(project) if len(row) == 4]


def test_a_stale_plan_leaves_no_more_than_an_empty_ledger(on_mysql: Project) -> None:
    on_mysql.write(user("alice"))
    with pytest.raises(StalePlanError):
        apply(
            on_mysql,
            approve=meanwhile(
                lambda: on_mysql.sql(
                    "INSERT INTO sys_user (uuid, username, nickname, status, is_superuser, is_staff, is_multi_login,"
                    " join_time, created_time) VALUES ('u', 'alice', 'x', 1, 0, 0, 0, now(), now())"
                )
            ),
        )
    assert on_mysql.sql("SELECT count(*) FROM provision_resource") == [(0,)]
    # The ALTERs of 0003 have committed the version before; the newest is committed with a run.
    assert on_mysql.sql("SELECT version_num FROM provision_version") == [("0002",)]
    apply(on_mysql)
    assert plan(on_mysql).plan.is_empty


def test_two_projects_may_make_the_ledger_at_once(on_mysql: Project, tmp_path: Path) -> None:
    other = Project(folder=tmp_path / "other", url=on_mysql.url)
    other.folder.mkdir()
    (other.folder / "provision.toml").write_text(settings_text("other"), encoding="utf-8")
    on_mysql.write("".join(user(f"a{number}") for number in range(20)))
    other.write("".join(user(f"b{number}") for number in range(20)))
    both_planned = threading.Barrier(2, timeout=30)
    threads = [
        threading.Thread(target=lambda it=it: apply(it, approve=meanwhile(both_planned.wait)))
        for it in (on_mysql, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert on_mysql.sql("SELECT project, added FROM provision_run ORDER BY 1") == [("acme", 20), ("other", 20)]
    assert on_mysql.sql("SELECT count(*) FROM sys_user") == [(40,)]


def test_the_lock_is_the_databases_own_and_survives_the_ledgers_creation(
    on_mysql: Project, tmp_path: Path, mysql_server: MySQLServer
) -> None:
    """Named locks are the whole server's; and CREATE TABLE commits, which must not let go of them."""
    name = mysql_server.create_database()
    elsewhere = make_project(tmp_path / "elsewhere", mysql_server.url(name))
    refused: list[str] = []

    async def hold() -> None:
        with translated():
            site = await open_site(request(on_mysql))
            async with locked(site.target, Claim(project="acme", seconds=5)) as session:
                await migrate_ledger(session)
                elsewhere.write(user("alice"))
                await asyncio.to_thread(apply, elsewhere, lock_seconds=1)
                with pytest.raises(LockNotObtainedError):
                    await asyncio.to_thread(apply, on_mysql, lock_seconds=1)
                refused.append("acme")

    on_mysql.write(user("alice"))
    try:
        asyncio.run(hold())
        assert elsewhere.sql("SELECT count(*) FROM sys_user") == [(1,)]
    finally:
        mysql_server.drop_database(name)
    assert refused == ["acme"]
    apply(on_mysql)
