"""The shape of provision.toml; every key is checked, an unknown one is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = bool | int | str | None
IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"
# `package.module:name`, the form of entry points (packaging.python.org, "Entry points specification").
OBJECT_PATH = r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$"
PROJECT = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
ObjectPath = Annotated[str, Field(pattern=OBJECT_PATH)]
# The names of the codecs that provision.secrets has.
Codec = Literal["bcrypt", "sha256"]


class Table(BaseModel):
    """A TOML table: strict types, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldBinding(Table):
    """How one field of a spec is stored.

    `column` is the mapped attribute when its name differs; `values` translates what people write to what is
    stored. For a secret, `secret` names the codec and the others the attributes filled along with it.
    """

    column: Identifier | None = None
    values: dict[str, Scalar] | None = None
    secret: Codec | None = None
    rounds: int = Field(default=12, ge=4, le=20)
    prefix: Identifier | None = None
    last_four: Identifier | None = None
    changed_at: Identifier | None = None


class ReferenceBinding(Table):
    """A field that names a resource of another kind; `column` holds the other row's primary key."""

    kind: str
    column: Identifier


class OnRemoveBinding(Table):
    """What `on_remove: disable` sets, in the manifest's words; `now` is the moment of the write."""

    disable: dict[Identifier, Scalar] = Field(min_length=1)


class KindBinding(Table):
    """Where the rows of a kind live.

    `key` lists the fields of the natural key, the last one being `metadata.name`. `privileges` are enforced at
    their safe value when a manifest leaves them out. `administrators` is the condition of a row that holds power.
    `generation` names the column that tells rows of one key apart: the highest is the current one.
    """

    model: ObjectPath
    key: list[Identifier] = Field(min_length=1)
    privileges: list[Identifier] = []
    fields: dict[Identifier, FieldBinding] = {}
    references: dict[Identifier, ReferenceBinding] = {}
    on_remove: OnRemoveBinding
    administrators: dict[Identifier, Scalar] | None = None
    generation: Identifier | None = None


class BackendSettings(Table):
    """The application's own package: the folder to put on `sys.path`, and the callable that imports its models."""

    path: str = "."
    load: ObjectPath | None = None


class DatabaseSettings(Table):
    """Where the database is, when `PROVISION_DATABASE_URL` and `DATABASE_URL` are not set.

    `url_from` names a string in the application's settings, or a callable that returns one or None.
    """

    url: str | None = None
    url_from: ObjectPath | None = None


class Settings(Table):
    """The whole file. `source` is where it was read from; every path in it is relative to that file's folder."""

    source: Path
    project: str = Field(pattern=PROJECT)
    manifests: list[str] = Field(default=["manifests"], min_length=1)
    backend: BackendSettings = BackendSettings()
    database: DatabaseSettings = DatabaseSettings()
    kinds: dict[str, KindBinding] = Field(min_length=1)

    @property
    def root(self) -> Path:
        """The folder of the file."""
        return self.source.parent
