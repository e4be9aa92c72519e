"""Writing a saved plan: whole or not at all, and without a value that may not be shown."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from provision import __version__
from provision.core.plan import Change
from provision.core.planner import Question
from provision.core.sighting import sightings
from provision.core.value import Value
from provision.database.binding.bound import shapes_of
from provision.errors import InvalidInputError, Problem, ProvisionError
from provision.reconcile.job import Job
from provision.reconcile.saved.approval import KEY_HINT, seen_digests
from provision.reconcile.saved.document import FORMAT, sealed
from provision.reconcile.saved.files import digests, named_paths
from provision.report.json_object import change_object, summary_object
from provision.report.json_text import json_text, portable
from provision.report.view import PlanView
from provision.secrets.seal import Seal


def saved(job: Job, question: Question, view: PlanView) -> PlanView:
    """The same plan, written to a file where the request names one.

    Raises InvalidInputError when private values in it would be open to guessing.
    """
    if job.request.save_to is None:
        return view
    _save(job, question, view, job.request.here / job.request.save_to)
    return replace(view, saved=str(job.request.save_to))


def _save(job: Job, question: Question, view: PlanView, file: Path) -> None:
    seal, settings = job.seal, job.site.settings
    _require_publishable(job)
    members: dict[str, Any] = {
        "format": FORMAT,
        "tool_version": __version__,
        "made_at": question.snapshot.now,
        "project": settings.project,
        "target": job.site.target.identity,
        "fingerprint": view.fingerprint,
        "files": digests(settings, job.request),
        "options": _options(job, view),
        "summary": summary_object(view.plan.summary()),
    }
    lists: dict[str, list[Any]] = {
        "changes": [_change(change, view.plan.foreign.get(change.address), seal) for change in view.plan.changes],
        "rows": list(_rows(question, view, seal)),
    }
    # Sealed as it is read again.
    stamp = sealed({name: portable(value) for name, value in {**members, **lists}.items()}, seal)
    _write(file, json_text({**members, "seal": stamp}, lists) + "\n")


def _require_publishable(job: Job) -> None:
    private = any(shape.private for shape in shapes_of(job.site.bindings).values())
    if private and not job.seal.is_keyed:
        message = "a saved plan knows private values by keyed digests, and there is no key"
        raise InvalidInputError([Problem(message=message, hint=KEY_HINT)])


def _options(job: Job, view: PlanView) -> Value:
    request, settings = job.request, job.site.settings
    limits = request.limits
    return {
        "paths": named_paths(settings, request),
        "target": list(request.selection.targets),
        "exclude": list(request.selection.excludes),
        "labels": dict(request.selection.labels),
        "prune": request.prune,
        "max_removals": None if limits.max_removals is None else str(limits.max_removals),
        "allow_no_superuser": limits.allow_no_superuser,
        "take_over": limits.take_over,
        "rollback": view.rollback,
    }


def _change(change: Change, owner: str | None, seal: Seal) -> Value:
    """The change as reports have it; of private values the digests, by which programs can compare them."""
    shown = change_object(change, owner=owner)
    digests = {
        item.name: [seal.of_value(change.address, item.name, value) for value in (item.before, item.after)]
        for item in change.fields
        if item.private and not item.sensitive
    }
    return {**shown, "digests": digests} if digests else shown


def _rows(question: Question, view: PlanView, seal: Seal) -> Iterator[Value]:
    for address, found in sorted(seen_digests(sightings(question, view.plan), seal).items()):
        yield {"address": str(address), "found": dict(found)}


def _write(file: Path, text: str) -> None:
    """Beside its place first, so that nobody reads half a plan; with the permissions of any new file."""
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(file)
    except OSError as error:
        if name:
            with suppress(OSError):
                Path(name).unlink()
        why = (error.strerror or type(error).__name__).lower()
        raise ProvisionError(f"the plan {file} cannot be written: {why}", hint="name another file with -o") from None
