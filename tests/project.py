"""A project in a folder of its own: manifests, a database with the reference backend's tables, and the commands."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backend import load_all_models
from backend.common.model import Base
from tests.mysql import speak_standard_sql

REPOSITORY = Path(__file__).resolve().parents[1]

# The bindings of the repository's own provision.toml, for another folder.
BINDINGS = (REPOSITORY / "provision.toml").read_text(encoding="utf-8").split("[kinds.User]", 1)[1]


def settings_text(project: str = "acme") -> str:
    """A provision.toml that binds the reference backend from anywhere; passwords cost little."""
    bindings = BINDINGS.replace('secret = "bcrypt"', 'secret = "bcrypt", rounds = 4')
    return f"""\
project = "{project}"
[backend]
path = "{REPOSITORY.as_posix()}"
load = "backend:load_all_models"
[kinds.User]{bindings}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of the program ended with and printed."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project; `url` is its database."""

    folder: Path
    url: str
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, manifests: str, name: str = "all.yaml") -> None:
        """Replace one manifest file; an indented text is shifted to the left."""
        file = self.folder / "manifests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(manifests), encoding="utf-8")

    def remove(self, name: str) -> None:
        """Delete one manifest file."""
        (self.folder / "manifests" / name).unlink()

    def run(self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Outcome:
        """Run the program as a user does, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "provision", *arguments],
            cwd=self.folder,
            env=self.environment() | dict(environ or {}),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def environment(self) -> dict[str, str]:
        """The environment of the program: this project's database, and nothing of the developer's."""
        ours = {"DATABASE_URL": self.url, "PYTHONPATH": str(REPOSITORY), "NO_COLOR": "1", "PATH": os.environ["PATH"]}
        return ours | self.environ

    async def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run one statement and commit; the rows that it returns, if it returns any."""
        engine = speak_standard_sql(create_async_engine(self.url, poolclass=NullPool))
        try:
            async with engine.begin() as connection:
                result = await connection.execute(text(query), parameters)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            await engine.dispose()

    def sql(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The same, for tests that are not coroutines."""
        return asyncio.run(self.rows(query, **parameters))


async def create_backend_tables(url: str) -> None:
    """The reference backend's tables in a fresh database."""
    load_all_models()
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    finally:
        await engine.dispose()


def make_project(folder: Path, url: str, *, project: str = "acme") -> Project:
    """A project without manifests, its database ready."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "provision.toml").write_text(settings_text(project), encoding="utf-8")
    asyncio.run(create_backend_tables(url))
    return Project(folder=folder, url=url)


def user(name: str, *lines: str, metadata: Sequence[str] = ()) -> str:
    """The manifest of a user: lines of its spec, and of its metadata."""
    head = ["---", "apiVersion: provision/v1", "kind: User", "metadata:", f"  name: {name}"]
    head += [f"  {line}" for line in metadata]
    return "\n".join([*head, "spec:", f"  nickname: {name.title()}", *(f"  {line}" for line in lines)]) + "\n"


def api_key(owner: str, name: str, *lines: str, metadata: Sequence[str] = ()) -> str:
    """The manifest of an API key in a document of its own: lines of its spec, and of its metadata."""
    head = ["---", "apiVersion: provision/v1", "kind: ApiKey", "metadata:", f"  name: {name}"]
    head += [f"  {line}" for line in metadata]
    return "\n".join([*head, "spec:", f"  user: {owner}", *(f"  {line}" for line in lines)]) + "\n"
