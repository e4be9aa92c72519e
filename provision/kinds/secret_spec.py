"""How a manifest declares a secret, by the codec that it is bound to; never is it the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from provision.core.address import Address
from provision.core.secret import StoredSecret
from provision.core.state import SecretRule, SecretUpdate
from provision.errors import Position
from provision.kinds.hash_text import (
    Argon2Hash,
    BcryptHash,
    DjangoHash,
    Pbkdf2Hash,
    ScryptHash,
    Sha256Hash,
    WerkzeugHash,
)
from provision.kinds.secret_base import HashedSpec, SecretSpec, SourceSpec
from provision.kinds.text import OMITTED, KeyEnding, KeyPrefix, ShortLine, UnfitError
from provision.settings import FieldBinding

__all__ = [
    "SECRET_SPECS",
    "HashedSpec",
    "KeySpec",
    "PasswordSpec",
    "PlaintextSpec",
    "SecretRequest",
    "SecretSpec",
]


class PasswordSpec(HashedSpec):
    """A password: set when the user is created, or kept as declared; a new version sets it once more."""

    hash: BcryptHash = Field(default=OMITTED, description="Its bcrypt hash; provision hash-password makes one.")
    update: Literal["on_create", "always"] = Field(
        default="on_create", description="Set it when the user is created, or keep it as declared."
    )
    version: ShortLine = Field(default=OMITTED, description="Change this to have the password set once more.")

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate(self.update), version=self.version)


class Argon2PasswordSpec(PasswordSpec):
    """A password that is kept as its argon2 hash."""

    hash: Argon2Hash = Field(default=OMITTED, description="Its argon2 hash, as $argon2id$….")


class ScryptPasswordSpec(PasswordSpec):
    """A password that is kept as its scrypt hash."""

    hash: ScryptHash = Field(default=OMITTED, description="Its scrypt hash, as $scrypt$….")


class Pbkdf2PasswordSpec(PasswordSpec):
    """A password that is kept as its PBKDF2 hash."""

    hash: Pbkdf2Hash = Field(default=OMITTED, description="Its PBKDF2 hash, as $pbkdf2-sha256$….")


class DjangoPasswordSpec(PasswordSpec):
    """A password that is kept as Django does."""

    hash: DjangoHash = Field(default=OMITTED, description="Its hash in a form of Django, as pbkdf2_sha256$….")


class WerkzeugPasswordSpec(PasswordSpec):
    """A password that is kept as Werkzeug does."""

    hash: WerkzeugHash = Field(default=OMITTED, description="Its hash in a form of Werkzeug, as scrypt:….")


class KeySpec(HashedSpec):
    """An API key: only its SHA-256 is kept, which every run compares, and two pieces to recognise it by."""

    # Beside `from`, both are taken from the key itself.
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["from"]}, {"required": ["hash"]}],
            "dependencies": {"prefix": ["hash"], "last_four": ["hash"]},
        }
    )

    hash: Sha256Hash = Field(default=OMITTED, description="Its SHA-256, in hexadecimal.")
    prefix: KeyPrefix = Field(default=OMITTED, description="What it begins with, for people; beside hash only.")
    last_four: KeyEnding = Field(default=OMITTED, description="What it ends with, for people; beside hash only.")

    def given(self) -> StoredSecret | None:
        """The hash, where the manifest holds it, with the pieces beside it."""
        if "hash" not in self.model_fields_set:
            return None
        return StoredSecret(self.hash, prefix=self.prefix, last_four=self.last_four)

    @model_validator(mode="after")
    def _pieces_beside_a_hash(self) -> Self:
        if "hash" not in self.model_fields_set and {"prefix", "last_four"} & self.model_fields_set:
            raise UnfitError("prefix and last_four belong beside hash alone", "with from they are read from the key")
        return self


class PlaintextSpec(SecretSpec):
    """A secret that is kept as it is: as declared, or as it was when its row was created."""

    from_: SourceSpec = Field(alias="from", description="Where it is read from.")
    update: Literal["on_create", "always"] = Field(
        default="always", description="Set it when the row is created, or keep it as declared."
    )

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate(self.update))


SECRET_SPECS: Mapping[str, type[SecretSpec]] = {
    "bcrypt": PasswordSpec,
    "argon2": Argon2PasswordSpec,
    "scrypt": ScryptPasswordSpec,
    "pbkdf2": Pbkdf2PasswordSpec,
    "django": DjangoPasswordSpec,
    "werkzeug": WerkzeugPasswordSpec,
    "sha256": KeySpec,
    "hmac_sha256": KeySpec,
    "plaintext": PlaintextSpec,
}
"""What a manifest writes for a secret, by the codec that it is bound to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRequest:
    """One declared secret: whose it is, how it is declared, how it is stored, and where to point for a problem."""

    address: Address
    field: str
    spec: SecretSpec
    binding: FieldBinding
    position: Position
