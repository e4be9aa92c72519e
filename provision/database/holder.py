"""Waiting for a lock: who has it, as far as the database tells, and when the one who waits is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from provision.database.claim import Claim
from provision.database.meanings import LOCKED
from provision.errors import DatabaseError, LockNotObtainedError

# In seconds: a shorter wait is not worth a word.
SILENCE = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A session that has the lock; what its database does not tell, or not to us, is empty."""

    session: str
    who: str = ""
    since: str = ""
    where: str = ""

    def __str__(self) -> str:
        known = [self.who.removeprefix("provision: "), self.since and f"since {self.since}"]
        place = f"{self.session} at {self.where}" if self.where else self.session
        return ", ".join([part for part in known if part] + [place])


def waits(seconds: float) -> Iterator[tuple[bool, float]]:
    """The parts of a wait in seconds, and whether it is time to tell what is waited for."""
    yield False, min(seconds, SILENCE)
    if seconds > SILENCE:
        yield True, seconds - SILENCE


def tell_waiting(claim: Claim, holder: Holder | None) -> None:
    """Say once on the log what the run is waiting for."""
    by = f"held by {holder}" if holder else "the database does not tell who holds it"
    _log.warning("waiting up to %g s for the lock of %s: %s", claim.seconds, claim.project, by)


def not_obtained(holder: Holder | None, hint: str = LOCKED.hint) -> DatabaseError:
    """The error when the wait is over."""
    if holder is None:
        return LOCKED.with_details()
    return LockNotObtainedError(f"another run holds the lock of this project: {holder}", hint=hint)
