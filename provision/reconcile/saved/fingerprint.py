"""What stands for a plan when a person approves it."""

from __future__ import annotations

from provision.core.plan import Plan
from provision.core.privacy import has_private
from provision.core.value import canonical_json
from provision.reconcile.job import Job
from provision.secrets.seal import Seal


def fingerprint_of(plan: Plan, job: Job) -> str | None:
    """What stands for this plan in this project's database; None where private values could be guessed from it."""
    text = canonical_json([job.site.settings.project, job.site.target.identity, plan.fingerprint()])
    if not has_private(plan.changes):
        return f"sha256:{Seal().of(text)}"
    return f"sha256:{job.seal.of(text)}" if job.seal.is_keyed else None
