"""Resolve: from what is declared to a job with everything at hand that a database is not needed for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from provision.core.address import Slot
from provision.core.rename import Resources
from provision.core.select import in_scope
from provision.core.state import Presence, Resource, SecretUpdate
from provision.core.uniqueness import declared_twice
from provision.database.binding.bound import Bindings, shapes_of, unbound_fields
from provision.database.binding.catalogue import Catalogue, read_catalogue
from provision.database.connect import reading
from provision.database.imports import prepare_backend
from provision.database.target import Target, find_target
from provision.errors import InvalidInputError
from provision.kinds.derive import BUILT_IN
from provision.kinds.kind import Kinds, Vocabulary
from provision.kinds.registry import kinds_of
from provision.manifest.locate import refine
from provision.manifest.validate import Declaration
from provision.policy import Policies
from provision.reconcile.declared import Declared, open_settings, read_declared
from provision.reconcile.delivery import Deliveries, deliveries_of
from provision.reconcile.policies import read_policies
from provision.reconcile.request import Request
from provision.reconcile.saved.place import require_same_files, require_same_target
from provision.secrets.fingerprint import Fingerprints
from provision.secrets.judge import Judge
from provision.secrets.read import Materials, read_secrets
from provision.secrets.seal import Seal
from provision.settings import Settings, has_settings


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
    deliveries: Deliveries
    seal: Seal
    policies: Policies
    warnings: tuple[str, ...]


async def open_site(request: Request) -> Site:
    """Bind the kinds and find the database, for commands that need no manifests."""
    settings = open_settings(request)
    catalogue, target = await _look_up(request, settings)
    kinds = kinds_of(settings, catalogue.describe)
    return Site(settings=settings, bindings=catalogue.bind(kinds), target=target)


async def open_kinds(request: Request) -> Kinds:
    """The kinds of a project, each with the words that its columns make."""
    settings = open_settings(request)
    catalogue, _ = await _look_up(request, settings)
    return kinds_of(settings, catalogue.describe)


async def vocabularies(request: Request) -> list[Vocabulary]:
    """What people write for the project's kinds; outside a project, for the built-in ones."""
    if has_settings(request.config, request.environ, request.here):
        return [kind.vocabulary for kind in (await open_kinds(request)).values() if not kind.shape.lookup]
    return list(BUILT_IN.values())


async def match(request: Request) -> tuple[Declared, Site]:
    """Load and validate with every column known; raises InvalidInputError for what does not fit the tables."""
    settings, catalogue, target = await _open(request)
    declared = read_declared(request, settings, catalogue.describe)
    site = Site(settings=settings, bindings=catalogue.bind(declared.kinds), target=target)
    resources = declared.declaration.resources
    problems = [
        *unbound_fields(resources.values(), site.bindings),
        *declared_twice(resources, shapes_of(site.bindings)),
    ]
    if problems:
        raise InvalidInputError(refine(problems, declared.kinds))
    return declared, site


async def resolve(request: Request) -> Job:
    """Read the manifests and every secret they ask for; raises InvalidInputError with all that is missing.

    A rollback reads neither: what it declares comes from the history.
    """
    if request.rollback is not None:
        return await _without_manifests(request)
    declared, site = await match(request)
    try:
        return _resolve(request, declared, site)
    except InvalidInputError as error:
        raise InvalidInputError(refine(error.problems, declared.kinds)) from None


async def _without_manifests(request: Request) -> Job:
    settings, catalogue, target = await _open(request)
    kinds = kinds_of(settings, catalogue.describe)
    declared = Declared(
        settings=settings,
        kinds=kinds,
        declaration=Declaration(),
        deliveries=deliveries_of((), settings, request),
        policies=read_policies(settings, kinds, request.here),
    )
    return _resolve(request, declared, Site(settings=settings, bindings=catalogue.bind(kinds), target=target))


async def _open(request: Request) -> tuple[Settings, Catalogue, Target]:
    """The project and its database; where the request is held to a saved plan, those that it was made for."""
    settings = open_settings(request)
    require_same_files(settings, request)
    catalogue, target = await _look_up(request, settings)
    require_same_target(target, request)
    return settings, catalogue, target


async def _look_up(request: Request, settings: Settings) -> tuple[Catalogue, Target]:
    """The tables of all kinds; those without a class are read from the database."""
    prepare_backend(settings)
    target = find_target(settings, request.environ)
    catalogue = Catalogue(settings)
    if unknown := catalogue.unknown_tables():
        async with reading(target) as session:
            catalogue = await read_catalogue(session, settings, unknown, target.shown)
    return catalogue, target


def _resolve(request: Request, declared: Declared, site: Site) -> Job:
    everything = declared.declaration.resources
    resources = in_scope(everything, shapes_of(site.bindings), request.selection)
    wanted = (item for item in declared.declaration.secrets if item.address in resources)
    # From the current folder, as the command line has it, paths are said as they are written.
    here = Path() if request.here == Path.cwd() else request.here
    secrets = read_secrets(wanted, request.environ, site.settings, here)
    return Job(
        request=request,
        site=site,
        kinds=declared.kinds,
        declared=everything,
        resources=resources,
        materials=secrets.materials,
        judge=Judge(
            secrets.materials,
            frozenset(_kept_as_declared(resources)),
            Fingerprints.from_environment(request.environ),
            partial(request.progress, "verifying"),
        ),
        seal=Seal.from_environment(request.environ),
        deliveries=declared.deliveries.to_database(site.settings.project, site.target),
        policies=declared.policies,
        warnings=secrets.warnings,
    )


def _kept_as_declared(resources: Resources) -> Iterator[Slot]:
    """The secrets whose stored values are compared with the declared ones."""
    for address, resource in resources.items():
        for name, rule in resource.secrets.items():
            if rule.update is SecretUpdate.ALWAYS and not _is_left_alone(resource, name):
                yield address, name


def _is_left_alone(resource: Resource, name: str) -> bool:
    """Whether the secret of a row that is there is never written, whatever it is."""
    return resource.lifecycle.state is not Presence.PRESENT or name in resource.lifecycle.ignore_changes
