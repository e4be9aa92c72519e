"""Where on the file system a secret goes: a folder below one that is trusted, and a name in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from provision.secrets.delivery.values import Complaint, Delivery, Places, refused

# A name has at most 255 bytes (ext4, XFS, APFS), and what is staged adds up to 80 to it.
MAX_NAME_BYTES = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A trusted, resolved `root`, the `folders` to walk down from it, and a file's `name`, empty in the spool."""

    root: Path
    folders: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return str(self.root.joinpath(*self.folders, self.name))


def target(path: str, delivery: Delivery, places: Places) -> Location:
    """The file that a manifest names; raises UndeliverableError when it is outside the roots or names a folder.

    Dots are resolved by the text: no link is followed below a root, so there they mean the same.
    """
    full = Path(os.path.normpath(delivery.folder.resolve() / path))
    if path.endswith("/") or Path(path).name in {"", ".."}:
        raise refused(Complaint(f"{path} names a folder", "add the file's name"))
    if len(full.name.encode(errors="surrogateescape")) > MAX_NAME_BYTES:
        raise refused(Complaint(f"the file's name has more than {MAX_NAME_BYTES} bytes", "choose a shorter one"))
    around = [root for root in places.roots if full.parent.is_relative_to(root)]
    if not around:
        where = ", ".join(map(str, places.roots)) or "none are set"
        raise refused(
            Complaint(f"{full} is outside the folders that secrets may be delivered to", f"they are: {where}")
        )
    root = max(around, key=lambda root: len(root.parts))
    return Location(root=root, folders=full.parent.relative_to(root).parts, name=full.name)


def spool(places: Places) -> Location:
    """The spool, from the deepest folder on that is there already."""
    full = places.spool.resolve()
    there = next(folder for folder in (full, *full.parents) if folder.is_dir())
    return Location(root=there, folders=full.relative_to(there).parts, name="")
