"""From a saved plan to the run that applies it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from provision.core.ceiling import parse_ceiling
from provision.core.select import Selection
from provision.errors import StalePlanError
from provision.reconcile.request import Approval, Request
from provision.reconcile.saved.document import read_plan
from provision.secrets.seal import Seal
from provision.settings import find_settings


def approved_by(file: Path, request: Request) -> Request:
    """The request that the plan was made for, to be held to it.

    Raises InvalidInputError for a plan that is unfit, and StalePlanError where the fingerprint that `request` was
    approved by is another plan's.
    """
    document = read_plan(file, Seal.from_environment(request.environ))
    if request.approval and request.approval.fingerprint != document.fingerprint:
        raise StalePlanError(
            f"{file} is not the plan that was approved, nothing was written; its fingerprint: {document.fingerprint}",
            hint="have this plan reviewed, or find the one that was",
        )
    options = document.options
    root = find_settings(request.config, request.environ, request.here).absolute().parent
    limit = None if options.max_removals is None else parse_ceiling(options.max_removals)
    return replace(
        request,
        paths=tuple(root / path for path in options.paths),
        selection=Selection(targets=tuple(options.target), excludes=tuple(options.exclude), labels=options.labels),
        prune=options.prune,
        rollback=options.rollback,
        limits=replace(
            request.limits,
            max_removals=limit,
            allow_no_superuser=options.allow_no_superuser,
            take_over=options.take_over,
        ),
        approval=Approval(fingerprint=document.fingerprint, document=document),
    )
