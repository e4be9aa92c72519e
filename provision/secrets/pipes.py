"""Talking to a running program through its pipes, all at once, within a time and within bounds."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable
from enum import Enum, auto
from subprocess import Popen

MAX_OUTPUT_BYTES = 64 * 1024
MAX_ERROR_BYTES = 4 * 1024
_CHUNK = 16 * 1024
# In seconds: how often to look whether the program has ended while its pipes are open, and once they are closed.
_SELDOM, _OFTEN = 0.05, 0.005


class Ending(Enum):
    """How a talk ended: the program did, or it took too long or printed too much and has to be killed."""

    ENDED = auto()
    TOO_LATE = auto()
    TOO_MUCH = auto()


def has_ended(process: Popen[bytes]) -> bool:
    """Whether it has; it is left to be waited for, so that its number stays its own."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Talk:
    """What a program was told and what it said: of its output all, of its errors the end."""

    def __init__(self, process: Popen[bytes], stdin: bytes) -> None:
        self._process = process
        self._unsent = memoryview(stdin)
        self.stdout = bytearray()
        self._stderr = bytearray()
        self._is_cut = False

    def until(self, deadline: float) -> Ending:
        """Talk until the program ends, the moment (of `time.monotonic`) has come, or it printed too much."""
        process = self._process
        with selectors.DefaultSelector() as selector:
            for stream, event, answer in (
                (process.stdin, selectors.EVENT_WRITE, self._send),
                (process.stdout, selectors.EVENT_READ, self._hear_output),
                (process.stderr, selectors.EVENT_READ, self._hear_errors),
            ):
                if stream:
                    os.set_blocking(stream.fileno(), False)
                    selector.register(stream, event, answer)
            return self._talk(selector, deadline)

    def last_lines(self, most: int) -> tuple[str, ...]:
        """The last lines of its standard error, never the rest of a line whose beginning is gone."""
        lines = bytes(self._stderr).decode("utf-8", "replace").splitlines()
        whole = lines[1:] if self._is_cut else lines
        return tuple(line.strip() for line in whole if line.strip())[-most:]

    def _talk(self, selector: selectors.BaseSelector, deadline: float) -> Ending:
        while (left := deadline - time.monotonic()) > 0:
            # Looked at before the pipes are: what it wrote is in them by then, and what is open later is another's.
            ended = has_ended(self._process)
            ready = selector.select(0 if ended else min(left, _SELDOM if selector.get_map() else _OFTEN))
            for key, _ in ready:
                answer: Callable[[int], bool] = key.data
                if not answer(key.fd):
                    selector.unregister(key.fileobj)
            if len(self.stdout) > MAX_OUTPUT_BYTES:
                return Ending.TOO_MUCH
            if ended and not ready:
                return Ending.ENDED
        return Ending.TOO_LATE

    def _send(self, descriptor: int) -> bool:
        """Write some more; False when there is nothing more to write, or nobody who reads."""
        try:
            self._unsent = self._unsent[os.write(descriptor, self._unsent[:_CHUNK]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            self._unsent = self._unsent[:0]
        if not self._unsent and self._process.stdin:
            self._process.stdin.close()
        return bool(self._unsent)

    def _hear_output(self, descriptor: int) -> bool:
        chunk = os.read(descriptor, _CHUNK)
        self.stdout += chunk
        return bool(chunk)

    def _hear_errors(self, descriptor: int) -> bool:
        chunk = os.read(descriptor, _CHUNK)
        self._stderr += chunk
        if len(self._stderr) > MAX_ERROR_BYTES:
            del self._stderr[:-MAX_ERROR_BYTES]
            self._is_cut = True
        return bool(chunk)
