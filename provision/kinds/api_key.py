"""The built-in kind `ApiKey`: a credential that belongs to a user and is known by its hash."""

from __future__ import annotations

from pydantic import Field

from provision.kinds.secret_spec import KeySpec
from provision.kinds.spec import Spec
from provision.kinds.terms import Terms
from provision.kinds.text import OMITTED, Instant, Lines, Name


class _Key(Spec):
    """What an API key is."""

    scopes: Lines = Field(default=OMITTED, description="What the key may be used for; [] is nothing.")
    is_active: bool = OMITTED
    expires_at: Instant | None = Field(
        default=OMITTED, description="As in 2027-06-30T00:00:00Z, with an offset; null is never."
    )
    key: KeySpec = OMITTED


class KeyFields(Terms, _Key):
    """What an API key has, wherever it is declared: what it is, and on which terms it is issued."""


class ApiKeySpec(KeyFields):
    """An API key in a document of its own; its owner is part of its address."""

    user: Name = Field(description="The owner: the name of a User.")


class InlineApiKey(KeyFields):
    """An API key inside its user's manifest."""

    name: Name
