"""The keys of fingerprints, which are in the environment or in files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from provision.core.secret import Secret
from provision.errors import Problem
from provision.secrets.files import UnreadableFileError, read_named

KEY_VARIABLE = "PROVISION_FINGERPRINT_KEY"
FORMER_VARIABLE = "PROVISION_FINGERPRINT_KEY_OLD"
FILE_SUFFIX = "_FILE"
# As many as the output of SHA-256 has (RFC 2104, section 3); 64 hexadecimal digits hold 32 random bytes.
MIN_KEY_BYTES = 32
MAX_KEY_BYTES = 64 * 1024
_HINT = "make one with: openssl rand -hex 32"


class _UnfitKeyError(Exception):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_keys(environ: Mapping[str, str]) -> tuple[Secret | None, Secret | None, list[Problem]]:
    """The current key, the former one that is on its way out, and what is wrong with either.

    A variable that is empty counts as not set, as CI systems have it where a secret is withheld.
    """
    problems: list[Problem] = []
    keys: list[Secret | None] = []
    for variable in (KEY_VARIABLE, FORMER_VARIABLE):
        try:
            keys.append(_read(variable, environ))
        except _UnfitKeyError as error:
            keys.append(None)
            problems.append(Problem(message=error.message, hint=error.hint))
    current, former = keys
    if former and not current and not problems:
        message = f"{FORMER_VARIABLE} is set, and {KEY_VARIABLE} is not"
        problems.append(Problem(message=message, hint=f"set {KEY_VARIABLE} to the new key, or to this one"))
    return current, former, problems


def _read(variable: str, environ: Mapping[str, str]) -> Secret | None:
    text, file = environ.get(variable), environ.get(variable + FILE_SUFFIX)
    if text and file:
        raise _UnfitKeyError(f"both {variable} and {variable}{FILE_SUFFIX} are set", "keep one of the two")
    if not text and not file:
        return None
    where = variable if text else f"{variable}{FILE_SUFFIX}"
    key = text or _read_file(where, Path(file or ""))
    if len(key.encode("utf-8", "surrogateescape")) < MIN_KEY_BYTES:
        raise _UnfitKeyError(f"the key of {where} has fewer than {MIN_KEY_BYTES} bytes", _HINT)
    return Secret(key)


def _read_file(variable: str, path: Path) -> str:
    """The text of the file, without one newline at its end."""
    try:
        content = read_named(path, limit=MAX_KEY_BYTES)
        return content.data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnreadableFileError as error:
        raise _UnfitKeyError(f"the file of {variable} {error.message}", f"check {path}") from None
    except ValueError:
        raise _UnfitKeyError(f"the file of {variable} is not UTF-8 text", _HINT) from None
