"""Folders as descriptors: walked to from a trusted one without following a link, so that no swap leads elsewhere."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from provision.secrets.delivery.location import Location
from provision.secrets.delivery.values import Complaint, refused

PATIENCE: Final = 10.0
"""Seconds to wait for another process that delivers into the same folder."""
_PAUSE: Final = 0.02


IS_POSIX: Final = os.name == "posix"
POSIX_ONLY: Final = Complaint(
    "secrets are delivered on POSIX systems alone", "run it on Linux or macOS, in a container, or in WSL"
)


@contextmanager
def open_folder(location: Location, *, create: bool) -> Iterator[int]:
    """A descriptor of the location's folder, where missing ones are made with mode 0700 if asked; raises OSError."""
    if not IS_POSIX:
        raise refused(POSIX_ONLY)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    folder = os.open(location.root, flags)
    try:
        for name in location.folders:
            if create:
                _make(name, folder)
            inner = os.open(name, flags, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _make(name: str, folder: int) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
        os.fsync(folder)


def expect_private(folder: int) -> None:
    """Raise UndeliverableError unless the folder is ours alone, as a spool has to be."""
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise refused(Complaint("the spool is open to others", "it has to be yours, with mode 0700: chmod 700 it"))


@contextmanager
def locked(folder: int) -> Iterator[None]:
    """Keep other processes of ours from changing the folder's files meanwhile; the lock ends with the process."""
    import fcntl  # POSIX only

    until = time.monotonic() + PATIENCE
    while not _try(fcntl.flock, folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
        if time.monotonic() > until:
            raise refused(
                Complaint("another process holds the folder's lock", "wait for it, or see what it waits for")
            )
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)


def _try(flock: Callable[[int, int], None], folder: int, operation: int) -> bool:
    try:
        flock(folder, operation)
    except BlockingIOError:
        return False
    return True
