"""What every secret in a manifest has: the source it is read from, its hash, or how it is made."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from provision.core.secret import StoredSecret
from provision.core.state import SecretRule, SecretUpdate
from provision.kinds.secret_generate import GenerateSpec
from provision.kinds.source_text import AgeText, Arguments, EnvironmentName, FilePath
from provision.kinds.spec import Spec
from provision.kinds.text import OMITTED, UnfitError

# What a source is asked for; the words mean what the source says. Equal references are read once.
Reference = tuple[str, ...]


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


class AgeSpec(ExactlyOne):
    """A text encrypted with age: a file of its own, or armored in the manifest."""

    model_config = one_of("file", "text")
    choices = ("file", "text")

    file: FilePath = Field(default=OMITTED, description="The encrypted file, relative to the manifest.")
    text: AgeText = Field(default=OMITTED, description="The encrypted text itself, as age --armor prints it.")

    def reference(self) -> Reference:
        """Which of the two it is, and the path or the text."""
        name = next(iter(self.model_fields_set))
        return name, getattr(self, name)


class SourceSpec(ExactlyOne):
    """Where a secret is read from: one source, by its name."""

    model_config = one_of("env", "file", "age", "command")
    choices = ("env", "file", "age", "command")

    env: EnvironmentName = Field(default=OMITTED, description="The environment variable that holds it.")
    file: FilePath = Field(default=OMITTED, description="The file that holds it, relative to the manifest.")
    age: AgeSpec = Field(default=OMITTED, description="What age encrypted it to; provision-db[age] decrypts it.")
    command: Arguments = Field(
        default=OMITTED,
        description="The program that prints it, and its arguments; provision.toml has to allow the program.",
    )

    def reference(self) -> tuple[str, Reference]:
        """The source's name and what it is asked for."""
        name = next(iter(self.model_fields_set))
        match getattr(self, name):
            case AgeSpec() as age:
                return name, age.reference()
            case list() as arguments:
                return name, tuple(arguments)
            case text:
                return name, (text,)


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
