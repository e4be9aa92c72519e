"""A real PgBouncer before the tests' PostgreSQL, where the program is installed."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.postgres_wheel import account_of_servers

# Debian's, which is not on everybody's PATH.
PLACES = os.pathsep.join((os.defpath, "/usr/sbin", "/usr/local/sbin"))
SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
{more}
"""


@contextmanager
def pgbouncer_to(url: str, mode: str, *, size: int = 5, more: str = "") -> Iterator[str]:
    """The URL of the same database through a PgBouncer of its own in this pool_mode, with so many connections."""
    program = shutil.which("pgbouncer", path=PLACES)
    if program is None:
        pytest.skip("pgbouncer is not installed")
    there = make_url(url)
    host = there.query.get("host") or there.host
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="provision-pgbouncer-"))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        SETTINGS.format(
            host=host,
            port=there.query.get("port") or there.port or 5432,
            user=there.username,
            listen=port,
            mode=mode,
            size=size,
            more=more,
        )
    )
    account = account_of_servers()
    folder.chmod(0o755)
    with account.start(program, settings) as process:
        try:
            _wait_for(port)
            through = there.set(host="127.0.0.1", port=port, password="any")._replace(query={"ssl": "disable"})  # type: ignore[arg-type]  # a plain dict serves
            yield through.render_as_string(hide_password=False)
        finally:
            process.kill()
            process.communicate()
            shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("pgbouncer does not listen")
