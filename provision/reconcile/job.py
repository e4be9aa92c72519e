"""Resolve: from what is declared to a job with everything at hand that a database is not needed for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from provision.core.rename import Resources
from provision.core.select import in_scope
from provision.core.uniqueness import declared_twice
from provision.database.binding import Bindings, bind, shapes_of, unbound_fields
from provision.database.imports import prepare_backend
from provision.database.target import Target, find_target
from provision.errors import InvalidInputError
from provision.kinds.kind import Kinds
from provision.kinds.registry import kinds_of
from provision.manifest.locate import refine
from provision.reconcile.declared import Declared, open_settings, read_declared
from provision.reconcile.request import Request
from provision.secrets.compute import Judge
from provision.secrets.read import Materials, read_secrets
from provision.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A project's database, and its kinds bound to the tables in it."""

    settings: Settings
    bindings: Bindings
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run, resolved: `declared` is everything the manifests say, `resources` what is in scope."""

    request: Request
    site: Site
    kinds: Kinds
    declared: Resources
    resources: Resources
    materials: Materials
    judge: Judge


def open_site(request: Request) -> Site:
    """Bind the kinds and find the database, for commands that need no manifests."""
    settings = open_settings(request)
    prepare_backend(settings)
    bindings = bind(kinds_of(settings), settings)
    return Site(settings=settings, bindings=bindings, target=find_target(settings, request.environ))


def resolve(request: Request) -> Job:
    """Read the manifests and every secret they ask for; raises InvalidInputError with all that is missing."""
    declared = read_declared(request)
    site = open_site(request)
    try:
        return _resolve(request, declared, site)
    except InvalidInputError as error:
        raise InvalidInputError(refine(error.problems, declared.kinds)) from None


def _resolve(request: Request, declared: Declared, site: Site) -> Job:
    everything, shapes = declared.declaration.resources, shapes_of(site.bindings)
    problems = [*unbound_fields(everything.values(), site.bindings), *declared_twice(everything, shapes)]
    if problems:
        raise InvalidInputError(problems)
    resources = in_scope(everything, shapes, request.selection)
    wanted = (item for item in declared.declaration.secrets if item.address in resources)
    materials = read_secrets(wanted, request.environ)
    return Job(
        request=request,
        site=site,
        kinds=declared.kinds,
        declared=everything,
        resources=resources,
        materials=materials,
        judge=Judge(materials, partial(request.progress, "verifying")),
    )
