"""How a manifest declares a secret, by the codec that it is bound to; never is it the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from provision.core.address import Address
from provision.core.secret import StoredSecret
from provision.core.state import SecretRule, SecretUpdate
from provision.errors import Position
from provision.kinds.delivery_spec import Deliveries, DeliverySpec
from provision.kinds.hash_text import Sha256Hash
from provision.kinds.password_spec import (
    DELIVERED,
    SET_ONCE,
    Argon2PasswordSpec,
    DjangoPasswordSpec,
    PasswordSpec,
    Pbkdf2PasswordSpec,
    ScryptPasswordSpec,
    WerkzeugPasswordSpec,
    accepting,
    refuse_always,
    refuse_delivery,
)
from provision.kinds.secret_base import HashedSpec, SecretSpec, one_of
from provision.kinds.secret_generate import GenerateSpec, KeyGenerateSpec, PasswordGenerateSpec
from provision.kinds.terms import Terms
from provision.kinds.text import OMITTED, KeyEnding, KeyPrefix, ShortLine, UnfitError
from provision.settings import FieldBinding

__all__ = [
    "SECRET_SPECS",
    "GenerateSpec",
    "HashedSpec",
    "IssuedKeySpec",
    "KeyGenerateSpec",
    "KeySpec",
    "PasswordGenerateSpec",
    "PasswordSpec",
    "PlaintextSpec",
    "SecretRequest",
    "SecretSpec",
    "secret_spec",
]


class KeySpec(HashedSpec):
    """An API key: only its SHA-256 is kept, which every run compares, and two pieces to recognise it by."""

    # Beside `from` and `generate`, both are taken from the key itself.
    model_config = one_of("from", "hash", "generate", dependencies={"prefix": ["hash"], "last_four": ["hash"]})

    hash: Sha256Hash = Field(default=OMITTED, description="Its SHA-256, in hexadecimal.")
    generate: KeyGenerateSpec = Field(default=OMITTED, description="Have one made when its row is.")
    prefix: KeyPrefix = Field(default=OMITTED, description="What it begins with, for people; beside hash only.")
    last_four: KeyEnding = Field(default=OMITTED, description="What it ends with, for people; beside hash only.")

    def rule(self) -> SecretRule:
        """What the diff may know of it: a key that was made is not declared, so that nothing differs from it."""
        return SecretRule(update=SecretUpdate.ON_CREATE if self.generated() else SecretUpdate.ALWAYS)

    def given(self) -> StoredSecret | None:
        """The hash, where the manifest holds it, with the pieces beside it."""
        if "hash" not in self.model_fields_set:
            return None
        return StoredSecret(self.hash, prefix=self.prefix, last_four=self.last_four)

    @model_validator(mode="after")
    def _pieces_beside_a_hash(self) -> Self:
        if "hash" not in self.model_fields_set and {"prefix", "last_four"} & self.model_fields_set:
            raise UnfitError(
                "prefix and last_four belong beside hash alone", "without it they are taken from the key itself"
            )
        return self


class PlaintextSpec(SecretSpec):
    """A secret that is kept as it is: as declared, or as it was when its row was created."""

    model_config = one_of("from", "generate", dependencies=SET_ONCE | DELIVERED)

    generate: PasswordGenerateSpec = Field(
        default=OMITTED, description="Have one made, once; another version has a new one made."
    )
    update: Literal["on_create", "always"] = Field(
        default="always", description="Set it when the row is created, or keep it as declared."
    )
    version: ShortLine = Field(default=OMITTED, description="Change this to have the secret set once more.")
    deliver_to: Deliveries = Field(default=OMITTED, description="Who gets what is generated.")

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        update = SecretUpdate.ON_CREATE if self.generated() else SecretUpdate(self.update)
        return SecretRule(update=update, version=self.version)

    @model_validator(mode="after")
    def _generated_once(self) -> Self:
        if self.generated() and "update" in self.model_fields_set and self.update == "always":
            raise refuse_always()
        refuse_delivery(self)
        return self


class IssuedKeySpec(Terms, KeySpec):
    """A key of a kind of your own, which says in one place how it is made, replaced and delivered."""


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


def secret_spec(binding: FieldBinding, *, has_terms_beside: bool = False) -> type[SecretSpec]:
    """What a manifest writes for a secret with this binding; raises KeyError for a field that is none.

    The built-in kinds have the terms of a key beside it, others inside.
    """
    spec = SECRET_SPECS[binding.secret or ""]
    if spec is KeySpec and not has_terms_beside:
        return IssuedKeySpec
    if binding.accepts and issubclass(spec, PasswordSpec):
        return accepting(spec, frozenset((binding.secret or "", *binding.accepts)))
    return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRequest:
    """One declared secret: whose it is, how it is declared, how it is stored, and where to point for a problem.

    `deliver_path` is where its manifest says who gets it.
    """

    address: Address
    field: str
    spec: SecretSpec
    binding: FieldBinding
    position: Position
    deliver_to: tuple[DeliverySpec, ...] = ()
    deliver_path: str = "spec.deliver_to"
