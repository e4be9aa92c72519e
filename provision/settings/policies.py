"""Where the policies are: the table `[policies]` of provision.toml."""

from __future__ import annotations

from pydantic import Field

from provision.settings.binding import FilePath, Table


class PolicySettings(Table):
    """Rules that every plan is judged by: `policies` is read if it is there, and what is named here has to be."""

    paths: list[FilePath] = Field(
        default=["policies"], description="Folders and files with policies, relative to this file; `[]` is none."
    )

    @property
    def is_named(self) -> bool:
        """Whether somebody wrote the paths down."""
        return "paths" in self.model_fields_set
