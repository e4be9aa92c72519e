"""The folders that manifests may name files in, and how a file in them is opened: no link leads out, at no moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from provision.settings import Settings

_CLOSED = getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# A folder needs no permission to be listed for a file in it to be opened; O_PATH is Linux's way to say so.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | _CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A path without links below one of the folders: the folder, and the parts below it."""

    root: Path
    parts: tuple[str, ...]

    def open(self, flags: int, mode: int = 0o600) -> int:
        """A descriptor of the file, opened one folder after the other; raises OSError when a part became a link."""
        if not self.parts or os.open not in os.supports_dir_fd:
            return os.open(self.root.joinpath(*self.parts), flags | _NO_LINK | _CLOSED, mode)
        folder = os.open(self.root, _FOLDER)
        try:
            for part in self.parts[:-1]:
                inner = os.open(part, _FOLDER | _NO_LINK, dir_fd=folder)
                os.close(folder)
                folder = inner
            return os.open(self.parts[-1], flags | _NO_LINK | _CLOSED, mode, dir_fd=folder)
        finally:
            os.close(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """The folders, without links."""

    roots: tuple[Path, ...]

    def place(self, path: Path) -> Place | None:
        """Where the path leads when every link is followed; None when that is outside.

        Nothing has to be there. Raises OSError, RuntimeError (links in a circle) or ValueError (no possible path).
        """
        real = path.resolve()
        for root in self.roots:
            if real.is_relative_to(root):
                return Place(root=root, parts=real.relative_to(root).parts)
        return None


def jail_of(settings: Settings) -> Jail:
    """The folders that provision.toml names in `roots`."""
    return Jail(roots=tuple((settings.root / root).resolve() for root in settings.secrets.roots))
