"""How a manifest declares a secret: where its value comes from, or its hash; never the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from provision.core.address import Address
from provision.core.state import SecretRule, SecretUpdate
from provision.errors import Position
from provision.kinds.spec import Spec
from provision.kinds.text import (
    OMITTED,
    BcryptHash,
    EnvironmentName,
    FilePath,
    KeyEnding,
    KeyPrefix,
    Sha256Hash,
    ShortLine,
    UnfitError,
)
from provision.settings import FieldBinding


def one_of(*names: str) -> ConfigDict:
    """Model settings whose JSON Schema asks for exactly one of these fields."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in names]})


class ExactlyOne(Spec):
    """A model of which exactly one of the fields in `choices` has to be given; `from_` is written as `from`."""

    choices: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set.intersection(self.choices)) != 1:
            names = [name.rstrip("_") for name in self.choices]
            raise UnfitError(f"needs exactly one of: {', '.join(names)}", f"write {' or '.join(names)}")
        return self


class SourceSpec(ExactlyOne):
    """Where a secret is read from: one source, by its name."""

    model_config = one_of("env", "file")
    choices = ("env", "file")

    env: EnvironmentName = Field(default=OMITTED, description="The environment variable that holds it.")
    file: FilePath = Field(default=OMITTED, description="The file that holds it, relative to the manifest.")

    def reference(self) -> tuple[str, str]:
        """The source's name and what it is asked for."""
        name = next(iter(self.model_fields_set))
        return name, getattr(self, name)


class SecretSpec(ExactlyOne):
    """A secret field of any kind: taken from a source and hashed by us, or given as its hash."""

    model_config = one_of("from", "hash")
    choices = ("from_", "hash")

    from_: SourceSpec = Field(default=OMITTED, alias="from")
    hash: str = OMITTED

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate.ALWAYS)


class PasswordSpec(SecretSpec):
    """A password: set when the user is created, or kept as declared; a new version sets it once more."""

    hash: BcryptHash = Field(default=OMITTED, description="Its bcrypt hash; provision hash-password makes one.")
    update: Literal["on_create", "always"] = Field(
        default="on_create", description="Set it when the user is created, or keep it as declared."
    )
    version: ShortLine = Field(default=OMITTED, description="Change this to have the password set once more.")

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate(self.update), version=self.version)


class KeySpec(SecretSpec):
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

    @model_validator(mode="after")
    def _pieces_beside_a_hash(self) -> Self:
        if "hash" not in self.model_fields_set and {"prefix", "last_four"} & self.model_fields_set:
            raise UnfitError("prefix and last_four belong beside hash alone", "with from they are read from the key")
        return self


SECRET_SPECS: Mapping[str, type[SecretSpec]] = {"bcrypt": PasswordSpec, "sha256": KeySpec}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRequest:
    """One declared secret: whose it is, how it is declared, how it is stored, and where to point for a problem."""

    address: Address
    field: str
    spec: SecretSpec
    binding: FieldBinding
    position: Position
