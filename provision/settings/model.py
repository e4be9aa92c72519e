"""The shape of provision.toml; every key is checked, an unknown one is an error."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from provision.settings.binding import FilePath, KindBinding, KindName, ObjectPath, Table
from provision.settings.guards import GuardSettings
from provision.settings.policies import PolicySettings
from provision.settings.secrets import SecretSettings

PROJECT = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"


class BackendSettings(Table):
    """The application's own package: the folder to put on `sys.path`, and the callable that imports its models."""

    path: FilePath = Field(default=".", description="The folder that holds the package; it is put on `sys.path`.")
    load: ObjectPath | None = Field(
        default=None, description="A callable that imports every model, as `package.module:name`."
    )


class DatabaseSettings(Table):
    """Where the database is, when `PROVISION_DATABASE_URL` and `DATABASE_URL` are not set.

    `url_from` names a string in the application's settings, or a callable that returns one or None.
    """

    url: str | None = Field(
        default=None, description="As in `postgresql://user@host/database`; better without a password in it."
    )
    url_from: ObjectPath | None = Field(
        default=None, description="Where the application has it: a text, or a callable that returns one or None."
    )


class Settings(Table):
    """The whole file; every path in it is relative to its folder.

    `source` is where it was read from.
    """

    source: Path
    project: str = Field(pattern=PROJECT, description="Who manages the rows; another project's are left alone.")
    manifests: list[FilePath] = Field(
        default=["manifests"], min_length=1, description="Folders and files with manifests, relative to this file."
    )
    backend: BackendSettings = Field(default=BackendSettings(), description="The application's own package.")
    database: DatabaseSettings = Field(default=DatabaseSettings(), description="Where the database is.")
    secrets: SecretSettings = Field(default=SecretSettings(), description="Where secrets may be read from.")
    guards: GuardSettings = Field(default=GuardSettings(), description="What no run may do without being asked.")
    policies: PolicySettings = Field(default=PolicySettings(), description="Where the policies are.")
    kinds: dict[KindName, KindBinding] = Field(min_length=1, description="The kinds, each bound to its table.")

    @property
    def root(self) -> Path:
        """The folder of the file."""
        return self.source.parent
