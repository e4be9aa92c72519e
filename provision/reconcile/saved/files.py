"""The files that a plan was made from, by their digests; named relative to provision.toml, wherever that lies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from provision.manifest.files import find_files, read_bytes
from provision.reconcile.policies import policy_paths
from provision.reconcile.request import Request
from provision.settings import Settings


def digests(settings: Settings, request: Request) -> dict[str, str]:
    """Each file's name and its digest; raises InvalidInputError for one that cannot be read."""
    found = {_name(settings.source, settings.root): _digest(settings.source.read_bytes())}
    manifests = paths_of(settings, request) if request.rollback is None else ()
    paths = [*manifests, *policy_paths(settings)]
    for file in find_files(paths, relative_to=request.here) if paths else ():
        found[_name(file.path, settings.root)] = _digest(read_bytes(file))
    return found


def paths_of(settings: Settings, request: Request) -> tuple[Path, ...]:
    """The files and folders that the request names, or else the settings."""
    return request.paths or tuple(settings.root / folder for folder in settings.manifests)


def named_paths(settings: Settings, request: Request) -> list[str]:
    """The paths that the request names, as another folder can find them."""
    return [_name(request.here / path, settings.root) for path in request.paths]


def differences(planned: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """What became of each file that is not as it was."""
    for name in sorted(planned.keys() | found.keys()):
        if name not in found:
            yield f"{name} is gone"
        elif name not in planned:
            yield f"{name} is new"
        elif planned[name] != found[name]:
            yield f"{name} changed"


def _name(path: Path, root: Path) -> str:
    """Without a way to the file that differs from machine to machine."""
    name = Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
    return os.fsencode(name).decode(errors="backslashreplace")


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
