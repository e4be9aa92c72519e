"""How a manifest declares a secret: where its value comes from, or its hash; never the value itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from provision.core.state import SecretRule, SecretUpdate
from provision.kinds.spec import Spec
from provision.kinds.text import OMITTED, ShortLine

EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[^\u0000-\u001f\u007f]+$")]


def one_of(*names: str) -> ConfigDict:
    """Model settings whose JSON Schema asks for exactly one of these fields."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in names]})


class ExactlyOne(Spec):
    """A model of which exactly one of the fields in `choices` has to be given."""

    choices: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name, info in _by_key(self).items() if name in self.choices and info]
        if len(given) != 1:
            raise ValueError(f"give exactly one of: {', '.join(self.choices)}")
        return self


class SourceSpec(ExactlyOne):
    """Where a secret is read from: one source, by its name."""

    model_config = one_of("env", "file")
    choices = ("env", "file")

    env: EnvironmentName = OMITTED
    file: FilePath = OMITTED

    def reference(self) -> tuple[str, str]:
        """The source's name and what it is asked for."""
        name = next(iter(self.model_fields_set))
        return name, getattr(self, name)


class SecretSpec(ExactlyOne):
    """A secret field of any kind: taken from a source and hashed by us, or given as its hash."""

    model_config = one_of("from", "hash")
    choices = ("from", "hash")

    from_: SourceSpec = Field(default=OMITTED, alias="from")
    hash: str = OMITTED

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate.ALWAYS)


class PasswordSpec(SecretSpec):
    """A password: set when the user is created, or kept as declared; a new version sets it once more."""

    # bcrypt's modular-crypt form: 2a, 2b or 2y, two digits of cost, 22 + 31 characters of its base64.
    hash: Annotated[str, StringConstraints(pattern=r"^\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$")] = (
        OMITTED
    )
    update: Literal["on_create", "always"] = "on_create"
    version: ShortLine = OMITTED

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

    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = OMITTED
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,16}$")] = OMITTED
    last_four: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{4}$")] = OMITTED

    @model_validator(mode="after")
    def _pieces_beside_a_hash(self) -> Self:
        if "hash" not in self.model_fields_set and {"prefix", "last_four"} & self.model_fields_set:
            raise ValueError("prefix and last_four belong beside hash; with from they are read from the key")
        return self


def _by_key(model: Spec) -> dict[str, Any]:
    return {info.alias or name: name in model.model_fields_set for name, info in type(model).model_fields.items()}
