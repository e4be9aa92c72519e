"""The models as rows, on SQLite and on PostgreSQL: times, keys, constraints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError
from sqlalchemy.orm import selectinload

from backend.app.admin.model.api_key import APIKey
from backend.app.admin.model.user import User

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

NOON_IN_BERLIN = datetime(2027, 6, 30, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))


async def stored_user(session: AsyncSession, name: str = "alice", **values: Any) -> User:
    """A user that is in the database."""
    user = User(username=name, nickname=name, salt=None, **values)
    session.add(user)
    await session.flush()
    return user


async def test_a_moment_comes_back_aware_in_utc_and_exact(session: AsyncSession) -> None:
    user = await stored_user(session, last_login_time=NOON_IN_BERLIN)
    session.expire(user)
    await session.refresh(user)
    assert user.last_login_time == NOON_IN_BERLIN
    assert user.last_login_time.tzinfo is UTC
    assert user.last_password_changed_time is None


async def test_a_moment_is_compared_as_a_moment_and_not_as_text(session: AsyncSession) -> None:
    await stored_user(session, last_login_time=NOON_IN_BERLIN)
    just_after = datetime(2027, 6, 30, 10, 0, 1, tzinfo=UTC)
    found = await session.scalars(select(User.username).where(User.last_login_time < just_after))
    assert found.all() == ["alice"]


async def test_a_moment_without_a_time_zone_is_refused(session: AsyncSession) -> None:
    with pytest.raises(StatementError, match="a datetime without a time zone"):
        await stored_user(session, last_login_time=datetime(2027, 6, 30))  # noqa: DTZ001 - the point


async def test_an_object_gets_its_id_and_its_times(session: AsyncSession) -> None:
    before = datetime.now(UTC)
    first, second = await stored_user(session, "a"), await stored_user(session, "b")
    assert 1 <= first.id < second.id
    assert before <= first.created_time <= datetime.now(UTC)
    assert first.updated_time is None
    first.nickname = "A"
    await session.flush()
    assert first.updated_time is not None
    assert first.updated_time >= first.created_time


async def test_core_statements_set_the_times_too(session: AsyncSession) -> None:
    rows = [{"username": name, "nickname": name, "uuid": name, "join_time": NOON_IN_BERLIN} for name in ("a", "b")]
    await session.execute(insert(User), rows)
    await session.execute(update(User).where(User.username == "a").values(nickname="A"))
    found = (await session.execute(select(User.username, User.created_time, User.updated_time))).all()
    assert all(row.created_time.tzinfo is UTC for row in found)
    assert {row.username for row in found if row.updated_time is not None} == {"a"}


async def test_core_statements_get_the_defaults_of_a_key(session: AsyncSession) -> None:
    user = await stored_user(session)
    await session.execute(insert(APIKey), [{"user_id": user.id, "name": "ci", "key_hash": "h"}])
    key = (await session.scalars(select(APIKey))).one()
    assert (key.scopes, key.is_active, key.generation) == ([], True, 1)


async def test_a_core_insert_without_the_uuid_of_the_constructor_is_refused(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="uuid"):
        await session.execute(insert(User).values(username="a", nickname="a", join_time=NOON_IN_BERLIN))


async def test_a_key_holds_sixty_four_bits(session: AsyncSession) -> None:
    await stored_user(session)
    await session.execute(update(User).values(id=2**40))
    session.add(APIKey(user_id=2**40, name="ci", key_hash="h"))
    await session.flush()
    assert (await session.scalars(select(APIKey.user_id))).one() == 2**40


@pytest.mark.parametrize("column", ["username", "email", "uuid"])
async def test_two_users_cannot_share_what_is_unique(session: AsyncSession, column: str) -> None:
    first, second = ({"username": name, "nickname": name, "salt": None, column: "same"} for name in ("a", "b"))
    session.add(User(**first))  # type: ignore[arg-type]  # a dict of mixed values
    await session.flush()
    session.add(User(**second))  # type: ignore[arg-type]  # as above
    with pytest.raises(IntegrityError, match=column):
        await session.flush()


async def test_users_without_an_e_mail_address_do_not_collide(session: AsyncSession) -> None:
    assert (await stored_user(session, "a")).email is (await stored_user(session, "b")).email is None


@pytest.mark.parametrize(
    ("second", "fits"),
    [
        ({"name": "ci", "key_hash": "new"}, False),
        ({"name": "ci", "key_hash": "new", "generation": 2}, True),
        ({"name": "other", "key_hash": "new"}, True),
        ({"name": "other", "key_hash": "same"}, False),
    ],
)
async def test_a_key_is_unique_by_user_name_and_generation_and_by_its_hash(
    session: AsyncSession, second: dict[str, Any], *, fits: bool
) -> None:
    user = await stored_user(session)
    session.add(APIKey(user_id=user.id, name="ci", key_hash="same"))
    await session.flush()
    session.add(APIKey(user_id=user.id, **second))
    if fits:
        await session.flush()
    else:
        with pytest.raises(IntegrityError):
            await session.flush()


async def test_a_user_that_still_has_keys_cannot_be_deleted(session: AsyncSession) -> None:
    user = await stored_user(session)
    session.add(APIKey(user_id=user.id, name="ci", key_hash="h"))
    await session.flush()
    await session.delete(user)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await session.flush()


async def test_a_user_without_keys_can_be_deleted(session: AsyncSession) -> None:
    user = await stored_user(session)
    session.add(APIKey(user_id=user.id, name="ci", key_hash="h"))
    await session.flush()
    await session.execute(delete(APIKey))
    await session.delete(user)
    await session.flush()
    assert (await session.scalars(select(User))).all() == []


async def test_a_key_of_nobody_is_refused(session: AsyncSession) -> None:
    session.add(APIKey(user_id=404, name="ci", key_hash="h"))
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_keys_are_never_loaded_by_accident_but_on_request(session: AsyncSession) -> None:
    user = await stored_user(session)
    session.add(APIKey(user_id=user.id, name="ci", key_hash="h"))
    await session.flush()
    session.expunge_all()
    plain = (await session.scalars(select(User))).one()
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = plain.api_keys
    session.expunge_all()
    asked = (await session.scalars(select(User).options(selectinload(User.api_keys)))).one()
    assert [key.name for key in asked.api_keys] == ["ci"]


async def test_an_error_of_the_database_does_not_list_the_values(session: AsyncSession) -> None:
    await stored_user(session, "same", password="canary")
    with pytest.raises(IntegrityError) as caught:
        await stored_user(session, "same", password="canary")
    assert "canary" not in str(caught.value)
