"""How a manifest declares a password, by the codec that it is bound to; never is it the value itself."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, create_model, model_validator

from provision.core.state import SecretRule, SecretUpdate
from provision.kinds.delivery_spec import Deliveries
from provision.kinds.hash_forms import hash_pattern
from provision.kinds.hash_text import Argon2Hash, BcryptHash, DjangoHash, Pbkdf2Hash, ScryptHash, WerkzeugHash
from provision.kinds.secret_base import HashedSpec, SecretSpec, one_of
from provision.kinds.secret_generate import PasswordGenerateSpec
from provision.kinds.text import OMITTED, ShortLine, UnfitError

SET_ONCE: dict[str, Any] = {"generate": {"properties": {"update": {"const": "on_create"}}}}
"""What a JSON Schema says under `dependencies` of what is generated."""

DELIVERED: dict[str, Any] = {"deliver_to": ["generate"]}
"""Likewise of what is delivered."""

_REHASHED: dict[str, Any] = {
    "if": {"properties": {"rehash": {"const": True}}, "required": ["rehash"]},
    "then": {"properties": {"update": {"const": "always"}}, "required": ["from", "update"]},
}


def refuse_always() -> UnfitError:
    """What `update: always` beside `generate` is: nobody knows the value, by which to keep it."""
    hint = "leave update out; raise version to have a new one"
    return UnfitError("what is generated is set once, and update: always would keep a value that nobody has", hint)


def refuse_delivery(spec: SecretSpec) -> None:
    """Raise for a secret that is to be delivered and not made: whoever declares it, has it."""
    if "deliver_to" in spec.model_fields_set and not spec.generated():
        raise UnfitError("deliver_to belongs beside generate", "what is declared is known where it comes from")


class PasswordSpec(HashedSpec):
    """A password: set when the user is created, or kept as declared; a new version sets it once more."""

    model_config = one_of("from", "hash", "generate", dependencies=SET_ONCE | DELIVERED, **_REHASHED)

    hash: BcryptHash = Field(default=OMITTED, description="Its bcrypt hash; provision hash-password makes one.")
    generate: PasswordGenerateSpec = Field(
        default=OMITTED, description="Have one made, once; another version has a new one made."
    )
    update: Literal["on_create", "always"] = Field(
        default="on_create", description="Set it when the user is created, or keep it as declared."
    )
    version: ShortLine = Field(default=OMITTED, description="Change this to have the password set once more.")
    rehash: bool = Field(
        default=False,
        description="Hash it anew when the stored hash is weaker than what provision.toml asks for; "
        "beside from and update: always only.",
    )

    deliver_to: Deliveries = Field(default=OMITTED, description="Who gets what is generated.")

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate(self.update), version=self.version)

    def rehashes(self) -> bool:
        """Whether it is to be hashed anew when what is stored is weaker than what we would make."""
        return self.rehash

    @model_validator(mode="after")
    def _delivered_when_made(self) -> Self:
        refuse_delivery(self)
        return self

    @model_validator(mode="after")
    def _fitting_update(self) -> Self:
        if self.generated() and self.update == "always":
            raise refuse_always()
        if self.rehash and not ("from_" in self.model_fields_set and self.update == "always"):
            hint = "only a password that is read, and kept as declared, can be hashed anew"
            raise UnfitError("rehash belongs beside from and update: always", hint)
        return self


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


@cache
def accepting(base: type[PasswordSpec], codecs: frozenset[str]) -> type[PasswordSpec]:
    """The same for an application that takes the hashes of all these codecs; its name ends with that of the base."""
    several = sorted(codecs)
    taken = Annotated[str, StringConstraints(pattern=hash_pattern(codecs))]
    described = Field(
        default=OMITTED, description=f"Its hash in a form of {', '.join(several[:-1])} or {several[-1]}."
    )
    name = f"{''.join(codec.capitalize() for codec in several)}Or{base.__name__}"
    return create_model(name, __base__=base, __doc__=base.__doc__, hash=(taken, described))
