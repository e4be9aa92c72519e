"""The types of text that sources of secrets are made of; see `text` for what their patterns have to be like."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

ENVIRONMENT_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$"
FILE_PATTERN = r"^[^\u0000-\u001f\u007f]+$"
# The armor of age (age-encryption.org/v1, "ASCII armor"): PEM with lines of 64 characters.
AGE_PATTERN = (
    r"^-----BEGIN AGE ENCRYPTED FILE-----\n([A-Za-z0-9+/]{1,64}={0,2}\n)+-----END AGE ENCRYPTED FILE-----\n*$"
)
# What execve takes: anything but NUL.
ARGUMENT_PATTERN = r"^[^\u0000]*$"

# What to say when a pattern does not match: (message, hint).
SOURCE_MEANINGS = {
    ENVIRONMENT_PATTERN: ("not the name of an environment variable", "letters, digits and underscores"),
    FILE_PATTERN: ("not a file's path", "write it without control characters"),
    AGE_PATTERN: ("not an armored age file", "write it below text: |, as age --armor prints it"),
    ARGUMENT_PATTERN: ("not an argument of a program", "write it without NUL characters"),
}

EnvironmentName = Annotated[str, StringConstraints(max_length=128, pattern=ENVIRONMENT_PATTERN)]
FilePath = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=FILE_PATTERN)]
AgeText = Annotated[str, StringConstraints(max_length=128 * 1024, pattern=AGE_PATTERN)]
Argument = Annotated[str, StringConstraints(max_length=4096, pattern=ARGUMENT_PATTERN)]
Arguments = Annotated[list[Argument], Field(min_length=1, max_length=128)]
