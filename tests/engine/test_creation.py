"""A row is made by the mapped class, so what the application promises of its rows holds for ours."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from provision.errors import InvalidInputError
from tests.engine.runs import apply, plan
from tests.project import Project, api_key, user

KEY = f"key: {{hash: {'e' * 64}}}"


def moment(stored: object) -> datetime:
    """SQLite gives text in UTC, MySQL a naive datetime, PostgreSQL an aware one."""
    found = stored if isinstance(stored, datetime) else datetime.fromisoformat(str(stored))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def test_the_constructors_defaults_hold_and_what_has_none_is_null(project: Project) -> None:
    started = datetime.now(UTC) - timedelta(seconds=1)
    project.write(user("alice") + user("bob"))
    apply(project)
    rows = project.sql("SELECT uuid, salt, join_time, created_time, updated_time FROM sys_user")
    assert len({row[0] for row in rows}) == 2
    for uuid, salt, join_time, created_time, updated_time in rows:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
        assert salt is None
        assert updated_time is None
        assert started < moment(join_time) < datetime.now(UTC) + timedelta(seconds=1)
        assert started < moment(created_time) < datetime.now(UTC) + timedelta(seconds=1)


def test_a_keys_defaults_hold_too(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project)
    [(scopes, active, generation, expires, revoked)] = project.sql(
        "SELECT scopes, is_active, generation, expires_at, revoked_at FROM sys_api_key"
    )
    assert scopes in ([], "[]")
    assert (bool(active), generation, expires, revoked) == (True, 1, None, None)


def test_the_updated_time_moves_for_changed_rows_alone(project: Project) -> None:
    project.write(user("alice", "email: a@example.com") + user("bob") + api_key("bob", "ci", KEY))
    apply(project)
    project.write(user("alice", "email: b@example.com") + user("bob") + api_key("bob", "ci", KEY))
    apply(project)
    found = dict(project.sql("SELECT username, updated_time IS NOT NULL FROM sys_user"))
    assert {name: bool(updated) for name, updated in found.items()} == {"alice": True, "bob": False}
    assert project.sql("SELECT updated_time FROM sys_api_key") == [(None,)]


def test_an_instant_is_the_same_however_it_is_written(project: Project) -> None:
    def key(expires: str) -> str:
        return user("bot") + api_key("bot", "ci", KEY, f"expires_at: {expires}")

    project.write(key("2027-06-30T02:00:00+02:00"))
    apply(project)
    [(stored,)] = project.sql("SELECT expires_at FROM sys_api_key")
    assert moment(stored) == datetime(2027, 6, 30, tzinfo=UTC)
    for same in ("2027-06-30T00:00:00Z", "2027-06-29 17:00:00.000-07:00"):
        project.write(key(same))
        assert plan(project).plan.is_empty


def test_text_in_any_script_comes_back_as_it_was(project: Project) -> None:
    project.write(user("'Zoë 🦊 שרה'", 'avatar: "a\'b\\\\c%_$1 :x ?"'))
    apply(project)
    assert project.sql("SELECT username, avatar FROM sys_user") == [("Zoë 🦊 שרה", "a'b\\c%_$1 :x ?")]
    assert plan(project).plan.is_empty


def test_what_the_table_requires_is_asked_for_by_line_before_any_write(project: Project) -> None:
    project.write(
        """\
        apiVersion: provision/v1
        kind: User
        metadata: {name: alice}
        ---
        apiVersion: provision/v1
        kind: ApiKey
        metadata: {name: ci}
        spec: {user: alice}
        """
    )
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "manifests/all.yaml:1:1: spec.nickname: User/alice would be created without it,"
            " and the database requires it. Hint: declare nickname"
        ),
        (
            "manifests/all.yaml:8:7: spec.key: ApiKey/alice/ci would be created without it,"
            " and the database requires it. Hint: declare key"
        ),
    ]
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_a_thousand_and_one_rows_are_made_and_found_again(project: Project) -> None:
    project.write("".join(user(f"u{number:04}") for number in range(1001)))
    apply(project)
    assert project.sql("SELECT count(*) FROM sys_user") == [(1001,)]
    after = plan(project)
    assert after.plan.is_empty
    assert after.plan.unchanged == 1001
