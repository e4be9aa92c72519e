"""Reading small files that somebody else named: regular ones alone, never waiting, never more than a limit."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from provision.secrets.jail import Jail

# Without O_NONBLOCK the opening of a pipe waits for its writer, for ever if there is none.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
OUTSIDE_HINT = "move it below one of these folders, or add its folder to roots in [secrets] of provision.toml"
RELATIVE_HINT = "a relative path starts at the manifest's folder"


class UnreadableFileError(Exception):
    """A file cannot be read; the message says why and goes after its name, and nothing of its content."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file holds, and whether everybody on the machine may read it."""

    data: bytes
    is_public: bool


def read_jailed(path: Path, jail: Jail, *, limit: int) -> Content:
    """Read a file that a manifest names, which has to be below one of the jail's folders."""
    try:
        place = jail.place(path)
        if place is None:
            raise UnreadableFileError("is outside the folders that secrets may be read from", OUTSIDE_HINT)
        return _read(place.open(_FLAGS), limit)
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableFileError(f"cannot be read: {_why(error)}", RELATIVE_HINT) from None


def read_named(path: Path, *, limit: int) -> Content:
    """Read a file that the operator names, wherever it is."""
    try:
        return _read(os.open(path, _FLAGS), limit)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"cannot be read: {_why(error)}", "correct its path or its permissions") from None


def _read(descriptor: int, limit: int) -> Content:
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            what = _KINDS.get(stat.S_IFMT(mode), "not a regular file")
            raise UnreadableFileError(f"cannot be read: is {what}", RELATIVE_HINT)
        data = bytearray()
        while len(data) <= limit and (chunk := os.read(descriptor, limit + 1 - len(data))):
            data += chunk
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise UnreadableFileError(f"is larger than {limit // 1024} KiB", "is it the right file?")
    return Content(data=bytes(data), is_public=os.name == "posix" and bool(mode & stat.S_IROTH))


def _why(error: OSError | RuntimeError | ValueError) -> str:
    match error:
        case OSError(strerror=str(reason)):
            return reason.lower()
        case RuntimeError():
            return "its links lead in a circle"
        case _:
            return "not a possible path"
