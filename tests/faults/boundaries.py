"""A proxy that knows PostgreSQL's messages, counts them, and cuts the connection right after the n-th of a side."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.faults.proxy import relayed

COMMIT = b"Q\x00\x00\x00\x0cCOMMIT;\x00"
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Side(Enum):
    """Who sends a message."""

    CLIENT = auto()
    SERVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The end of the n-th message of a side, counted from 1 over all connections; 0 is before the first."""

    side: Side
    number: int


@dataclass(slots=True, kw_only=True)
class MessageProxy:
    """What was sent through it; the connection is cut once, at `cut`, with the message before it passed on.

    `commits` are the boundaries before each COMMIT: of the client's messages, and of the server's; `answers` counts
    those that the client was told to be done.
    `on_commit` is called with the first COMMIT before it is passed on. Nobody gets through after the cut unless
    `lets_in_again`.
    """

    url: str
    cut: Boundary | None = None
    lets_in_again: bool = True
    on_commit: Callable[[], object] | None = None
    counts: Counter[Side] = field(default_factory=Counter)
    commits: list[Boundary] = field(default_factory=list)
    answers: int = 0
    was_cut: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Carry every message between the two, until either leaves or the cut comes."""
        if (self.was_cut.is_set() and not self.lets_in_again) or self._is_at_cut():
            return
        ends = (client, server)
        answers = threading.Thread(target=self._carry, args=(Side.SERVER, server, client, ends), daemon=True)
        answers.start()
        self._carry(Side.CLIENT, client, server, ends)
        answers.join()

    def _carry(
        self, side: Side, source: socket.socket, target: socket.socket, ends: tuple[socket.socket, ...]
    ) -> None:
        with suppress(OSError):
            for message in messages(source, has_greeting=side is Side.CLIENT):
                self._note_commit(message)
                target.sendall(message)
                self.counts[side] += 1
                self.answers += message == COMMITTED
                if self._is_at_cut():
                    break
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _note_commit(self, message: bytes) -> None:
        if message == COMMIT:
            self.commits += [Boundary(side=side, number=self.counts[side]) for side in Side]
            if self.on_commit is not None and len(self.commits) == len(Side):
                self.on_commit()

    def _is_at_cut(self) -> bool:
        """Whether the cut comes now; it comes once."""
        with self._lock:
            if self.cut is None or self.was_cut.is_set() or self.counts[self.cut.side] != self.cut.number:
                return False
            self.was_cut.set()
            return True


def messages(source: socket.socket, *, has_greeting: bool) -> Iterator[bytes]:
    """The messages as they come: a type of one byte, and a length that counts itself; a client's first has no type.

    PostgreSQL's documentation, "Message Formats".
    """
    buffer = bytearray()
    prefix = 0 if has_greeting else 1
    while data := source.recv(1 << 16):
        buffer += data
        while len(buffer) >= prefix + 4:
            end = prefix + int.from_bytes(buffer[prefix : prefix + 4])
            if len(buffer) < end:
                break
            yield bytes(buffer[:end])
            del buffer[:end]
            prefix = 1


@contextmanager
def message_proxy(
    url: str,
    cut: Boundary | None = None,
    *,
    lets_in_again: bool = True,
    on_commit: Callable[[], object] | None = None,
) -> Iterator[MessageProxy]:
    """A proxy to the PostgreSQL of this URL, for as long as the context lasts."""
    proxy = MessageProxy(url=url, cut=cut, lets_in_again=lets_in_again, on_commit=on_commit)
    with relayed(url, proxy.pass_on) as proxy.url:
        yield proxy
