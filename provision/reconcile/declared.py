"""Load and validate: from files to what they declare, without a database and without the application."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provision.errors import InvalidInputError, Problem
from provision.kinds.column import TableFacts
from provision.kinds.kind import Kinds
from provision.kinds.registry import Describe, kinds_of
from provision.manifest.document import Document
from provision.manifest.load import load
from provision.manifest.locate import refine
from provision.manifest.validate import Declaration, validate
from provision.policy import NO_POLICIES, Policies
from provision.reconcile.delivery import Deliveries, deliveries_of
from provision.reconcile.policies import read_policies
from provision.reconcile.request import Request
from provision.settings import Settings, find_settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A project, what its manifests declare, and what its policies ask of that."""

    settings: Settings
    kinds: Kinds
    declaration: Declaration
    deliveries: Deliveries
    policies: Policies

    @property
    def unknown_fields(self) -> list[str]:
        """The declared kinds whose fields could not be checked, since the database alone knows their columns."""
        declared = {address.kind for address in self.declaration.resources}
        return sorted(name for name in declared if self.kinds[name].vocabulary.is_open)


def open_settings(request: Request) -> Settings:
    """The project's settings, from where the request says or from the nearest provision.toml."""
    return load_settings(find_settings(request.config, request.environ, request.here), request.here)


def check_declared(request: Request) -> Declared:
    """Load and validate offline: what only a database could tell of a table's columns is not asked."""
    settings = open_settings(request)

    def describe(kind: str) -> TableFacts | None:
        # Most kinds need no look at the application, and its import is most of the time that this takes.
        from provision.database.binding.catalogue import Catalogue

        return Catalogue(settings).describe(kind)

    return read_declared(request, settings, describe)


def read_declared(request: Request, settings: Settings, describe: Describe) -> Declared:
    """Load and validate; raises InvalidInputError with every problem of every file."""
    kinds = kinds_of(settings, describe)
    paths = request.paths or tuple(settings.root / folder for folder in settings.manifests)
    documents = load(paths, relative_to=request.here)
    policies, problems = _policies(settings, kinds, request)
    declaration = _declaration(documents, kinds, problems)
    deliveries = deliveries_of(declaration.secrets, settings, request)
    if conflicts := deliveries.conflicts():
        raise InvalidInputError(refine(conflicts, kinds))
    return Declared(settings=settings, kinds=kinds, declaration=declaration, deliveries=deliveries, policies=policies)


def _policies(settings: Settings, kinds: Kinds, request: Request) -> tuple[Policies, tuple[Problem, ...]]:
    try:
        return read_policies(settings, kinds, request.here), ()
    except InvalidInputError as error:
        return NO_POLICIES, error.problems


def _declaration(
    documents: Iterable[Document | Problem], kinds: Kinds, of_policies: tuple[Problem, ...]
) -> Declaration:
    """What the manifests declare; raises InvalidInputError with their problems and those of the policies."""
    try:
        declaration = validate(documents, kinds)
    except InvalidInputError as error:
        raise InvalidInputError((*error.problems, *of_policies)) from None
    if of_policies:
        raise InvalidInputError(of_policies)
    return declaration
