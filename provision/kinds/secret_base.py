"""What every secret in a manifest has: the source it is read from, its hash, or how it is made."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from provision.core.secret import StoredSecret
from provision.core.state import SecretRule, SecretUpdate
from provision.kinds.secret_generate import GenerateSpec
from provision.kinds.spec import Spec
from provision.kinds.text import OMITTED, EnvironmentName, FilePath, UnfitError


def one_of(*names: str, **rules: Any) -> ConfigDict:
    """Model settings whose JSON Schema asks for exactly one of these fields, and for what other keywords say."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in names], **rules})


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
    """A secret field of any kind: taken from a source, or made by us."""

    choices: ClassVar[tuple[str, ...]] = ("from_", "generate")

    from_: SourceSpec = Field(default=OMITTED, alias="from", description="Where it is read from.")
    generate: GenerateSpec = OMITTED

    def rule(self) -> SecretRule:
        """What the diff may know of it."""
        return SecretRule(update=SecretUpdate.ALWAYS)

    def given(self) -> StoredSecret | None:
        """What is to be stored, where the manifest holds it; None where it is made from the secret itself."""
        return None

    def generated(self) -> GenerateSpec | None:
        """How to make it, where it comes from nowhere else; once made, it is known to nobody but who is told then."""
        return self.generate if "generate" in self.model_fields_set else None

    def rehashes(self) -> bool:
        """Whether it is to be hashed anew when what is stored is weaker than what we would make."""
        return False


class HashedSpec(SecretSpec):
    """A secret field of a kind that keeps hashes: from a source or made by us, and hashed; or given as its hash."""

    choices = ("from_", "hash", "generate")

    hash: str = OMITTED

    def given(self) -> StoredSecret | None:
        """The hash, where the manifest holds it."""
        return StoredSecret(self.hash) if "hash" in self.model_fields_set else None
