"""A run that is about to write: its id, who it is by, and from what."""

from __future__ import annotations

from time import monotonic
from uuid import uuid4

from provision import __version__
from provision.database.writing.run import Run
from provision.reconcile.request import Request
from provision.settings import Settings
from provision.settings.identity import identify


def new_run(request: Request, settings: Settings, command: str) -> Run:
    """A run that begins now; `command` is the word by which the history calls it."""
    who = identify(request.environ, settings.root)
    return Run(
        id=str(uuid4()),
        project=settings.project,
        command=command,
        began=monotonic(),
        actor=who.actor,
        commit=who.commit,
        branch=who.branch,
        job_url=who.job_url,
        tool_version=__version__,
    )
