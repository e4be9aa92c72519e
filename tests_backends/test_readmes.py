"""The README of each example can be followed: its commands run in order, and print what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests_backends.example import EXAMPLES

if TYPE_CHECKING:
    from tests_backends.example import CopyExample

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/README.md"))
# Those with an application of their own; the others are of this repository's, and run in tests/policy/test_guide.py.
FOREIGN = sorted(path.parent.name for path in EXAMPLES.glob("*/requirements.txt"))
POSTGRESQL_ONLY = {"postgresql"}


def _blocks(name: str, language: str) -> list[str]:
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", FOREIGN)
def test_the_commands_of_a_readme_run_in_order_and_print_what_it_shows(
    name: str, example_of: CopyExample, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("url_with_citext" if name in POSTGRESQL_ONLY else "sqlite_url")
    example = example_of(name, url)
    done = example.shell("".join(_blocks(name, "sh")))
    assert done.returncode == 0, done.stdout + done.stderr
    shown = "".join(_blocks(name, "text")).splitlines()
    assert shown
    printed = done.stdout.splitlines()
    assert [line for line in printed if line in shown] == shown


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_one_that_the_example_or_its_tools_have(name: str) -> None:
    commands = {line.split()[0] for block in _blocks(name, "sh") for line in block.splitlines()}
    assert {"pip", "provision"} <= commands <= {"pip", "provision", "export", "python", "alembic", "psql"}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_readme_leads_somewhere(name: str) -> None:
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert links
    assert [link for link in links if not (EXAMPLES / name / link).exists()] == []


def test_every_folder_of_the_examples_is_one_to_follow() -> None:
    assert len(FOREIGN) >= 4
    for folder in (path for path in EXAMPLES.iterdir() if path.is_dir()):
        assert (folder / "provision.toml").is_file()
        assert list((folder / "manifests").glob("*.yaml"))
        assert (folder / "README.md").is_file()
