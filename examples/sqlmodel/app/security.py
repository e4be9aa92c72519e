"""Passwords and tokens."""

import os
import uuid
from datetime import UTC, datetime, timedelta

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlmodel import Session, select

from app.models import User

SECRET_KEY = os.environ.get("SECRET_KEY", "for this example only, not for yours")
ALGORITHM = "HS256"
# Accounts made by older versions have bcrypt; they get argon2 at their next login.
password_hash = PasswordHash((Argon2Hasher(), BcryptHasher()))


def authenticate(session: Session, email: str, password: str) -> User | None:
    """The user with this address and password, if there is one; an outdated hash is replaced."""
    user = session.exec(select(User).where(User.email == email)).first()
    if user is None:
        return None
    verified, newer = password_hash.verify_and_update(password, user.hashed_password)
    if not verified:
        return None
    if newer:
        user.hashed_password = newer
        session.add(user)
        session.commit()
        session.refresh(user)
    return user


def create_access_token(subject: uuid.UUID) -> str:
    """A token for this user that lasts an hour."""
    payload = {"sub": str(subject), "exp": datetime.now(UTC) + timedelta(hours=1)}
    return jwt.encode(payload, SECRET_KEY, algorithm=ALGORITHM)


def subject_of(token: str) -> uuid.UUID:
    """Whose token it is; raises what PyJWT raises."""
    return uuid.UUID(jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])["sub"])
