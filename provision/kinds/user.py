"""The built-in kind `User`, in the words of the reference backend."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provision.kinds.api_key import InlineApiKey
from provision.kinds.secret_spec import PasswordSpec
from provision.kinds.spec import Spec
from provision.kinds.text import OMITTED, Email, Line, ShortLine


class UserSpec(Spec):
    """A person or a service that may log in. What is left out is not managed, but for the three privileges."""

    nickname: ShortLine = OMITTED
    email: Email | None = OMITTED
    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()./-]{2,30}$")] | None = OMITTED
    avatar: Line | None = OMITTED
    status: Literal["active", "disabled"] = "active"
    is_superuser: bool = False
    is_staff: bool = False
    is_multi_login: bool = OMITTED
    password: PasswordSpec = OMITTED
    api_keys: list[InlineApiKey] = OMITTED
