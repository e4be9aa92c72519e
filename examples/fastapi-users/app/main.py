"""The application: a login, and who one is."""

import uuid

from fastapi import FastAPI
from fastapi_users import schemas

from app.users import auth_backend, fastapi_users


class UserRead(schemas.BaseUser[uuid.UUID]):
    """What the application says of a user."""

    full_name: str | None


class UserUpdate(schemas.BaseUserUpdate):
    """What users may change of themselves."""

    full_name: str | None = None


app = FastAPI()
app.include_router(fastapi_users.get_auth_router(auth_backend), prefix="/auth/jwt")
app.include_router(fastapi_users.get_users_router(UserRead, UserUpdate), prefix="/users")
