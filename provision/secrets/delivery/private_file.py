"""Files that are ours alone, read and written in a folder that is open already; raises OSError as the system says."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Final

from provision.secrets.delivery.values import Complaint, refused

MAX_BYTES: Final = 1024 * 1024
SPARE: Final = ".new"
"""What the name of a file ends with that is being written, to take its target's place when it is complete."""


def write_private(folder: int, name: str, content: bytes) -> None:
    """Write a file that nobody but us may read, from its first moment on; what bears its name is replaced.

    Raises UndeliverableError where the file system does not keep modes or owners.
    """
    remove(folder, name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        if not _is_private(os.fstat(file)):
            hint = "deliver to a folder on a local file system"
            raise refused(Complaint("the file system does not keep a file's owner and mode 0600", hint))
        write_all(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def write_all(file: int, content: bytes) -> None:
    """Write all of it, in as many pieces as the system takes."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def read_private(folder: int, name: str) -> bytes | None:
    """What `write_private` wrote; None when there is none, UndeliverableError when it was somebody else."""
    try:
        return _read(folder, name, ours=True)
    except FileNotFoundError:
        return None


def read_target(folder: int, name: str) -> bytes | None:
    """A regular file's content; None when there is none, UndeliverableError when it is of any other kind."""
    expect_file_or_nothing(folder, name)
    try:
        return _read(folder, name, ours=False)
    except FileNotFoundError:
        return None


def expect_file_or_nothing(folder: int, name: str) -> None:
    """Raise UndeliverableError when the name is a link's, a folder's, a pipe's, or that of anything but a file."""
    with suppress(FileNotFoundError):
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise refused(
                Complaint(f"{name} is {what}", "secrets are written to regular files; remove it, or name another")
            )


def replace(folder: int, name: str, spare: str, content: bytes) -> None:
    """Let the content take the place of the file, at once and for good; the folder is locked by the caller."""
    expect_file_or_nothing(folder, name)
    try:
        write_private(folder, spare, content)
        os.rename(spare, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        remove(folder, spare)
        raise
    os.fsync(folder)


def remove(folder: int, name: str) -> None:
    """Remove a file, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _read(folder: int, name: str, *, ours: bool) -> bytes:
    # Without O_NONBLOCK, a pipe that took the file's place would be waited for.
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(file, "rb") as stream:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or (ours and not _is_private(found)):
            raise refused(Complaint(f"{name} was not written by this user", "see whose it is, and run as that user"))
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise refused(Complaint(f"{name} is larger than 1 MiB", "is it the right file?"))
    return content


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
