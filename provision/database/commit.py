"""Committing, and finding out what became of a commit whose answer was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.claim import Claim
from provision.database.errors import translated
from provision.database.lock import locked
from provision.database.target import Target
from provision.errors import DatabaseError, OutcomeUnknownError, ProvisionError, UnreachableError

IsCommitted = Callable[[AsyncSession], Awaitable[bool]]
# In seconds, before each attempt to reach the database again.
PAUSES = (0, 1, 2, 4)


class AnswerLostError(ProvisionError):
    """COMMIT was sent, and the connection ended before the server said that it was done."""


async def commit(session: AsyncSession) -> None:
    """Commit, or raise AnswerLostError. Interruptions wait for the answer: what is said then has to be true."""
    answer = asyncio.ensure_future(session.commit())
    try:
        with translated():
            while not answer.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(answer)
            answer.result()
    except UnreachableError:
        raise AnswerLostError("the answer to COMMIT was lost") from None


async def settle(target: Target, claim: Claim, is_committed: IsCommitted) -> None:
    """Return when the lost commit took place; UnreachableError when it did not, OutcomeUnknownError if none can say.

    The lock comes first: as long as the lost transaction may still be committed, it holds it.
    """
    for pause in PAUSES:
        try:
            await asyncio.sleep(pause)
            async with locked(target, claim) as session:
                done = await is_committed(session)
            break
        except UnreachableError:
            continue
        except (DatabaseError, asyncio.CancelledError):
            raise _unknown() from None
    else:
        raise _unknown()
    if not done:
        raise UnreachableError(
            "the connection was lost before the changes were committed, nothing was written", hint="run again"
        )


def _unknown() -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "the connection was lost while the changes were being committed",
        hint="run `provision plan`: it says whether they are there",
    )
