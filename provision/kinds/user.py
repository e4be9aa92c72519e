"""The built-in kind `User`, in the words of the reference backend."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provision.kinds.api_key import InlineApiKey
from provision.kinds.secret_spec import PasswordSpec
from provision.kinds.spec import Spec
from provision.kinds.text import OMITTED, Email, Line, Phone, ShortLine


class UserSpec(Spec):
    """A person or a service that may log in. What is left out is not managed, but for the three privileges."""

    nickname: ShortLine = OMITTED
    email: Email | None = OMITTED
    phone: Phone | None = OMITTED
    avatar: Line | None = OMITTED
    status: Literal["active", "disabled"] = Field(
        default="active", description="Whether the user may log in; active when left out, and kept so."
    )
    is_superuser: bool = Field(default=False, description="A privilege: false when left out, and kept so.")
    is_staff: bool = Field(default=False, description="A privilege: false when left out, and kept so.")
    is_multi_login: bool = Field(default=OMITTED, description="Whether several sessions at a time are allowed.")
    password: PasswordSpec = OMITTED
    api_keys: list[InlineApiKey] = Field(
        default=OMITTED, description="Short for documents of the kind ApiKey that this user owns."
    )
