"""Stands between the program and a server, keeps what the program sends, and cuts its connection at COMMIT."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto

from sqlalchemy.engine import URL, make_url

# What asyncpg sends: a simple query (PostgreSQL's documentation, "Message Formats"); and what asyncmy sends: the
# first packet of an exchange, with COM_QUERY (MySQL's internals manual, "MySQL Packets").
COMMITS = (b"Q\x00\x00\x00\x0cCOMMIT;\x00", b"\x07\x00\x00\x00\x03COMMIT")
PATIENCE = 20
_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}


class Cut(Enum):
    """When the program's connection is cut: never, before the server gets COMMIT, meanwhile, or after its answer."""

    NEVER = auto()
    BEFORE_COMMIT = auto()
    WHILE_COMMITTING = auto()
    AFTER_COMMIT = auto()


@dataclass(slots=True, kw_only=True)
class Proxy:
    """A running proxy: where it listens, and all that it was sent, in one piece for each connection.

    `cut` happens once; afterwards nobody gets through any more unless `lets_in_again`.
    """

    url: str
    cut: Cut
    lets_in_again: bool
    sent: list[bytearray] = field(default_factory=list)
    answered: threading.Event = field(default_factory=threading.Event)
    was_cut: threading.Event = field(default_factory=threading.Event)

    def pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Carry everything between the two, until either leaves or the cut comes."""
        if self.was_cut.is_set() and not self.lets_in_again:
            return
        log = bytearray()
        self.sent.append(log)
        is_mute = threading.Event()
        threading.Thread(target=self._answer, args=(server, client, is_mute), daemon=True).start()
        while data := client.recv(1 << 16):
            log += data
            if log.endswith(COMMITS) and self.cut is not Cut.NEVER and not self.was_cut.is_set():
                self.was_cut.set()
                is_mute.set()
                self._cut(data, client, server)
                return
            server.sendall(data)

    def _answer(self, server: socket.socket, client: socket.socket, is_mute: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if is_mute.is_set():
                    self.answered.set()
                else:
                    client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def _cut(self, data: bytes, client: socket.socket, server: socket.socket) -> None:
        if self.cut is not Cut.AFTER_COMMIT:
            client.shutdown(socket.SHUT_RDWR)
        if self.cut is not Cut.BEFORE_COMMIT:
            server.sendall(data)
            self.answered.wait(PATIENCE)
        # Closing alone would tell the server nothing while the other thread still waits for its answer.
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(url: str, cut: Cut = Cut.NEVER, *, lets_in_again: bool = True, port: int = 0) -> Iterator[Proxy]:
    """A proxy to the server of this URL, on that port or one of its own, for as long as the context lasts."""
    proxy = Proxy(url=url, cut=cut, lets_in_again=lets_in_again)
    with relayed(url, proxy.pass_on, port=port) as proxy.url:
        yield proxy


@contextmanager
def relayed(url: str, pass_on: Callable[[socket.socket, socket.socket], None], *, port: int = 0) -> Iterator[str]:
    """The URL of a port of our own; for each client there, `pass_on` gets it and a connection to the server."""
    server = make_url(url)
    with socket.create_server(("127.0.0.1", port)) as listening:
        query = {"ssl": "disable"} if server.get_backend_name() == "postgresql" else {}
        there = server.set(host="127.0.0.1", port=listening.getsockname()[1])._replace(query=query)  # type: ignore[arg-type]  # a plain dict serves
        threading.Thread(target=_accept, args=(listening, server, pass_on), daemon=True).start()
        yield there.render_as_string(hide_password=False)


def _accept(listening: socket.socket, server: URL, pass_on: Callable[[socket.socket, socket.socket], None]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, server, pass_on), daemon=True).start()


def _serve(client: socket.socket, server: URL, pass_on: Callable[[socket.socket, socket.socket], None]) -> None:
    with suppress(OSError), client, _connected(server) as connection:
        # Small messages would wait for the acknowledgement of the one before: 40 ms each.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            pass_on(client, connection)
        finally:
            # As the end of a client's process tells it: closing alone would not, while another thread still reads.
            connection.shutdown(socket.SHUT_RDWR)


def _connected(url: URL) -> socket.socket:
    folder = url.query.get("host")
    if isinstance(folder, str) and folder.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(f"{folder}/.s.PGSQL.{url.query.get('port', 5432)}")
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((url.host or "localhost", url.port or _PORTS[url.get_backend_name()]))
