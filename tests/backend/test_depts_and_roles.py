"""Departments, roles, and who has them, on SQLite and on PostgreSQL: the tree, the association, what may not go."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, TypeVar

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import selectinload

from backend import load_all_models
from backend.app.admin.model.dept import Dept
from backend.app.admin.model.role import Role, user_role
from backend.app.admin.model.user import User
from backend.common.model import Base

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

Row = TypeVar("Row", bound=Base)
FOREIGN_KEY = r"(?i)foreign key"


async def stored(session: AsyncSession, row: Row) -> Row:
    """The row, once it is in the database and has its id."""
    session.add(row)
    await session.flush()
    return row


async def alice(session: AsyncSession, *, dept_id: int | None = None) -> User:
    """A user that is in the database."""
    return await stored(session, User(username="alice", nickname="Alice", salt=None, dept_id=dept_id))


async def assigned(session: AsyncSession, *, loaded: bool = False) -> tuple[User, Role]:
    """A user with a role; with `loaded`, the session knows that the one has the other."""
    user, role = await alice(session), await stored(session, Role(name="auditor"))
    await session.execute(insert(user_role).values(user_id=user.id, role_id=role.id))
    if loaded:
        await session.refresh(user, ["roles"])
        assert user.roles == [role]
    return user, role


async def refused(session: AsyncSession, row: Base) -> None:
    """Delete the row, which the foreign key must not let happen."""
    await session.delete(row)
    with pytest.raises(IntegrityError, match=FOREIGN_KEY):
        await session.flush()


def test_a_new_dept_is_an_active_root() -> None:
    load_all_models()
    dept = Dept(name="sales")
    assert (dept.parent_id, dept.sort, dept.status, dept.parent, dept.children) == (None, 0, 1, None, [])


def test_a_new_role_is_active_and_has_no_remark() -> None:
    load_all_models()
    role = Role(name="auditor")
    assert (role.remark, role.status) == (None, 1)


def test_a_new_user_is_in_no_dept_and_has_no_roles() -> None:
    load_all_models()
    user = User(username="alice", nickname="Alice", salt=None)
    assert (user.dept_id, user.dept, user.roles) == (None, None, [])


@pytest.mark.parametrize("model", [Dept, Role])
async def test_core_statements_get_the_defaults(session: AsyncSession, model: type[Dept] | type[Role]) -> None:
    await session.execute(insert(model), [{"name": "a"}])
    status, created, updated = (
        await session.execute(select(model.status, model.created_time, model.updated_time))
    ).one()
    assert (status, updated) == (1, None)
    assert created.tzinfo is UTC


@pytest.mark.parametrize("model", [Dept, Role])
async def test_a_name_is_given_once(session: AsyncSession, model: type[Dept] | type[Role]) -> None:
    await stored(session, model(name="same"))
    with pytest.raises(IntegrityError, match="name"):
        await stored(session, model(name="same"))


async def test_the_tree_is_read_in_both_directions_and_only_on_request(session: AsyncSession) -> None:
    root = await stored(session, Dept(name="company"))
    for name in ("sales", "support"):
        await stored(session, Dept(name=name, parent_id=root.id))
    session.expunge_all()
    options = selectinload(Dept.parent), selectinload(Dept.children)
    found = {dept.name: dept for dept in await session.scalars(select(Dept).options(*options))}
    assert {dept.name for dept in found["company"].children} == {"sales", "support"}
    assert found["sales"].parent is found["support"].parent is found["company"]
    assert (found["company"].parent, found["sales"].children) == (None, [])
    session.expunge_all()
    plain = (await session.scalars(select(Dept).where(Dept.name == "sales"))).one()
    for name in ("parent", "children"):
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            getattr(plain, name)


async def test_a_tree_of_new_depts_is_stored_from_the_root_down(session: AsyncSession) -> None:
    leaf, root = Dept(name="leaf"), Dept(name="root")
    leaf.parent = root
    await stored(session, leaf)
    assert leaf.parent_id == root.id


async def test_a_dept_below_none_is_refused(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match=FOREIGN_KEY):
        await stored(session, Dept(name="lost", parent_id=404))


@pytest.mark.parametrize("loaded", [False, True])
async def test_a_dept_with_others_below_cannot_be_deleted(session: AsyncSession, *, loaded: bool) -> None:
    root = await stored(session, Dept(name="root"))
    await stored(session, Dept(name="leaf", parent_id=root.id))
    if loaded:
        await session.refresh(root, ["children"])
    await refused(session, root)


async def test_the_last_dept_of_a_branch_can_be_deleted(session: AsyncSession) -> None:
    root = await stored(session, Dept(name="root"))
    leaf = await stored(session, Dept(name="leaf", parent_id=root.id))
    await session.delete(leaf)
    await session.flush()
    assert (await session.scalars(select(Dept.name))).all() == ["root"]


async def test_a_user_belongs_to_a_dept_which_is_read_only_on_request(session: AsyncSession) -> None:
    dept = await stored(session, Dept(name="sales"))
    await alice(session, dept_id=dept.id)
    session.expunge_all()
    plain = (await session.scalars(select(User))).one()
    assert plain.dept_id == dept.id
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = plain.dept
    await session.refresh(plain, ["dept"])
    assert plain.dept is not None
    assert plain.dept.name == "sales"


async def test_a_dept_with_users_cannot_be_deleted(session: AsyncSession) -> None:
    dept = await stored(session, Dept(name="sales"))
    await alice(session, dept_id=dept.id)
    await refused(session, dept)


async def test_deleting_a_user_leaves_the_dept(session: AsyncSession) -> None:
    dept = await stored(session, Dept(name="sales"))
    await session.delete(await alice(session, dept_id=dept.id))
    await session.flush()
    assert (await session.scalars(select(Dept.name))).all() == ["sales"]


async def test_the_roles_of_a_user_are_read_only_on_request(session: AsyncSession) -> None:
    await assigned(session)
    session.expunge_all()
    plain = (await session.scalars(select(User))).one()
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = plain.roles
    session.expunge_all()
    asked = (await session.scalars(select(User).options(selectinload(User.roles)))).one()
    assert [role.name for role in asked.roles] == ["auditor"]


async def test_the_users_of_a_role_are_found_by_a_join(session: AsyncSession) -> None:
    await assigned(session)
    await stored(session, User(username="bob", nickname="Bob", salt=None))
    found = await session.scalars(select(User.username).join(User.roles).where(Role.name == "auditor"))
    assert found.all() == ["alice"]


@pytest.mark.parametrize("loaded", [False, True])
async def test_a_user_that_still_has_roles_cannot_be_deleted(session: AsyncSession, *, loaded: bool) -> None:
    user, _ = await assigned(session, loaded=loaded)
    await refused(session, user)


@pytest.mark.parametrize("loaded", [False, True])
async def test_a_role_that_somebody_still_has_cannot_be_deleted(session: AsyncSession, *, loaded: bool) -> None:
    _, role = await assigned(session, loaded=loaded)
    await refused(session, role)


@pytest.mark.parametrize("loaded", [False, True])
async def test_both_can_be_deleted_once_they_are_parted(session: AsyncSession, *, loaded: bool) -> None:
    user, role = await assigned(session, loaded=loaded)
    await session.execute(delete(user_role))
    await session.delete(user)
    await session.delete(role)
    await session.flush()
    assert [*await session.scalars(select(User)), *await session.scalars(select(Role))] == []


async def test_a_change_to_the_roles_of_an_object_is_an_error_and_not_ignored(session: AsyncSession) -> None:
    user, role = await assigned(session, loaded=True)
    with pytest.raises(TypeError, match="write to the table"):
        user.roles.append(await stored(session, Role(name="clerk")))
    with pytest.raises(TypeError, match="write to the table"):
        user.roles.remove(role)
    with pytest.raises(TypeError, match="write to the table"):
        user.roles = []


async def test_a_role_is_given_to_a_user_once(session: AsyncSession) -> None:
    user, role = await assigned(session)
    with pytest.raises(IntegrityError, match=r"(?i)unique|duplicate"):
        await session.execute(insert(user_role).values(user_id=user.id, role_id=role.id))


@pytest.mark.parametrize("lost", ["user_id", "role_id"])
async def test_an_assignment_of_nobody_or_nothing_is_refused(session: AsyncSession, lost: str) -> None:
    user, role = await alice(session), await stored(session, Role(name="auditor"))
    with pytest.raises(IntegrityError, match=FOREIGN_KEY):
        await session.execute(insert(user_role).values({"user_id": user.id, "role_id": role.id, lost: 404}))
