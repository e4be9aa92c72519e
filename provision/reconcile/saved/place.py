"""Whether a saved plan is for this project, these files and this database."""

from __future__ import annotations

from provision.database.target import Target
from provision.errors import InvalidInputError, Problem
from provision.reconcile.request import Request
from provision.reconcile.saved.files import differences, digests
from provision.reconcile.saved.stale import stale
from provision.settings import Settings


def require_same_files(settings: Settings, request: Request) -> None:
    """Raise StalePlanError with the files that are not as they were when the plan was saved."""
    document = request.approval.document if request.approval else None
    if document is None:
        return
    if document.project != settings.project:
        message = f"this plan is for the project {document.project}, and this is {settings.project}"
        raise _unfit(message, "run where its provision.toml is, or name that: --config")
    if changed := list(differences(document.files, digests(settings, request))):
        raise stale(changed)


def require_same_target(target: Target, request: Request) -> None:
    """Raise InvalidInputError when the plan was made for another database."""
    document = request.approval.document if request.approval else None
    if document is not None and document.target != target.identity:
        message = f"this plan is for the database {document.target}, and this is {target.identity}"
        raise _unfit(message, "check the database URL, or make a plan for this one")


def _unfit(message: str, hint: str) -> InvalidInputError:
    return InvalidInputError([Problem(message=message, hint=hint)])
