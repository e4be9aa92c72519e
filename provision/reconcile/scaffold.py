"""A binding for tables that nobody has bound yet, inside a project or before there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from provision.database.binding.survey import look_at
from provision.database.connect import reading
from provision.database.imports import prepare_backend
from provision.database.target import VARIABLES, Target, find_target, target_at
from provision.errors import InvalidInputError, Problem
from provision.kinds.scaffold.propose import propose
from provision.reconcile.request import Request
from provision.report.binding_toml import kinds_alone, whole_file
from provision.settings import Settings, find_settings, has_settings, load_settings


async def scaffold(request: Request, tables: Sequence[str], url: str | None) -> Iterator[str]:
    """The lines of a provision.toml for these tables; in a project, those of its new kinds alone.

    Raises InvalidInputError when there is no database to look at, no such table, or nothing to be a key.
    """
    settings = _settings(request)
    target = target_at(url, "--database-url") if url else _target(settings, request.environ)
    async with reading(target) as session:
        survey = await look_at(session, tables)
    proposals = propose(survey, settings.kinds if settings else ())
    return kinds_alone(proposals) if settings else whole_file(proposals)


def _settings(request: Request) -> Settings | None:
    """The project's; none where its file is empty, as a shell has made it for our output to go there."""
    if not has_settings(request.config, request.environ, request.here):
        return None
    file = find_settings(request.config, request.environ, request.here)
    is_empty = file.is_file() and not file.stat().st_size
    return None if is_empty else load_settings(file, request.here)


def _target(settings: Settings | None, environ: Mapping[str, str]) -> Target:
    if settings is not None:
        prepare_backend(settings)
        return find_target(settings, environ)
    for variable in VARIABLES:
        if environ.get(variable):
            return target_at(environ[variable], variable)
    hint = "set DATABASE_URL, or give --database-url"
    raise InvalidInputError([Problem(message="no database is named, and there is no provision.toml", hint=hint)])
