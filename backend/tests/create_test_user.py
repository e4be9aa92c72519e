"""Create one user by hand: `python backend/tests/create_test_user.py --username alice --password …`.

It ends with 0 when the user was created, with 2 on wrong usage, and with 1 and one line on stderr on any other error.
"""

import argparse
import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Started by its path, Python looks for modules beside this file, and not in the folder that holds `backend`.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy import or_, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from backend import load_all_models
from backend.app.admin.model.user import User
from backend.core.database_url import SettingsError, place

BCRYPT_BYTES = 72  # bcrypt sees no more of a password than its first 72 bytes


class NotCreatedError(Exception):
    """No user was created; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What the caller asks for."""

    username: str
    password: str = field(repr=False)
    email: str | None
    nickname: str
    is_superuser: bool
    is_staff: bool


def parse_arguments(arguments: list[str] | None = None) -> NewUser:
    """The command line as a value; the password may come from TEST_USER_PASSWORD. Ends with 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="create_test_user.py", description="Create one user.")
    parser.add_argument("--username", required=True)
    parser.add_argument("--password", help="safer in the environment variable TEST_USER_PASSWORD")
    parser.add_argument("--email")
    parser.add_argument("--nickname", help="the username if not given")
    parser.add_argument("--no-superuser", action="store_true", help="a user without all privileges")
    parser.add_argument("--no-staff", action="store_true", help="a user who may not enter the admin pages")
    given = parser.parse_args(arguments)
    password = os.environ.get("TEST_USER_PASSWORD") if given.password is None else given.password
    if password is None:
        parser.error("a password is required: --password, or the environment variable TEST_USER_PASSWORD")
    return NewUser(
        username=given.username,
        password=password,
        email=given.email,
        nickname=given.username if given.nickname is None else given.nickname,
        is_superuser=not given.no_superuser,
        is_staff=not given.no_staff,
    )


def check(new: NewUser) -> None:
    """Refuse what the table or bcrypt would not keep as it is; SQLite, for one, ignores lengths."""
    texts = {"username": new.username, "nickname": new.nickname, "password": new.password}
    if new.email is not None:
        texts["email"] = new.email
    for name, text in texts.items():
        if not text.strip():
            raise NotCreatedError(f"the {name} is blank")
        if "\0" in text or not _is_unicode(text):
            raise NotCreatedError(f"the {name} holds a character that cannot be stored")
        longest = getattr(User.__table__.c[name].type, "length", None)
        if name != "password" and longest is not None and len(text) > longest:
            raise NotCreatedError(f"the {name} has {len(text)} characters; {longest} is the most")
    size = len(new.password.encode())
    if size > BCRYPT_BYTES:
        raise NotCreatedError(f"the password has {size} bytes; bcrypt takes {BCRYPT_BYTES} at the most")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of the command line that are no UTF-8 arrive as lone surrogates
        return False
    return True


async def refuse_duplicate(session: AsyncSession, new: NewUser) -> None:
    """NotCreatedError if the username or the e-mail address is taken."""
    taken = or_(User.username == new.username, User.email == new.email)
    rows = (await session.execute(select(User.username, User.email).where(taken))).all()
    if any(row.username == new.username for row in rows):
        raise NotCreatedError(f"the username {new.username!r} is taken")
    if rows:
        raise NotCreatedError(f"the e-mail address {new.email!r} is taken")


async def create_user(session: AsyncSession, new: NewUser, *, password_hash: str) -> User:
    """Add the user to the session's transaction and return it with its id."""
    await refuse_duplicate(session, new)
    user = User(
        username=new.username,
        nickname=new.nickname,
        password=password_hash,
        salt=None,  # has no default; bcrypt keeps its salt within the hash
        email=new.email,
        is_superuser=new.is_superuser,
        is_staff=new.is_staff,
    )
    session.add(user)
    await session.flush()
    return user


async def run(new: NewUser) -> User:
    """Create the user in the configured database; NotCreatedError says in one line why not."""
    check(new)
    try:
        # Not at the top: wrong settings are found at this import, and deserve a message instead of a traceback.
        from backend.database import db
    except SettingsError as error:
        raise NotCreatedError(str(error)) from None
    try:
        await db.ensure_tables()
        # Before the session: hashing takes a quarter of a second, and no lock should be held so long.
        password_hash = PasswordHash((BcryptHasher(),)).hash(new.password)
        async with db.async_db_session.begin() as session:
            return await create_user(session, new, password_hash=password_hash)
    except db.MissingTablesError as error:
        raise NotCreatedError(str(error)) from None
    except IntegrityError:
        raise NotCreatedError("somebody created the same user at this very moment") from None
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]  # the lines below it show the values of the row
        raise NotCreatedError(f"{place(db.async_engine.url)}: {reason}") from None
    except OSError as error:
        raise NotCreatedError(f"cannot reach the {place(db.async_engine.url)}: {error}") from None
    finally:
        await db.async_engine.dispose()


def main() -> int:
    """The command line; returns the exit code."""
    new = parse_arguments()
    load_all_models()
    try:
        user = asyncio.run(run(new))
    except NotCreatedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Created user {user.username!r} with id {user.id}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
