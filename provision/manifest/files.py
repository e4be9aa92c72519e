"""Finds the manifest files in the paths that people name, and reads them; nothing unreadable is passed over."""

from __future__ import annotations

import functools
import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provision.errors import InvalidInputError, Problem
from provision.manifest.limits import MAX_FILE_BYTES
from provision.manifest.source_text import too_large_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SUFFIXES: Final = (".yaml", ".yml")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A file to read, and its name as shown to people: with `/`, and without bytes that are not UTF-8."""

    path: Path
    shown: str


def find_files(paths: Sequence[Path], *, relative_to: Path) -> list[ManifestFile]:
    """Return the manifest files that `paths` name, each once, sorted by the name shown.

    A folder stands for all `*.yaml` and `*.yml` below it; hidden files and folders are left out, and links to folders
    are not followed. Names are shown relative to `relative_to` when below it, else as given. Raises
    `InvalidInputError` with every path that is missing, unreadable, neither file nor folder, or a folder without
    manifests; and when there is no path at all.
    """
    base = _absolute(relative_to)
    found = [item for path in paths for item in _found_in(path, base)]
    if not paths:
        hint = "name a file, or a folder with *.yaml files"
        raise InvalidInputError([Problem(message="no manifest file or folder is named", hint=hint)])
    problems = [item for item in found if isinstance(item, Problem)]
    if problems:
        raise InvalidInputError(sorted(problems, key=lambda problem: problem.message))
    return _each_once(item for item in found if isinstance(item, ManifestFile))


def read_bytes(file: ManifestFile) -> bytes:
    """Return a file's content; raises `InvalidInputError` if it cannot be read or is larger than a manifest is."""
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInputError([_not_regular(file.shown)])
        if status.st_size > MAX_FILE_BYTES:
            raise InvalidInputError([too_large_file(file.shown)])
        with file.path.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)  # one more is enough for the reader to refuse a file that grows
    except (OSError, ValueError) as error:
        raise InvalidInputError([_unreadable(file.path, file.shown, error)]) from None


def _found_in(path: Path, base: Path) -> Iterator[ManifestFile | Problem]:
    if not _is_folder(path):
        yield _usable(path, base)
        return
    found = list(_walk(path, base))
    yield from found
    if not found:
        hint = f"put files named *{' or *'.join(_SUFFIXES)} into it; names that start with a dot are passed over"
        yield Problem(message=f"{_shown(path, base)}: the folder holds no manifest", hint=hint)


def _walk(top: Path, base: Path) -> Iterator[ManifestFile | Problem]:
    # Not os.walk: it passes over what it cannot read, and in CPython 3.11 it recurses.
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                seen = [(entry, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            yield _unreadable(folder, _shown(folder, base), error)
            continue
        for entry, is_folder in seen:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if is_folder:
                pending.append(path)
            elif entry.is_symlink() and _is_folder(path):
                _log.warning("%s: a link to a folder is not followed", _shown(path, base))
            elif entry.name.endswith(_SUFFIXES):
                yield _usable(path, base)


def _is_folder(path: Path) -> bool:
    """Whether the path is a folder, or a link to one; not when that cannot be known."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _usable(path: Path, base: Path) -> ManifestFile | Problem:
    """Look whether a file can be read, now, so that all that cannot are reported together."""
    shown = _shown(path, base)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a FIFO would wait for its writer
            return _not_regular(shown)
        path.open("rb").close()
    except (OSError, ValueError) as error:
        return _unreadable(path, shown, error)
    return ManifestFile(path=path, shown=shown)


def _each_once(files: Iterable[ManifestFile]) -> list[ManifestFile]:
    """Keep one name for each file, rather its own than a link's."""
    real_folder = functools.cache(Path.resolve)
    kept: dict[Path, ManifestFile] = {}
    for is_link, file in sorted(((file.path.is_symlink(), file) for file in files), key=_link_then_name):
        real = file.path.resolve() if is_link else real_folder(file.path.parent) / file.path.name
        kept.setdefault(real, file)
    return sorted(kept.values(), key=lambda file: file.shown)


def _link_then_name(item: tuple[bool, ManifestFile]) -> tuple[bool, str]:
    is_link, file = item
    return is_link, file.shown


def _shown(path: Path, base: Path) -> str:
    absolute = _absolute(path)
    name = absolute.relative_to(base) if absolute.is_relative_to(base) else path
    return os.fsencode(name.as_posix()).decode(errors="backslashreplace")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - pathlib cannot resolve ".." without resolving links


def _not_regular(shown: str) -> Problem:
    return Problem(message=f"{shown}: neither a file nor a folder", hint="name a regular file")


def _unreadable(path: Path, shown: str, error: OSError | ValueError) -> Problem:
    match error:
        case FileNotFoundError() if path.is_symlink():
            reason, hint = "the link points to nothing", "correct or remove the link"
        case FileNotFoundError():
            reason, hint = "no such file or folder", "check the path; it may have been removed meanwhile"
        case PermissionError():
            reason, hint = "permission denied", "give the user that runs this permission to read it"
        case OSError():
            reason, hint = error.strerror or type(error).__name__, ""
        case ValueError():
            reason, hint = "not a possible path", ""
    return Problem(message=f"{shown}: {reason}", hint=hint)
