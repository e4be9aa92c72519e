"""What a git work tree says of itself in its files (gitrepository-layout(5)); git itself is not asked."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOut:
    """The commit and the branch that are checked out, as far as they can be told."""

    commit: str | None = None
    branch: str | None = None


def checked_out(folder: Path) -> CheckedOut:
    """What is checked out around a folder: nothing where there is no work tree, or one of a form not known here.

    Files that were changed since do not show.
    """
    with suppress(OSError, ValueError):
        for around in (folder, *folder.parents):
            if (around / ".git").exists():
                return _read(_git_folder(around / ".git"))
    return CheckedOut()


def _git_folder(found: Path) -> Path:
    """A linked work tree and a submodule have a file there, which says where the folder is."""
    if found.is_dir():
        return found
    return found.parent / found.read_text(encoding="utf-8").removeprefix("gitdir:").strip()


def _read(folder: Path) -> CheckedOut:
    head = (folder / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return CheckedOut(commit=_commit(head))
    name = head.removeprefix("ref:").strip()
    if not name.startswith(_BRANCH) or ".." in name or not name.isprintable():
        return CheckedOut()
    if name == f"{_BRANCH}.invalid":  # what reftable writes there
        return CheckedOut()
    return CheckedOut(commit=_of_reference(folder, name), branch=name.removeprefix(_BRANCH))


def _of_reference(folder: Path, name: str) -> str | None:
    common = folder
    with suppress(OSError):
        common = folder / (folder / "commondir").read_text(encoding="utf-8").strip()
    with suppress(OSError):
        return _commit((common / name).read_text(encoding="utf-8").strip())
    with suppress(OSError):
        for line in (common / "packed-refs").read_text(encoding="utf-8").splitlines():
            commit, _, reference = line.partition(" ")
            if reference == name:
                return _commit(commit)
    return None


def _commit(text: str) -> str | None:
    return text if _COMMIT.fullmatch(text) else None
