"""Who may log in, and how: JSON Web Tokens, as fastapi-users' documentation has it."""

import os
import uuid
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyUserDatabase

from app.db import get_user_db
from app.models import User

SECRET = os.environ.get("SECRET", "for this example only, not for yours")


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """The rules for users: those of fastapi-users."""

    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def get_user_manager(
    user_db: Annotated[SQLAlchemyUserDatabase, Depends(get_user_db)],
) -> AsyncGenerator[UserManager]:
    """The rules for one request."""
    yield UserManager(user_db)


def get_jwt_strategy() -> JWTStrategy:
    """Tokens that last an hour."""
    return JWTStrategy(secret=SECRET, lifetime_seconds=3600)


auth_backend = AuthenticationBackend(
    name="jwt", transport=BearerTransport(tokenUrl="auth/jwt/login"), get_strategy=get_jwt_strategy
)
fastapi_users = FastAPIUsers[User, uuid.UUID](get_user_manager, [auth_backend])
