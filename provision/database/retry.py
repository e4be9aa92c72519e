"""Trying once more what failed for a reason that passes: a few times, ever longer apart, at random moments."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from provision.errors import DatabaseError

if TYPE_CHECKING:
    from tenacity import RetryCallState

ATTEMPTS = 6
# In seconds: before the second attempt, the most between two, and after which no other one begins.
FIRST_PAUSE, LONGEST_PAUSE, TIME_LIMIT = 0.2, 4, 30
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


async def with_retries(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """What the attempt returns; its transient DatabaseErrors are tried again, each told once on the log.

    An attempt has to be a whole: nothing of one that failed may be left. The error that is given up on is not
    transient any more, so that attempts within attempts do not multiply.
    """
    from tenacity import (
        AsyncRetrying,
        retry_if_exception,
        stop_after_attempt,
        stop_before_delay,
        wait_exponential,
        wait_random,
    )

    retrying = AsyncRetrying(
        retry=retry_if_exception(_is_transient),
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(TIME_LIMIT),
        wait=wait_exponential(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE) + wait_random(0, FIRST_PAUSE),
        before_sleep=_tell,
        reraise=True,
    )

    async def one() -> Result:  # what is no coroutine function, as a lambda is none, it would take for synchronous
        return await attempt()

    try:
        return await retrying(one)
    except DatabaseError as error:
        error.transient = False
        raise


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) and error.transient


def _tell(state: RetryCallState) -> None:
    """Our own message alone: it holds no values."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, DatabaseError):
        number, pause = state.attempt_number + 1, state.upcoming_sleep
        _log.warning("%s; trying again in %.1f s (attempt %d of %d)", error.message, pause, number, ATTEMPTS)
