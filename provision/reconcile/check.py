"""Validate with the database at hand: bindings, tables and columns are checked, no row is read."""

from __future__ import annotations

from provision.database.binding.bound import tables_of
from provision.database.binding.presence import missing_parts
from provision.database.connect import reading
from provision.errors import InvalidInputError
from provision.reconcile.declared import Declared
from provision.reconcile.job import match
from provision.reconcile.request import Request


async def check_online(request: Request) -> Declared:
    """Load and validate, and bind every kind to its table; raises InvalidInputError with what does not fit."""
    declared, site = await match(request)
    async with reading(site.target, tables_of(site.bindings)) as session:
        problems = await missing_parts(session, site.settings, site.bindings)
    if problems:
        raise InvalidInputError(problems)
    return declared
