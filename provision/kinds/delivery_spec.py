"""How a manifest says where a secret is delivered: a list, each item one sink by its name."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from provision.kinds.delivery_text import (
    Command,
    EntryName,
    KubernetesKey,
    KubernetesLabel,
    KubernetesName,
    OutputName,
    Recipients,
)
from provision.kinds.secret_base import ExactlyOne, one_of
from provision.kinds.source_text import ENVIRONMENT_PATTERN, FilePath
from provision.kinds.spec import Spec
from provision.kinds.text import MEANINGS, OMITTED, UnfitError


def _when(format_: str, then: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"properties": {"format": {"const": format_}}, "required": ["format"]}, "then": then}


_NAMED: Final[dict[str, Any]] = {"required": ["name"]}
_ENV: Final[dict[str, Any]] = {"required": ["name"], "properties": {"name": {"pattern": ENVIRONMENT_PATTERN}}}
_NAMELESS: Final[dict[str, Any]] = {"if": {"required": ["name"]}, "then": {"required": ["format"]}}


class FileDelivery(Spec):
    """A file that holds the secret alone, or an entry of it among others."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [_when("raw", {"not": _NAMED}), _when("env", _ENV), _when("json", _NAMED), _NAMELESS]
        }
    )

    path: FilePath = Field(description="The file, relative to the manifest.")
    format: Literal["raw", "env", "json"] = Field(
        default="raw", description="raw: the secret alone; env: a line NAME=…; json: a member of an object."
    )
    name: EntryName = Field(default=OMITTED, description="The variable's or member's name; for env and json only.")

    @model_validator(mode="after")
    def _name_where_there_are_entries(self) -> Self:
        named = "name" in self.model_fields_set
        if named and self.format == "raw":
            raise UnfitError("name belongs beside format: env or format: json", "remove it, or choose a format")
        if not named and self.format != "raw":
            raise UnfitError(f"format: {self.format} needs a name", "add name: and what the entry is called")
        if self.format == "env" and not re.fullmatch(ENVIRONMENT_PATTERN.strip("^$"), self.name):
            raise UnfitError(*MEANINGS[ENVIRONMENT_PATTERN])
        return self


class AgeFileDelivery(Spec):
    """A file that is encrypted to these public keys."""

    path: FilePath = Field(description="The file, relative to the manifest.")
    recipients: Recipients = Field(description="Public keys: age1…, ssh-ed25519 AAAA…, or ssh-rsa AAAA….")
    armor: bool = Field(default=True, description="Write it as text, and not as bytes.")


class KubernetesSecretDelivery(Spec):
    """A manifest of a Kubernetes Secret."""

    path: FilePath = Field(description="The file, relative to the manifest.")
    name: KubernetesName = Field(description="The Secret's name.")
    namespace: KubernetesLabel = Field(
        default=OMITTED, description="Its namespace; when left out, the one that kubectl applies it to."
    )
    key: KubernetesKey = Field(description="The key below data.")


class GithubOutputDelivery(Spec):
    """An output of the step of GitHub Actions that runs the program; its value is masked in the log."""

    name: OutputName = Field(description="The output's name.")


class DeliverySpec(ExactlyOne):
    """Where a secret is delivered: one sink, by its name."""

    model_config = one_of("file", "age_file", "kubernetes_secret", "command", "github_output")
    choices = ("file", "age_file", "kubernetes_secret", "command", "github_output")

    file: FileDelivery = OMITTED
    age_file: AgeFileDelivery = OMITTED
    kubernetes_secret: KubernetesSecretDelivery = OMITTED
    command: Command = Field(
        default=OMITTED, description="A program and its arguments; it gets the secret on standard input."
    )
    github_output: GithubOutputDelivery = OMITTED

    def sink(self) -> str:
        """The sink's name."""
        return next(iter(self.model_fields_set))

    def shown(self) -> str:
        """The sink and its place, for people."""
        name = self.sink()
        said = getattr(self, name)
        if name == "command":
            return f"command {said[0]}"
        path = getattr(said, "path", None)
        entry = "" if name == "kubernetes_secret" else getattr(said, "name", None)
        return " ".join(part for part in (name, path, entry) if part)


Deliveries = Annotated[list[DeliverySpec], Field(min_length=1, max_length=16)]
