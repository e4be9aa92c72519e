"""The life of a generated key: made, delivered, rotated with an overlap, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from provision.core.address import Address
from provision.core.rotation import Forced
from provision.errors import InvalidInputError, RefusedError
from provision.report.view import PlanView
from tests.engine.runs import actions, apply, content, fields, on_sqlite, plan, shown
from tests.project import Project, api_key, user

CI = Address("ApiKey", ("bot", "ci"))
DAY = 86_400.0
GENERATE = "key: {generate: {prefix: acme}}"
DELIVER = "deliver_to: [{file: {path: ../out/ci.key}}]"
ROTATE = "rotate: {every: 90d, overlap: 7d}"


def declare(project: Project, *lines: str) -> None:
    project.write(user("bot") + api_key("bot", "ci", GENERATE, *lines))


def delivered(project: Project) -> str:
    return (project.folder / "out" / "ci.key").read_text().removesuffix("\n")


def rows(project: Project) -> list[tuple[Any, ...]]:
    """Of each generation: its number, whether it works, and whether somebody says when it was revoked."""
    found = project.sql("SELECT generation, is_active, revoked_at IS NOT NULL FROM sys_api_key ORDER BY generation")
    return [(generation, bool(active), bool(revoked)) for generation, active, revoked in found]


def hashes(project: Project) -> list[str]:
    return [row[0] for row in project.sql("SELECT key_hash FROM sys_api_key ORDER BY generation")]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def in_days(project: Project, days: float, **options: Any) -> PlanView:
    """An apply, that many days from now."""
    return apply(project, as_of=days * DAY, **options)


def test_a_key_is_made_once_delivered_and_found_by_its_hash(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    assert actions(apply(project)) == ["create User/bot", "create ApiKey/bot/ci"]
    key = delivered(project)
    assert hashes(project) == [digest(key)]
    assert project.sql("SELECT key_prefix, key_last_four FROM sys_api_key") == [("acme", key[-4:])]
    before = content(project)
    assert apply(project).plan.is_empty
    assert content(project) == before
    assert delivered(project) == key
    assert key not in str(before)


def test_a_due_key_gets_a_successor_and_is_revoked_when_the_overlap_is_over(project: Project) -> None:
    declare(project, DELIVER, ROTATE, "scopes: [deploy]")
    apply(project)
    first = delivered(project)
    assert plan(project, as_of=89 * DAY).plan.is_empty

    view = in_days(project, 91)
    assert actions(view) == ["rotate ApiKey/bot/ci"]
    text = shown(view)
    assert "~ ApiKey/bot/ci was rotated" in text
    assert "key = (sensitive)   # its rotation is due" in text
    second = delivered(project)
    assert second != first
    assert hashes(project) == [digest(first), digest(second)]
    assert rows(project) == [(1, True, False), (2, True, False)]
    assert project.sql("SELECT count(*) FROM sys_api_key WHERE scopes IS NULL") == [(0,)]
    assert first not in text
    assert second not in text

    assert in_days(project, 97).plan.is_empty
    view = in_days(project, 99)
    assert actions(view) == ["retire ApiKey/bot/ci"]
    assert "- generation 1 was revoked   # its overlap is over" in shown(view)
    assert rows(project) == [(1, False, True), (2, True, False)]
    assert in_days(project, 99).plan.is_empty
    assert delivered(project) == second


def test_missed_runs_rotate_once(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    apply(project)
    assert actions(in_days(project, 1000)) == ["rotate ApiKey/bot/ci"]
    assert in_days(project, 1000).plan.is_empty
    assert rows(project) == [(1, True, False), (2, True, False)]


def test_the_next_generation_takes_over_what_nobody_declares(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    apply(project)
    project.sql("""UPDATE sys_api_key SET scopes = '["by hand"]', expires_at = '2031-01-01 00:00:00'""")
    in_days(project, 91)
    found = project.sql("SELECT scopes, expires_at FROM sys_api_key ORDER BY generation")
    assert found[0][0] == found[1][0]
    assert found[1][1] is None


@on_sqlite
def test_a_key_that_somebody_has_disabled_is_not_rotated(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    apply(project)
    project.sql("UPDATE sys_api_key SET is_active = 0")
    assert plan(project, as_of=200 * DAY).plan.is_empty


def test_it_expires_so_long_after_it_was_made(project: Project) -> None:
    declare(project, DELIVER, ROTATE, "expires_in: 97d")
    apply(project)
    [(first,)] = project.sql("SELECT expires_at FROM sys_api_key")
    in_days(project, 91)
    [(again,), (second,)] = project.sql("SELECT expires_at FROM sys_api_key ORDER BY generation")
    assert again == first
    assert moment(second) - moment(first) >= timedelta(days=91)
    assert moment(second) - moment(first) < timedelta(days=91, minutes=5)
    assert in_days(project, 92).plan.is_empty
    project.sql("UPDATE sys_api_key SET expires_at = NULL WHERE generation = 2")
    assert set(fields(in_days(project, 92), str(CI))) == {"expires_at"}
    assert project.sql("SELECT expires_at FROM sys_api_key WHERE generation = 2") == [(second,)]


def test_a_rotation_that_is_asked_for_happens_now_and_alone(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    apply(project)
    declare(project, DELIVER, ROTATE)
    project.sql("UPDATE sys_user SET nickname = 'changed by hand'")
    assert actions(apply(project, rotate={CI: Forced()})) == ["rotate ApiKey/bot/ci"]
    assert rows(project) == [(1, True, False), (2, True, False)]
    assert actions(apply(project)) == ["update User/bot"]


def test_after_a_leak_every_former_key_is_revoked_in_the_same_transaction(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    apply(project)
    in_days(project, 91)
    view = in_days(project, 92, rotate={CI: Forced(revoke_now=True)})
    assert [item.generation for change in view.plan.changes for item in change.retires] == [2, 1]
    assert rows(project) == [(1, False, True), (2, False, True), (3, True, False)]
    assert hashes(project)[2] == digest(delivered(project))
    assert in_days(project, 120).plan.is_empty


@on_sqlite
def test_without_a_declared_overlap_a_rotation_says_how_long(project: Project) -> None:
    declare(project, DELIVER)
    apply(project)
    with pytest.raises(InvalidInputError) as caught:
        apply(project, rotate={CI: Forced()})
    assert "--overlap 7d, or --revoke-old-now" in str(caught.value.problems[0])
    assert actions(apply(project, rotate={CI: Forced(overlap=3600.0)})) == ["rotate ApiKey/bot/ci"]


@on_sqlite
@pytest.mark.parametrize(
    ("address", "message"),
    [
        (Address("ApiKey", ("bot", "nobody")), "ApiKey/bot/nobody is not declared"),
        (Address("User", ("bot",)), "User/bot has no secret that is generated here"),
        (Address("ApiKey", ("bot", "new")), "ApiKey/bot/new waits to be created"),
    ],
)
def test_what_cannot_be_rotated_says_why(project: Project, address: Address, message: str) -> None:
    declare(project, DELIVER)
    apply(project)
    project.write(api_key("bot", "new", GENERATE, "deliver_to: [{file: {path: ../out/new}}]"), "new.yaml")
    with pytest.raises(InvalidInputError) as caught:
        apply(project, rotate={address: Forced(revoke_now=True)})
    assert message in str(caught.value.problems[0])


def test_a_key_with_nowhere_to_go_is_refused_and_said_in_the_plan(project: Project) -> None:
    declare(project)
    text = shown(plan(project))
    assert "Apply would be refused: the key of ApiKey/bot/ci would be generated, and has nowhere to go" in text
    with pytest.raises(RefusedError):
        apply(project)
    assert project.sql("SELECT count(*) FROM sys_api_key") == [(0,)]


def test_pruning_a_key_revokes_every_generation_that_still_works(project: Project) -> None:
    declare(project, DELIVER, ROTATE)
    apply(project)
    in_days(project, 91)
    project.write(user("bot"))
    view = in_days(project, 92, prune=True)
    assert actions(view) == ["disable ApiKey/bot/ci"]
    assert rows(project) == [(1, False, True), (2, False, True)]
    assert in_days(project, 120, prune=True).plan.is_empty


def test_the_plan_for_another_moment_says_what_will_be_due_and_what_will_have_expired(project: Project) -> None:
    declare(project, DELIVER, "expires_in: 30d")
    apply(project)
    assert not plan(project, expiring_within=29 * DAY).plan.expiring
    [item] = plan(project, expiring_within=31 * DAY).plan.expiring
    assert item.address == CI
    [item] = plan(project, as_of=20 * DAY, expiring_within=11 * DAY).plan.expiring
    assert "as of " in shown(plan(project, as_of=20 * DAY))


def moment(text: Any) -> datetime:
    found = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
