"""Where a mutated file meets the program: a project in a folder of its own, made anew for every example."""

from __future__ import annotations

import io
import logging
import os
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from provision.cli.entry import run
from tests.project import make_project, settings_text

CORPUS: Final = Path(__file__).parent / "seeds"
KEY: Final = "canary-key-of-fingerprints-9fQ2xV"
SECRETS: Final = {
    "CANARY_PASSWORD": "canary-from-the-environment-5Hs8",
    "CANARY_COMMAND": "canary-from-a-program-2Lw6",
}
FILE_SECRET: Final = "canary-from-a-file-8Rn4"
CANARIES: Final = (KEY, FILE_SECRET, *SECRETS.values())
TABLES: Final = """\
CREATE TABLE sample (
    id integer PRIMARY KEY, tenant integer NOT NULL, name varchar(40) NOT NULL UNIQUE, title text NOT NULL,
    is_good smallint NOT NULL, amount bigint, share double precision, price text, born date, wakes time,
    seen timestamp, local timestamp, stamp integer, number char(36), extra text, content blob, state integer NOT NULL,
    note text, secret_note text, parent_id integer REFERENCES sample (id), made_at timestamp, changed_at timestamp
);
CREATE TABLE sample_friend (
    from_id integer NOT NULL REFERENCES sample (id), to_id integer NOT NULL REFERENCES sample (id),
    since timestamp, PRIMARY KEY (from_id, to_id)
);
"""
FORMER: Final = """\
apiVersion: provision/v1
kind: User
metadata: {name: alicia}
spec: {nickname: Alicia, email: old@example.com}
---
apiVersion: provision/v1
kind: User
metadata: {name: mallory}
spec: {nickname: Mallory}
---
apiVersion: provision/v1
kind: User
metadata: {name: zoe}
spec: {nickname: Zoe}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one run of the program came to: CPU seconds of this process, and MiB by which its peak rose."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    grown: float


@dataclass(slots=True)
class Ground:
    """The project as it is before each example is a folder that is copied."""

    model: Path
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def renew(self, files: Mapping[str, bytes]) -> None:
        """The project with these files, and its database as it was."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.model, self.folder)
        os.chdir(self.folder)
        for name, content in files.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_bytes(content)

    def run(self, *arguments: str) -> Trial:
        """The command in this process, which sees to it that what it prints can be encoded."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        path, peak, started = sys.path[:], _peak(), time.process_time()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(arguments)
        seconds, grown = time.process_time() - started, _peak() - peak
        sys.path[:] = path
        stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
        return Trial(code=code, stdout=stdout, stderr=stderr, seconds=seconds, grown=grown)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def settings_bytes() -> bytes:
    """A provision.toml with every table."""
    project, kinds = settings_text().split("[kinds.User]", 1)
    return f"{project}{(CORPUS / 'provision.toml').read_text(encoding='utf-8')}\n[kinds.User]{kinds}".encode()


@contextmanager
def open_ground(base: Path) -> Iterator[Ground]:
    """A ground below this folder; some rows are there and managed, so that plans have changes of several kinds."""
    model = base / "model"
    project = make_project(model, f"sqlite+aiosqlite:///{model / 'app.db'}")
    for statement in filter(str.strip, TABLES.split(";")):
        project.sql(statement)
    (model / "provision.toml").write_bytes(settings_bytes())
    for folder in ("secrets", "policies"):
        (model / folder).mkdir()
    shutil.copy(CORPUS / "policy.yaml", model / "policies" / "all.yaml")
    (model / "secrets" / "key.txt").write_text(FILE_SECRET, encoding="utf-8")
    project.write(FORMER)
    ground = Ground(model, base / "project")
    handlers, level = logging.root.handlers[:], logging.root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(base)
        for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "CLICOLOR_FORCE"):
            patch.delenv(name, raising=False)
        environ = SECRETS | {"NO_COLOR": "1", "DATABASE_URL": project.url, "GITHUB_OUTPUT": str(base / "output")}
        for name, value in environ.items():
            patch.setenv(name, value)
        (base / "output").touch()
        os.chdir(model)
        done = ground.run("apply")
        assert done.code == 0, done
        patch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{base / 'project' / 'app.db'}")
        (model / "manifests" / "all.yaml").unlink()
        yield ground
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
