"""Processes that begin with the large libraries imported, which costs the better part of a second each time else.

Each run is a process of its own, forked from one that has imported the libraries and nothing of ours or of an
application's. The commands of the READMEs are run as users run them, so that what this spares is tested as well.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.project import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIBRARIES = [
    "aiosqlite", "alembic.config", "asyncpg", "click", "django.core.management", "fastapi_users.authentication",
    "fastapi_users_db_sqlalchemy", "httpx", "psycopg", "pwdlib.hashers.argon2", "pwdlib.hashers.bcrypt", "pytest",
    "pytest_asyncio", "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.ext.asyncio", "sqlmodel", "yaml",
]  # fmt: skip
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(LIBRARIES)


def run_python(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Outcome:
    """Run `python ARGUMENTS…` in a folder, with this environment and no input: a script, or `-m` and a module."""
    with tempfile.TemporaryDirectory() as name:
        said = Path(name)
        process = CONTEXT.Process(target=_become, args=(list(arguments), str(folder), dict(environ), name))
        process.start()
        process.join()
        stdout, stderr = ((said / stream).read_text(encoding="utf-8") for stream in ("stdout", "stderr"))
    return Outcome(code=int(process.exitcode or 0), stdout=stdout, stderr=stderr)


def _become(arguments: list[str], folder: str, environ: dict[str, str], said: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, name in ((1, "stdout"), (2, "stderr")):
        with Path(said, name).open("wb") as file:
            os.dup2(file.fileno(), number)
        setattr(sys, name, os.fdopen(number, "w", encoding="utf-8"))
    sys.path.insert(0, folder)
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")
