"""Load and validate: from files to what they declare, without a database and without the application."""

from __future__ import annotations

from dataclasses import dataclass

from provision.kinds.kind import Kinds
from provision.kinds.registry import kinds_of
from provision.manifest.load import load
from provision.manifest.validate import Declaration, validate
from provision.reconcile.request import Request
from provision.settings import Settings, find_settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A project and what its manifests declare."""

    settings: Settings
    kinds: Kinds
    declaration: Declaration


def open_settings(request: Request) -> Settings:
    """The project's settings, from where the request says or from the nearest provision.toml."""
    return load_settings(find_settings(request.config, request.environ, request.here), request.here)


def read_declared(request: Request) -> Declared:
    """Load and validate; raises InvalidInputError with every problem of every file."""
    settings = open_settings(request)
    kinds = kinds_of(settings)
    paths = request.paths or tuple(settings.root / folder for folder in settings.manifests)
    documents = load(paths, relative_to=request.here)
    return Declared(settings=settings, kinds=kinds, declaration=validate(documents, kinds))
