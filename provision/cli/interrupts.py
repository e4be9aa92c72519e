"""SIGINT and SIGTERM: what is under way is cancelled, which rolls its transaction back, and that is said."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provision.errors import ExitCode, ProvisionError

if TYPE_CHECKING:
    import asyncio

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# In seconds.
PATIENCE = 1
NOT_HEARD = "provision plan shows where things stand; a run that did not end wrote nothing"
Result = TypeVar("Result")


class InterruptedRunError(ProvisionError):
    """The run was ended by SIGINT, as Ctrl-C sends it."""

    exit_code = ExitCode.INTERRUPTED


class TerminatedRunError(ProvisionError):
    """The run was ended by SIGTERM, as CI systems and containers send it."""

    exit_code = ExitCode.TERMINATED


@dataclass(slots=True)
class Stop:
    """What came of signals: the first one, and what it is to end.

    `pending` is when one came that the event loop has not heard of, as it does not while a task computes; `is_raised`
    says that the task was told already.
    """

    received: int | None = None
    task: asyncio.Task[Any] | None = None
    is_asking: bool = False
    pending: float | None = None
    is_raised: bool = False

    def on_signal(self, number: int, _frame: object) -> None:
        """Cancel the task; end at once where nothing is under way, or where the first one was not heard for long.

        What a task computes around a COMMIT takes no such time.
        """
        self.received = self.received or number
        now = time.monotonic()
        if self.task is None or self.is_asking or (self.pending is not None and now - self.pending > PATIENCE):
            raise KeyboardInterrupt
        self.pending = now if self.pending is None else self.pending
        self.task.get_loop().call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self.pending = None
        if self.task and not self.is_raised:
            self.task.cancel()
        self.is_raised = False

    def error(self, message: str = "", hint: str = NOT_HEARD) -> ProvisionError:
        """What the program ends with."""
        if self.received == signal.SIGTERM:
            return TerminatedRunError(f"terminated{message}", hint=hint)
        return InterruptedRunError(f"interrupted{message}", hint=hint)


_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


@contextmanager
def heard() -> Iterator[Stop]:
    """Hear signals as long as this lasts; in another thread than the main one nobody does."""
    stop = Stop()
    token = _stop.set(stop)
    former = {}
    if threading.current_thread() is threading.main_thread():
        former = {number: signal.signal(number, stop.on_signal) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        _stop.reset(token)


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What `asyncio.run` returns; a signal cancels it, and then InterruptedRunError or TerminatedRunError is raised.

    When it ends in another way all the same, as a commit does that was sent already, that is what happened.
    """
    import asyncio

    stop = _stop.get() or Stop()
    try:
        return asyncio.run(_known_to(stop, work))
    except asyncio.CancelledError:
        raise stop.error(", nothing was written", hint="provision plan shows where things stand") from None
    except KeyboardInterrupt:
        raise stop.error() from None
    except click.Abort:
        if stop.received is None:
            raise
        raise stop.error(", nothing was written", hint="") from None
    finally:
        stop.task = None


async def _known_to(stop: Stop, work: Coroutine[Any, Any, Result]) -> Result:
    import asyncio

    stop.task = asyncio.current_task()
    return await work


@contextmanager
def asking() -> Iterator[None]:
    """A person is asked: a signal ends it at once, since nothing is under way meanwhile."""
    stop = _stop.get() or Stop()
    stop.is_asking = True
    try:
        yield
    finally:
        stop.is_asking = False


def heeding(progress: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
    """The same function, which ends a long computation when a signal came in the meantime."""

    import asyncio

    def told(label: str, done: int, total: int) -> None:
        stop = _stop.get()
        if stop and stop.pending is not None and not stop.is_raised:
            stop.is_raised = True
            raise asyncio.CancelledError
        progress(label, done, total)

    return told
