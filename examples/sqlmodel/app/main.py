"""The application: a login, and who one is."""

from collections.abc import Generator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from sqlmodel import Session

from app.db import engine
from app.models import User, UserPublic
from app.security import authenticate, create_access_token, subject_of

app = FastAPI()


def get_session() -> Generator[Session]:
    """A session for one request."""
    with Session(engine) as session:
        yield session


SessionOfRequest = Annotated[Session, Depends(get_session)]
Token = Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="/api/v1/login/access-token"))]


@app.post("/api/v1/login/access-token")
def login(session: SessionOfRequest, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    """Give a token to whoever knows the password."""
    user = authenticate(session, form.username, form.password)
    if user is None:
        raise HTTPException(status_code=400, detail="Incorrect email or password")
    if not user.is_active:
        raise HTTPException(status_code=400, detail="Inactive user")
    return {"access_token": create_access_token(user.id), "token_type": "bearer"}


@app.get("/api/v1/users/me", response_model=UserPublic)
def me(session: SessionOfRequest, token: Token) -> User | None:
    """Who one is."""
    return session.get(User, subject_of(token))
