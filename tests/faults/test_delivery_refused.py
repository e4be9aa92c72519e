"""A sink that fails before the commit: nothing is written, nothing is left over, and it is said what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.runs import content
from tests.faults.keys import declare, leftovers, look, make_due
from tests.faults.proxy import proxy_to
from tests.faults.strike import run_struck
from tests.project import Outcome, Project, api_key, make_project, user

KEY = "key: {generate: {prefix: acme}}"
# As many bytes as a file may have; the key has more.
LIMIT = 16
LIMITED = f"""
import resource, runpy
resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))
runpy.run_module("provision", run_name="__main__")
"""


@pytest.fixture
def due(tmp_path: Path, database_url: str) -> Project:
    """A project on each kind of database with a key whose rotation is due, and a folder beside the others."""
    made = make_project(tmp_path / "project", database_url)
    declare(made)
    assert run_struck(made, "apply")[0].code == 0
    make_due(made)
    (made.folder / "closed").mkdir()
    return made


def refused(project: Project, *command: str) -> Outcome:
    """How an apply ended that has changed nothing at all."""
    before, left = content(project), look(project)
    done = subprocess.run(
        [*command, "apply"],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert content(project) == before
    assert look(project) == left
    assert leftovers(project) == []
    assert list((project.folder / "closed").iterdir()) == []
    assert "Traceback" not in done.stderr
    return Outcome(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@contextmanager
def reachable(project: Project) -> Iterator[Project]:
    """The project with a database that can be reached without root's powers, as a socket's folder may not be."""
    if project.url.startswith("sqlite"):
        yield project
        return
    with proxy_to(project.url) as proxy:
        yield replace(project, url=proxy.url)


def also_to(project: Project, path: str) -> None:
    """Another key beside the due one, which has a sink that takes it and one that does not."""
    sinks = f"deliver_to: [{{file: {{path: ../out/other.key}}}}, {{file: {{path: {path}}}}}]"
    project.write(api_key("bot", "other", KEY, sinks) + user("other"), "other.yaml")


def test_a_folder_that_cannot_be_written_to_stops_the_whole_run(due: Project, powerless: list[str]) -> None:
    also_to(due, "../closed/other.key")
    (due.folder / "closed").chmod(0o500)
    with reachable(due) as there:
        done = refused(there, *powerless, sys.executable, "-m", "provision")
    assert done.code == 1, done.stderr
    assert "closed/other.key cannot be used: permission denied" in done.stderr
    assert "Hint: let this user write to the folder, or deliver to another" in done.stderr
    (due.folder / "closed").chmod(0o700)
    assert run_struck(due, "apply")[0].code == 0
    assert (due.folder / "closed" / "other.key").read_text() == (due.folder / "out" / "other.key").read_text()


def test_a_path_outside_the_folders_is_an_error_before_there_is_a_plan(due: Project) -> None:
    also_to(due, "../../elsewhere")
    done = refused(due, sys.executable, "-m", "provision")
    assert done.code == 1
    assert "elsewhere is outside the folders that secrets may be delivered to" in done.stderr
    assert not (due.folder.parent / "elsewhere").exists()


def test_a_disk_that_is_full_stops_the_whole_run(due: Project) -> None:
    done = refused(due, sys.executable, "-c", LIMITED)
    assert done.code == 1
    if due.url.startswith("sqlite"):  # the database is a file as well, and comes first
        assert (
            "Error: the database's file cannot be read or written. Hint: see whether the disk is full" in done.stderr
        )
    else:
        assert "ci.env cannot be used: file too large" in done.stderr
        assert "Hint: raise the limit of a file's size (ulimit -f) and run it again" in done.stderr
    assert run_struck(due, "apply")[0].code == 0
    assert look(due).is_done()
