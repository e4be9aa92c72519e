"""The session that a project's runs write in."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from provision.database.binding.bound import tables_of
from provision.database.claim import Claim
from provision.database.commit import IsCommitted
from provision.database.connect import Session, writing
from provision.reconcile.job import Site
from provision.reconcile.request import Request
from provision.settings.identity import who


def claim_of(project: str, request: Request) -> Claim:
    """How a run asks for its project's lock."""
    return Claim(project=project, seconds=request.lock_seconds, holder=who(request.environ))


def writing_session(site: Site, request: Request, is_committed: IsCommitted) -> AbstractAsyncContextManager[Session]:
    """A session under the project's lock, in one transaction that is committed at its end."""
    return writing(
        site.target,
        claim_of(site.settings.project, request),
        is_committed=is_committed,
        tables=tables_of(site.bindings),
    )
