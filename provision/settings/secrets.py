"""Where secrets may be read from: the table `[secrets]` of provision.toml."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from provision.core.duration import parse_duration
from provision.settings.binding import FilePath, Table

# A bare name, or an absolute path: a relative one would mean something else in each folder.
PROGRAM = r"^([^/\u0000-\u001f\u007f]+|/[^\u0000-\u001f\u007f]+)$"


def _duration(text: str) -> str:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise PydanticCustomError("duration", "{why}", {"why": str(error)}) from None
    if not seconds:
        raise PydanticCustomError("duration", "has to be longer than nothing")
    return text


Duration = Annotated[str, AfterValidator(_duration)]
Program = Annotated[str, Field(pattern=PROGRAM)]


class SecretSettings(Table):
    """Where secrets may be read from, since manifests alone must not decide that."""

    roots: list[FilePath] = Field(
        default=["."],
        description="The folders, relative to this file, that manifests may read secrets below; `[]` is none.",
    )
    commands: list[Program] = Field(
        default=[],
        description="The programs that `from: {command: …}` may run, each as manifests write it: `vault`, which "
        "PATH finds, or `/usr/bin/op`.",
    )
    command_timeout: Duration = Field(default="30s", description="How long such a program may take.")
    age_identity: FilePath | None = Field(
        default=None,
        min_length=1,
        description="The file with the identities that decrypt age, when `PROVISION_AGE_IDENTITY` and "
        "`PROVISION_AGE_IDENTITY_FILE` are not set; `~` is the home folder.",
    )

    @property
    def command_seconds(self) -> float:
        """The time limit of a program in seconds."""
        return parse_duration(self.command_timeout)
